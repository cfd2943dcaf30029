"""What a scheduler says of a job: its state, and the facts around it.

States and event types are OAR's words, in OAR's order (``oarstat`` and its manual).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class JobState(StrEnum):
    """The twelve states of an OAR job. Only the last two are final."""

    WAITING = "Waiting"
    HOLD = "Hold"
    TO_LAUNCH = "toLaunch"
    TO_ERROR = "toError"
    TO_ACK_RESERVATION = "toAckReservation"
    LAUNCHING = "Launching"
    RUNNING = "Running"
    SUSPENDED = "Suspended"
    RESUMING = "Resuming"
    FINISHING = "Finishing"
    TERMINATED = "Terminated"
    ERROR = "Error"

    @property
    def final(self) -> bool:
        """Whether nothing can follow it."""
        return self in (JobState.TERMINATED, JobState.ERROR)

    @property
    def pending(self) -> bool:
        """Whether the job has not begun to run."""
        return self in _PENDING

    @property
    def meaning(self) -> str:
        """What it means to a person, in a few words."""
        return _MEANINGS[self]


_PENDING = frozenset(
    {
        JobState.WAITING,
        JobState.HOLD,
        JobState.TO_LAUNCH,
        JobState.TO_ACK_RESERVATION,
        JobState.LAUNCHING,
    }
)

_MEANINGS = {
    JobState.WAITING: "waiting for resources",
    JobState.HOLD: "held: it waits until it is resumed",
    JobState.TO_LAUNCH: "its resources are found",
    JobState.TO_ERROR: "about to fail",
    JobState.TO_ACK_RESERVATION: "its reservation is being confirmed",
    JobState.LAUNCHING: "starting on its nodes",
    JobState.RUNNING: "running",
    JobState.SUSPENDED: "suspended: it keeps its place and does not compute",
    JobState.RESUMING: "about to run again",
    JobState.FINISHING: "ending",
    JobState.TERMINATED: "ended",
    JobState.ERROR: "ended before its command did",
}


@dataclass(frozen=True, slots=True)
class SchedulerEvent:
    """One line of a job's history as the scheduler keeps it.

    Attributes:
        type: OAR's word, such as ``WALLTIME`` or ``FRAG_JOB_REQUEST``.
        description: OAR's sentence about it.
        time: seconds since the epoch, 0 when not known.
    """

    type: str
    description: str = ""
    time: float = 0.0


@dataclass(frozen=True, slots=True)
class JobStatus:
    """One answer of the scheduler about one job.

    Times are seconds since the epoch, 0 for "not yet"; durations are seconds.
    ``exit_code`` is a wait status as OAR gives it (768 is ``exit 3``, 9 is signal 9), None
    while there is none.
    """

    id: int
    state: JobState
    name: str = ""
    owner: str = ""
    queue: str = ""
    project: str = ""
    types: tuple[str, ...] = ()
    properties: str = ""
    resources: str = ""
    nodes: tuple[str, ...] = ()
    submitted: float = 0.0
    scheduled: float = 0.0
    started: float = 0.0
    ended: float = 0.0
    walltime: int | None = None
    exit_code: int | None = None
    message: str = ""
    events: tuple[SchedulerEvent, ...] = ()
    array_id: int = 0
    array_index: int = 1
    resubmitted_from: int = 0
    dependencies: tuple[int, ...] = ()
    command: str = ""
    directory: str = ""
    stdout_file: str = ""
    stderr_file: str = ""


@dataclass(frozen=True, slots=True)
class Allocation:
    """The resources of a job and the time for which it has them: as it was, is, or is foreseen.

    Attributes:
        start, stop: seconds since the epoch. Of a job that has not ended, ``stop`` is when its
            walltime runs out.
        resources: their ids.
    """

    job: int
    state: JobState
    start: float
    stop: float
    resources: tuple[int, ...]
    name: str = ""
    owner: str = ""
    besteffort: bool = False

    @property
    def forecast(self) -> bool:
        """Whether it is the scheduler's plan, which may change."""
        return self.state.pending


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource as ``oarnodes`` lists it: usually a core of a host.

    Attributes:
        state: Alive, Absent, Suspected or Dead.
        properties: all that the site says of it, by OAR's names.
        jobs: the ids of the jobs that hold it now.
    """

    id: int
    host: str
    state: str
    properties: dict[str, Any] = field(default_factory=dict)
    jobs: tuple[int, ...] = ()

    @property
    def free(self) -> bool:
        """Whether a job could have it now."""
        return self.state == "Alive" and not self.jobs
