"""The handle of a cell's job: its result is the cell's value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.cells.result import CellResult, read_result
from pydra_oar_jupyter.core.errors import JobFailed
from pydra_oar_jupyter.core.job import Job
from pydra_oar_jupyter.core.outcome import Ending

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydra_oar_jupyter.core.outcome import Outcome

# The ends that a cell itself may come to, with a result or without.
_WITH_RESULT = (Ending.FINISHED, Ending.RAISED, Ending.EXITED)


class CellJob(Job):
    """A job that runs a notebook's cell."""

    def result(self, timeout: float | None = None) -> Any:
        """Wait until it has ended; the value of the cell's last expression.

        Raises:
            JobFailed: it ended without a result (walltime, deletion, a signal …).
            TimeoutError: ``timeout`` seconds have passed; the job goes on.
            SpoolError: the result can't be read, or somebody else may have written it.

        Raises what the cell raised, if it did.
        """
        found = self.outputs(timeout)
        if found.error:
            raise found.error
        return found.value

    @property
    def names(self) -> Mapping[str, Any]:
        """The variables that came back, by name; it waits for them as `result` does."""
        return self.outputs().names

    @property
    def missing(self) -> Mapping[str, str]:
        """What could not come back, and why, by name; it waits for them as `result` does."""
        return self.outputs().missing

    def outputs(self, timeout: float | None = None) -> CellResult:
        """Wait until it has ended; all that it left, with the exception if it raised one.

        It is read anew each time: a handle keeps no gigabyte alive.

        Raises as `result` does, but for the cell's own exception.
        """
        import __main__  # the notebook's names, which functions that come back use

        outcome = self.wait(timeout)
        if outcome.ending not in _WITH_RESULT or not self.directory.result.exists():
            raise self.failure(outcome)
        return read_result(self.directory, vars(__main__))

    def failure(self, outcome: Outcome) -> JobFailed:
        """The exception that tells a person how it ended, and what to do."""
        if not outcome.ok:
            return super().failure(outcome)
        return JobFailed(
            f"Job {self.id} {self.name!r} has left no result: its process ended before it could, "
            "with exit code 0 (os._exit, or a C library that calls exit).",
            outcome,
        )
