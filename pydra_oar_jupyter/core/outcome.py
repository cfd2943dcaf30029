"""How a job ended, told apart.

OAR calls a job Terminated whatever its command's exit code was, and Error when it was ended
from outside; its events say by what.
"""

from __future__ import annotations

import os
import re
import signal
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.state import JobState

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.state import JobStatus


# The event with which a backend tells that a job ended with its node. OAR has none: it deletes
# such a job as root.
NODE_LOST = "NODE_LOST"


class Ending(StrEnum):
    """The ways in which a job ends."""

    FINISHED = "finished"
    RAISED = "raised"
    EXITED = "exited"
    KILLED = "killed"
    WALLTIME = "walltime"
    DELETED = "deleted"
    PREEMPTED = "preempted"
    NODE_LOST = "node lost"
    REFUSED = "refused"
    NEVER_SENT = "never sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended.

    Attributes:
        ending: which way.
        exit_code: its command's, None if it has none; minus the signal if one killed it.
        detail: what else is known: who deleted it, the scheduler's own words.
    """

    ending: Ending
    exit_code: int | None = None
    detail: str = ""

    @property
    def ok(self) -> bool:
        """Whether it did what it was to do."""
        return self.ending is Ending.FINISHED

    @property
    def state(self) -> JobState:
        """OAR's final state for such an end."""
        inside = (Ending.FINISHED, Ending.RAISED, Ending.EXITED, Ending.KILLED)
        return JobState.TERMINATED if self.ending in inside else JobState.ERROR

    def __str__(self) -> str:
        """In a few words."""
        match self.ending:
            case Ending.FINISHED:
                return "done"
            case Ending.RAISED:
                return "its code raised an exception"
            case Ending.EXITED:
                return _EXITS.get(self.exit_code or 0, f"it exited with {self.exit_code}")
            case Ending.KILLED:
                return f"it was killed by {_signal_name(-(self.exit_code or 0))}"
            case Ending.WALLTIME:
                return "its walltime ran out"
            case Ending.DELETED:
                return f"it was deleted by {self.detail}" if self.detail else "it was deleted"
            case Ending.PREEMPTED:
                return "it gave way to another job, as besteffort jobs do"
            case Ending.NODE_LOST:
                return f"its node was lost: {self.detail}" if self.detail else "its node was lost"
            case Ending.REFUSED:
                return self.detail.rstrip(".")
            case Ending.NEVER_SENT:
                return "it was never submitted: the kernel stopped before"
            case Ending.FAILED:
                return self.detail or "the scheduler ended it"

    @property
    def advice(self) -> str:
        """What to do about it, in a sentence; "" if that is plain."""
        if self.ending is Ending.EXITED and self.exit_code == os.EX_IOERR:
            return (
                "Make room where the spool is, or move it with PYDRA_OAR_SPOOL, and run it again."
            )
        if self.ending is Ending.KILLED and self.exit_code == -signal.SIGKILL:
            return "Often that is the node running out of memory: ask for more of it."
        return _ADVICE.get(self.ending, "")


# Exit codes of the runner and of the shell that have a meaning of their own.
_EXITS = {
    os.EX_IOERR: "its result could not be written: the disk or the quota is full",
    126: "its command can't be executed (exit code 126)",
    127: "its command was not found (exit code 127)",
}

_ADVICE = {
    Ending.WALLTIME: "Ask for more with -l …,walltime=H:MM:SS, or save partial results.",
    Ending.NODE_LOST: "Run it again; -p \"host != '…'\" keeps away from that node.",
    Ending.PREEMPTED: "With -t idempotent the scheduler runs it again by itself.",
    Ending.NEVER_SENT: "Nothing ran. Run the cell again.",
}


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def from_shell(code: int) -> Outcome:
    """The outcome for ``$?`` of the shell that ran the job's command (128+n for signal n)."""
    if code == 0:
        return Outcome(Ending.FINISHED, 0)
    if code > 128 and code - 128 in signal.valid_signals():
        return Outcome(Ending.KILLED, 128 - code)
    return Outcome(Ending.EXITED, code)


def from_wait_status(status: int) -> Outcome:
    """The outcome for OAR's exit_code, which is a wait status: 768 is ``exit 3``."""
    number = status & 0x7F
    return Outcome(Ending.KILLED, -number) if number else from_shell(status >> 8)


def from_status(status: JobStatus) -> Outcome:
    """How a job ended by the scheduler's word alone; its state must be final."""
    kinds = {event.type: event.description for event in status.events}
    if status.state is JobState.TERMINATED and status.exit_code is not None:
        return from_wait_status(status.exit_code)
    if "BESTEFFORT_KILL" in kinds:
        return Outcome(Ending.PREEMPTED)
    if any(kind.startswith("WALLTIME") for kind in kinds):
        return Outcome(Ending.WALLTIME)
    if NODE_LOST in kinds:
        return Outcome(Ending.NODE_LOST, detail=kinds[NODE_LOST])
    if "FRAG_JOB_REQUEST" in kinds:
        by = re.search(r"[Uu]ser (\S+) requested", kinds["FRAG_JOB_REQUEST"])
        return Outcome(Ending.DELETED, detail=by[1] if by else "")
    told = [text for kind, text in kinds.items() if not _ROUTINE.match(kind)]
    said = re.sub(r"^\[[^]]*\] ", "", told[-1]) if told else status.message
    return Outcome(Ending.FAILED, detail=said)


# Events that come with any end, and tell nothing about why.
_ROUTINE = re.compile("SWITCH_INTO_|SCHEDULER_PRIORITY_|SEND_KILL_JOB|CHECKPOINT_SUCCESS")
