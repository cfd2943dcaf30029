"""The head of a run's view: where it is, one bar over all tasks, and a row for each node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.clean import line, xml
from pydra_oar_jupyter.core.html import block, faint, section, toned
from pydra_oar_jupyter.core.tones import COLOURS, MARKS
from pydra_oar_jupyter.core.units import duration
from pydra_oar_jupyter.notebook.runs.html import bar, joined, legend
from pydra_oar_jupyter.notebook.runs.left import about, run_left
from pydra_oar_jupyter.notebook.runs.nodes import elapsed, node_lines, node_table
from pydra_oar_jupyter.notebook.words import text_bar
from pydra_oar_jupyter.workflows.counts import GOOD, RUN_TONES, good, in_words, occurring, over
from pydra_oar_jupyter.workflows.snapshot import RunState, TaskState

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.tones import Tone
    from pydra_oar_jupyter.workflows.counts import Counts
    from pydra_oar_jupyter.workflows.snapshot import RunSnapshot

_AGAIN = {
    RunState.CANCELLED: "Run again, it goes on from what is done.",
    RunState.INTERRUPTED: "What ran it is gone; jobs that it has submitted may still run. "
    "Run again, it waits for those, and goes on from what is done.",
}


def draw(snapshot: RunSnapshot, now: float) -> tuple[str, str]:
    """As text and as HTML."""
    tone = _tone(snapshot)
    name, parts = line(snapshot.name) or "run", _parts(snapshot, now)
    note = _AGAIN.get(snapshot.state, "")
    barred = _barred(snapshot)

    text = [joined((f"{MARKS[tone]} {name}", *parts))]
    drawn = [f"{toned(tone)} <b>{xml(name)}</b>{faint(''.join(f' · {part}' for part in parts))}"]
    if barred:
        counts = snapshot.counts
        text.append(f"  {text_bar(over(counts) / sum(counts.values()))} {in_words(counts)}")
        drawn += [bar(counts, "max-width:42em;height:.6em;margin:.2em 0"), legend(counts)]
    if snapshot.trouble:
        trouble = line(snapshot.trouble, 400)
        text.append(f"  ! {trouble}")
        drawn.append(f'<span style="color:{COLOURS["waiting"]}">⚠ {xml(trouble)}</span>')
    text += [f"  {note}"] * bool(note)
    drawn += [faint(note)] * bool(note)
    if len(snapshot.leaves()) > 1:
        text += node_lines(snapshot, now)
        drawn.append(node_table(snapshot, now))
    return "\n".join(text), section(*map(block, drawn))


def _tone(snapshot: RunSnapshot) -> Tone:
    if snapshot.state.final:
        return RUN_TONES[snapshot.state]
    counts = snapshot.counts
    begun = counts.get(TaskState.RUNNING, 0) or over(counts)
    return "running" if begun else "waiting"


def _barred(snapshot: RunSnapshot) -> bool:
    """Whether a bar tells more than the words do."""
    counts = snapshot.counts
    if snapshot.state is RunState.DONE:
        return any(state not in GOOD for state, _ in occurring(counts))
    return sum(counts.values()) > 1


def _parts(snapshot: RunSnapshot, now: float) -> list[str]:
    """What the first line says after the name."""
    counts = snapshot.counts
    total = sum(counts.values())
    where = line(snapshot.worker) + (f" (job {snapshot.job})" if snapshot.job is not None else "")
    end = (snapshot.ended or snapshot.taken) if snapshot.state.final else now
    span = max(0.0, end - snapshot.started) if snapshot.started else 0.0
    if snapshot.state is RunState.DONE:
        parts = [_finished(counts, total), duration(span) if span else "", where]
    elif snapshot.state.final:
        after = f" after {duration(span)}" if span else ""
        some = f"{good(counts):,} of {total:,} tasks done" if total > 1 else ""
        parts = [f"{snapshot.state}{after}", some, where]
    else:
        some = _progress(snapshot, total) or in_words(counts).removeprefix("1 ") or "starting"
        left = about(run_left(snapshot, now))
        parts = [some, elapsed(span), f"{left} left" if left else "", where]
    return [part for part in parts if part]


def _progress(snapshot: RunSnapshot, total: int) -> str:
    """``86 of 99 tasks``, with a ``+`` while there may be more; "" for one."""
    more = any(node.split and not node.expanded for node in snapshot.leaves())
    return f"{over(snapshot.counts):,} of {total:,}{'+' * more} tasks" if total > 1 else ""


def _finished(counts: Counts, total: int) -> str:
    """How many tasks a run without failures had, and where their results are from."""
    cached = counts.get(TaskState.CACHED, 0)
    if total < 2:
        return "from cache" if cached else ""
    if cached == total:
        return f"all {total:,} tasks from cache"
    return f"{total:,} tasks" + (f", {cached:,} of them from cache" if cached else "")
