"""The handle of a cell's job: its result is the cell's value."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.cells.result import CellResult, read_result
from pydra_oar_jupyter.core.job import Job
from pydra_oar_jupyter.core.outcome import Ending

if TYPE_CHECKING:
    from collections.abc import Mapping


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

        Raises as `result` does, but for the cell's own exception.
        """
        outcome = self.wait(timeout)
        has_result = outcome.ending in (Ending.FINISHED, Ending.RAISED, Ending.EXITED)
        if not has_result or not self.directory.result.exists():
            raise self.failure(outcome)
        return self._outputs

    @cached_property
    def _outputs(self) -> CellResult:
        import __main__  # the notebook's names, which functions that come back use

        return read_result(self.directory, vars(__main__))
