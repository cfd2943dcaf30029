"""How the status of a job is told, in cells and on pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydra_oar_jupyter.pairio.models import JobStatus

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.tones import Tone

_TONES: dict[str, Tone] = {
    JobStatus.PENDING: "waiting",
    JobStatus.STARTING: "waiting",
    JobStatus.RUNNING: "running",
    JobStatus.COMPLETED: "done",
    JobStatus.FAILED: "failed",
}


def tone(status: str, *, canceled: bool) -> Tone:
    """How it looks."""
    return "stopped" if canceled else _TONES[status]


def in_words(status: str, *, canceled: bool, waits: bool) -> str:
    """In words; ``waits``: for other jobs."""
    if canceled:
        return "cancelled"
    return "waiting for other jobs" if status == JobStatus.PENDING and waits else str(status)
