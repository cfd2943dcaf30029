"""The tasks of a run with the jobs behind them, each a click from its output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.clean import line, xml
from pydra_oar_jupyter.core.html import block, faint, section
from pydra_oar_jupyter.core.units import duration
from pydra_oar_jupyter.notebook.runs.html import details, joined, stated
from pydra_oar_jupyter.notebook.runs.output import outputs
from pydra_oar_jupyter.notebook.words import clock
from pydra_oar_jupyter.workflows.counts import in_words, mark
from pydra_oar_jupyter.workflows.snapshot import TaskState

if TYPE_CHECKING:
    from pydra_oar_jupyter.workflows.snapshot import RunSnapshot, TaskFacts

# At most so many tasks while a run goes on, and once it has ended.
_LIVE, _ENDED = 8, 20
# Those of which there is something to see. What failed stands among the errors.
_SEEN = (TaskState.RUNNING, TaskState.QUEUED, TaskState.DONE)


def draw(snapshot: RunSnapshot, now: float) -> tuple[str, str]:
    """As text and as HTML; "" if there is nothing to tell."""
    found = [task for task in snapshot.tasks if task.state in _SEEN]
    found.sort(key=lambda task: _SEEN.index(task.state))
    ended, counts = snapshot.state.final, snapshot.counts
    shown = found[: _ENDED if ended else _LIVE]
    # While some run, those that are done are no news.
    states = _SEEN if ended else (TaskState.RUNNING, TaskState.QUEUED)
    more = {
        state: counts.get(state, 0) - sum(task.state is state for task in shown) for state in states
    }
    rest = f"… others: {told}" if (told := in_words(more)) else ""
    alone = len(snapshot.leaves()) == 1 and sum(counts.values()) == 1

    text = [f"  {mark(task.state)} {joined(_words(task, now, alone=alone))}" for task in shown]
    rows = [_row(task, now, alone=alone) for task in shown]
    if not rows:
        return "", ""
    if rest:
        text.append(f"  {rest}")
        rows.append(block(faint(rest)))
    if ended and not alone:
        return "", section(details(faint("tasks and their output"), "".join(rows)))
    return "\n".join(text), section(*rows)


def named(task: TaskFacts) -> str:
    """Its name on one line."""
    return line(task.name)


def in_one_line(task: TaskFacts, now: float) -> str:
    """All that is known of it without its output; ``now`` in seconds since the epoch."""
    told = (*_words(task, now, alone=False), line(task.error, 300))
    return f"{mark(task.state)} {joined(told)}"


def behind(task: TaskFacts) -> str:
    """Its job and where that runs: ``job 154 on oarnode1``, or "" for neither."""
    job = f"job {task.job}" if task.job is not None else ""
    host = f"on {line(task.host)}" if task.host else ""
    return f"{job} {host}".strip()


def _words(task: TaskFacts, now: float, *, alone: bool) -> tuple[str, ...]:
    """What is told of it; a time that goes on as its beginning, which stays as it is."""
    when = ""
    if task.started and task.ended:
        when = duration(task.ended - task.started)
    elif task.started and task.state is TaskState.RUNNING:
        when = f"since {clock(task.started, now)}"
    name = "" if alone else named(task)
    return (name, line(task.inputs), behind(task), when)


def _row(task: TaskFacts, now: float, *, alone: bool) -> str:
    name, *others = _words(task, now, alone=alone)
    told = f"{stated(task.state)} {joined((xml(name), faint(joined(others))))}"
    if not (task.stdout or task.stderr) or task.state is TaskState.QUEUED:
        return block(told)
    return details(told, outputs(task.stdout, task.stderr))
