"""What can go wrong with a run, beside what its tasks raise."""

from __future__ import annotations

from pydra_oar_jupyter.core.errors import OarError


class TaskFailed(OarError):
    """A task of a run has failed, and what it raised can't be had here as it was."""


class SubmissionError(OarError, RuntimeError):
    """The scheduler refused a task's job; nothing runs. Scripts expect a RuntimeError."""


class RunStopped(OarError):
    """A run was cancelled, or the process that ran it is gone: it has no outputs."""
