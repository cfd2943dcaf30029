"""Rows of single jobs."""

from __future__ import annotations

import getpass
import shlex
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.again import can_again
from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.outcome import Ending
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.core.state import JobState
from pydra_oar_jupyter.monitor.keys import job_key
from pydra_oar_jupyter.monitor.progress import progress
from pydra_oar_jupyter.monitor.rows import row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.core.outcome import Outcome
    from pydra_oar_jupyter.core.state import JobStatus
    from pydra_oar_jupyter.core.tones import Tone
    from pydra_oar_jupyter.monitor.rows import Action, Kind, Row

_KINDS: dict[str, Kind] = {"cell": "cell", "pydra": "pydra", "pairio": "pairio"}


def job_row(job: Job, parent: str = "") -> Row:
    """The row of a job as it is known now; nobody is asked.

    Raises:
        SpoolError: its files can't be read (any more).
    """
    spec, status, state, outcome = job.spec, job.status, job.state, job.outcome
    share, far = (-1.0, "") if outcome else _progress(job.progress)
    walltime, queue = _asked(spec.words)
    return row(
        job_key(job.directory.id),
        _KINDS.get(spec.kind, "script"),
        job.name,
        state,
        ended_tone(outcome) if outcome else tone(state),
        parent=parent,
        id="" if job.id is None else str(job.id),
        owner=user(),
        backend=job.backend.name,
        note=_note(job, state, status, outcome),
        node=_node(job, status),
        resources=_words(spec.words),
        queue=(status.queue if status else "") or queue,
        submitted=spec.created,
        scheduled=status.scheduled if status and state.pending else 0.0,
        started=job.started,
        ended=job.ended,
        walltime=float((status.walltime if status else 0) or walltime),
        progress=share,
        progressText=far,
        can=_can(job, state, ended=outcome is not None),
        source=spec.source,
        place=job.id or 0,
    )


def tone(state: JobState) -> Tone:
    """How the state of a job that has not ended looks."""
    match state:
        case JobState.HOLD | JobState.SUSPENDED:
            return "idle"
        case JobState.TO_ERROR | JobState.ERROR:
            return "failed"
        case JobState.TERMINATED:
            return "done"
    return "waiting" if state.pending else "running"


def ended_tone(outcome: Outcome) -> Tone:
    """How an end looks: what was ended on purpose has not failed."""
    if outcome.ok:
        return "done"
    return "stopped" if outcome.ending in (Ending.DELETED, Ending.NEVER_SENT) else "failed"


def trouble(job: Job) -> str:
    """What keeps it from being submitted or followed, if that lasts; else ""."""
    found = job.trouble
    return found.message if found and found.lasts else ""


@cache
def user() -> str:
    """This user's name."""
    return getpass.getuser()


def listed(names: Sequence[str], most: int = 3) -> str:
    """Such as ``a, b, c and 5 more``."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def actions(state: JobState, *, sent: bool = True) -> list[Action]:
    """What can be done with a job that has not ended."""
    can: list[Action] = ["cancel"]
    if sent and state is JobState.WAITING:
        can.append("hold")
    if sent and state in (JobState.HOLD, JobState.SUSPENDED):
        can.append("resume")
    return can


def _can(job: Job, state: JobState, *, ended: bool) -> list[Action]:
    if ended:
        return ["again"] if can_again(job) else []
    return actions(state, sent=job.id is not None)


def _note(job: Job, state: JobState, status: JobStatus | None, outcome: Outcome | None) -> str:
    if outcome:
        return "" if outcome.ok else str(outcome).partition("\n")[0]
    if words := trouble(job):
        return words
    if job.id is None:
        return "being submitted"
    if state is JobState.WAITING and status and status.dependencies:
        return f"not before the end of {listed([str(id_) for id_ in status.dependencies])}"
    routine = (JobState.WAITING, JobState.RUNNING)
    return "" if state in routine else state.meaning


def _node(job: Job, status: JobStatus | None) -> str:
    nodes = list(dict.fromkeys(status.nodes)) if status else []
    return listed(nodes) if len(nodes) > 1 else job.node


def _progress(reports: Iterable[Mapping[str, Any]]) -> tuple[float, str]:
    """How far the outermost bar that goes on is: the one that was shown first."""
    shown = (-1.0, "")
    for share, words in filter(None, map(progress, reports)):
        shown = share, words
        if 0 <= share < 1:
            break
    return shown


@lru_cache(1000)
def _words(words: tuple[str, ...]) -> str:
    return shlex.join(words)


@lru_cache(1000)
def _asked(words: tuple[str, ...]) -> tuple[int, str]:
    """The walltime in seconds and the queue that a request names; 0 and "" for none."""
    try:
        request = Request.parse(words)
    except OarError:  # of another version
        return 0, ""
    return max((one.walltime or 0 for one in request.resources), default=0), request.queue or ""
