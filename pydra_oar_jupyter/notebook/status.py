"""The status area above a waiting cell's output: facts to a view, a view to text and HTML.

Nothing here knows a job or IPython.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.outcome import Ending
from pydra_oar_jupyter.core.state import JobState
from pydra_oar_jupyter.core.tones import COLOURS, MARKS
from pydra_oar_jupyter.core.units import duration
from pydra_oar_jupyter.notebook.words import clock, spans, text_bar, ticking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydra_oar_jupyter.core.outcome import Outcome
    from pydra_oar_jupyter.core.tones import Tone


@dataclass(frozen=True, slots=True)
class Bar:
    """A progress bar; ``fraction`` is None when the total is not known."""

    label: str
    fraction: float | None
    caption: str


@dataclass(frozen=True, slots=True)
class View:
    """What the area shows; ``link`` is the URL of a page that shows more."""

    tone: Tone
    parts: tuple[str, ...]
    bars: tuple[Bar, ...] = ()
    trouble: str = ""
    note: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class JobFacts:
    """What is known of one job. Times are seconds since the epoch, 0 for "not yet".

    Attributes:
        id: the scheduler's, None while it is being submitted.
        after: the jobs that must end before it starts.
        ahead: how many jobs are before it in its queue; None if that is not known.
        scheduled: when the scheduler plans to start it.
        walltime: in seconds.
        progress: the latest event of each of its progress bars.
        trouble: what does not answer, in words.
        stopped: why the notebook no longer waits, in words.
    """

    name: str
    asked: float
    now: float
    id: int | None = None
    state: JobState = JobState.WAITING
    after: tuple[int, ...] = ()
    ahead: int | None = None
    scheduled: float = 0.0
    node: str = ""
    started: float = 0.0
    ended: float = 0.0
    walltime: int | None = None
    progress: tuple[dict[str, Any], ...] = ()
    trouble: str = ""
    outcome: Outcome | None = None
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class ArrayFacts:
    """What is known of the jobs of an array, in its order."""

    jobs: tuple[JobFacts, ...]
    stopped: str = ""


def job_view(facts: JobFacts) -> View:
    """One job, live or ended."""
    label = f"job {facts.id}" if facts.id is not None else ""
    if facts.name and facts.outcome is None:
        label = f"{label} {facts.name}".strip()
    if facts.stopped:
        return View("stopped", (label or "job", facts.stopped))
    if facts.outcome is not None:
        return _ended(facts, label)
    if facts.id is None:
        waited = ticking(facts.now - facts.asked)
        parts = ("submitting…", label, f"{waited:.0f} s" if waited else "")
        return View("waiting", _filled(parts), trouble=facts.trouble)
    if facts.state.pending:
        waited = ticking(facts.now - facts.asked)
        since = _whole(waited) if waited else ""
        shown = _filled((label, facts.state.meaning, _turn(facts), since))
        return View("waiting", shown, trouble=facts.trouble)
    where = f" on {facts.node}" if facts.node else ""
    run = ticking(max(0.0, facts.now - facts.started)) if facts.started else 0.0
    limit = f" of {duration(facts.walltime)}" if facts.walltime else ""
    elapsed = f"{_whole(run)}{limit}" if facts.started else ""
    parts = (label, f"{facts.state.meaning}{where}", elapsed)
    bars = tuple(_bar(event) for event in facts.progress)
    return View("running", _filled(parts), bars, facts.trouble)


def array_view(facts: ArrayFacts) -> View:
    """All jobs of an array, live or ended."""
    jobs = facts.jobs
    ids = [job.id for job in jobs if job.id is not None]
    label = f"array of {len(jobs)} jobs" if len(jobs) != 1 else "array of 1 job"
    if ids:
        label += f" ({min(ids)})" if len(ids) == 1 else f" ({min(ids)}–{max(ids)})"
    if facts.stopped:
        return View("stopped", (label, facts.stopped))
    ended = [job for job in jobs if job.outcome is not None]
    failed = sum(1 for job in ended if job.outcome and not job.outcome.ok)
    if len(ended) == len(jobs):
        took = duration(max(job.ended or job.now for job in jobs) - min(j.asked for j in jobs))
        if failed:
            return View("failed", (label, f"{failed} failed", took))
        return View("done", (label, took))
    trouble = next((job.trouble for job in jobs if job.trouble), "")
    waited = _whole(ticking(max(job.now - job.asked for job in jobs)))
    if not ids:
        return View("waiting", _filled(("submitting…", label, waited)), trouble=trouble)
    states = Counter(_word(job) for job in jobs if job.outcome is None)
    counts = [f"{len(ended) - failed} done"] * bool(len(ended) - failed)
    counts += [f"{failed} failed"] * bool(failed)
    counts += [f"{count} {word}" for word, count in states.items()]
    bar = Bar("", len(ended) / len(jobs), f"{len(ended)} of {len(jobs)}")
    tone: Tone = "running" if any(not job.state.pending for job in jobs) else "waiting"
    return View(tone, (label, ", ".join(counts), waited), (bar,), trouble)


def render(view: View) -> dict[str, str]:
    """The view as text and as HTML without script or outside style."""
    return {"text/plain": _text(view), "text/html": _html(view)}


def _ended(facts: JobFacts, label: str) -> View:
    assert facts.outcome is not None
    where = f"{label or 'job'} on {facts.node}" if facts.node else label or "job"
    ended = facts.ended or facts.now
    took = duration(ended - facts.started) if facts.started else ""
    if facts.started and facts.started > facts.asked:
        took += f" (waited {duration(facts.started - facts.asked)})"
    if facts.outcome.ok:
        return View("done", _filled((where, took)))
    how = str(facts.outcome).partition("\n")[0]
    if facts.outcome.ending is Ending.REFUSED:
        return View("failed", ("refused", how.removeprefix("OAR refused the job: ")))
    return View("failed", _filled((f"{where}: {how}", took)))


def _turn(facts: JobFacts) -> str:
    """When it will be its turn, as far as that is known."""
    if facts.scheduled > facts.now:
        return f"planned to start at {clock(facts.scheduled, facts.now)}"
    if facts.after:
        return f"not before the end of {spans(facts.after)}"
    if facts.ahead is not None and facts.state is JobState.WAITING:
        return f"{facts.ahead} ahead in the queue" if facts.ahead else "next in the queue"
    return ""


def _word(job: JobFacts) -> str:
    if job.id is None:
        return "being submitted"
    return {JobState.WAITING: "waiting", JobState.HOLD: "held"}.get(
        job.state, job.state.meaning.partition(":")[0]
    )


def _bar(event: dict[str, Any]) -> Bar:
    done, total = event.get("done"), event.get("total")
    unit = str(event.get("unit") or "it")
    label = str(event.get("label") or "")
    if not isinstance(done, int | float):
        return Bar(label, None, "")
    if not isinstance(total, int | float) or total <= 0:
        return Bar(label, None, f"{done:.6g} {unit}")
    return Bar(label, done / total, f"{done:.6g}/{total:.6g} {unit}")


def _whole(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 60 else duration(seconds)


def _filled(parts: Sequence[str]) -> tuple[str, ...]:
    return tuple(part for part in parts if part)


def _text(view: View) -> str:
    lines = [f"{MARKS[view.tone]} {' · '.join(view.parts)}"]
    for bar in view.bars:
        drawn = text_bar(bar.fraction) if bar.fraction is not None else ""
        lines.append("  " + " ".join(_filled((bar.label, drawn, bar.caption))))
    lines += [f"  ! {view.trouble}"] * bool(view.trouble) + [f"  {view.note}"] * bool(view.note)
    lines += [f"  {view.link}"] * bool(view.link)
    return "\n".join(lines)


def _html(view: View) -> str:
    colour = COLOURS[view.tone]
    mark = f'<span style="color:{colour};font-weight:bold">{MARKS[view.tone]}</span>'
    parts = [escape(part) for part in view.parts]
    head = f"{mark} {parts[0]}"
    rest = "".join(f'<span style="opacity:.75"> · {part}</span>' for part in parts[1:])
    if view.link.startswith(("http://", "https://")):
        href = escape(view.link)
        rest += f' · <a href="{href}" target="_blank" rel="noopener noreferrer">its page</a>'
    lines = [f"<div>{head}{rest}</div>"]
    for bar in view.bars:
        label, caption = escape(bar.label), escape(bar.caption)
        if bar.fraction is None:
            lines.append(f"<div>{label} {caption}</div>")
            continue
        percent = max(0, min(100, round(100 * bar.fraction)))
        drawn = (
            f'<progress value="{percent}" max="100" aria-label="{label or "progress"}" '
            f'style="width:16em;vertical-align:middle">{percent} %</progress>'
        )
        lines.append(f"<div>{label} {drawn} {caption}</div>")
    if view.trouble:
        warn = COLOURS["waiting"]
        lines.append(f'<div style="color:{warn}">⚠ {escape(view.trouble)}</div>')
    if view.note:
        lines.append(f'<div style="opacity:.75">{escape(view.note)}</div>')
    return f'<div style="font-size:90%;line-height:1.5">{"".join(lines)}</div>'
