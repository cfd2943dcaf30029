"""How a job's failure is told to who waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydra_oar_jupyter.pairio.errors import PairioError

if TYPE_CHECKING:
    from pydra_oar_jupyter.pairio.client.handle import PairioJob


class PairioJobFailed(PairioError):
    """A job ended without its outputs.

    Attributes:
        job: its handle.
    """

    def __init__(self, message: str, job: PairioJob) -> None:
        self.job = job
        super().__init__(message)
