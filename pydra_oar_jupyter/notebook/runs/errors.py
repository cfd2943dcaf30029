"""What failed in a run, first of all: each error once, with the tasks that it struck."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.clean import line, plain, xml
from pydra_oar_jupyter.core.html import block, faint, mono, pre, section, toned
from pydra_oar_jupyter.core.tones import MARKS
from pydra_oar_jupyter.core.units import duration
from pydra_oar_jupyter.notebook.runs.html import details, joined
from pydra_oar_jupyter.notebook.runs.output import outputs
from pydra_oar_jupyter.notebook.runs.tasks import behind, named
from pydra_oar_jupyter.workflows.snapshot import TaskState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydra_oar_jupyter.workflows.snapshot import RunSnapshot, TaskFacts

# At most so many errors, tasks that are named for one, and letters of a traceback.
_ERRORS, _NAMES, _TRACEBACK = 8, 6, 8000
_MARK = MARKS["failed"]


def draw(snapshot: RunSnapshot, _now: float) -> tuple[str, str]:
    """As text and as HTML; "" if nothing has failed."""
    groups: dict[tuple[tuple[str, ...], str], list[TaskFacts]] = {}
    for task in snapshot.tasks:
        if task.state is TaskState.FAILED:
            groups.setdefault((task.node, task.error), []).append(task)
    shown = list(groups.values())[:_ERRORS]
    text = [line_ for tasks in shown for line_ in _lines(tasks)]
    drawn = [_entry(tasks) for tasks in shown]
    more = snapshot.counts.get(TaskState.FAILED, 0) - sum(map(len, shown))
    if more > 0:
        rest = f"… and {more:,} more failed tasks" if shown else f"{_MARK} {more:,} failed tasks"
        text.append(rest)
        drawn.append(block(faint(rest)))
    if snapshot.error:
        first, _, rest = plain(snapshot.error).strip().partition("\n")
        text = [f"{_MARK} {first}", *rest.splitlines(), *text]
        drawn = [block(f"{toned('failed')} {xml(first)}") + (pre(rest) * bool(rest)), *drawn]
    return "\n".join(text), section(*drawn)


def _lines(tasks: Sequence[TaskFacts]) -> list[str]:
    task = tasks[0]
    lines = [f"{_MARK} {named(task)}: {_error(task)}"]
    if facts := _facts(task):
        lines.append(f"  {facts}")
    if task.stderr:
        lines.append(f"  its output: {line(task.stderr, 400)}")
    return [*lines, f"  {_others(tasks)}"] if len(tasks) > 1 else lines


def _entry(tasks: Sequence[TaskFacts]) -> str:
    task = tasks[0]
    head = f"{toned('failed')} <b>{xml(named(task))}</b> {mono(_error(task))}"
    beneath = [faint(_facts(task)), faint(_others(tasks)) if len(tasks) > 1 else ""]
    head += "".join(block(told, "padding-left:2.1em") for told in beneath if told)
    if task.traceback:
        inside = pre(task.traceback[-_TRACEBACK:])
        inside += block(f"{faint('its output:')} {mono(task.stderr)}") if task.stderr else ""
    else:
        inside = outputs("", task.stderr)
    return details(head, inside) if inside else block(head)


def _error(task: TaskFacts) -> str:
    return line(task.error, 300) or "failed"


def _facts(task: TaskFacts) -> str:
    took = task.ended - task.started if task.started and task.ended else 0.0
    after = f"after {duration(took)}" if took else ""
    return joined((line(task.inputs), behind(task), after))


def _others(tasks: Sequence[TaskFacts]) -> str:
    names = ", ".join(named(task) for task in tasks[1 : 1 + _NAMES])
    more = len(tasks) - 1 - _NAMES
    return f"so did {names}" + (f" and {more:,} more" if more > 0 else "")
