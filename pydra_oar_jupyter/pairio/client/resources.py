"""What a job used of its machine over time, and a plot of that."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.units import in_bytes
from pydra_oar_jupyter.pairio import loop
from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.plot import plot
from pydra_oar_jupyter.pairio.usage import read_samples

if TYPE_CHECKING:
    from pydra_oar_jupyter.pairio.client.handle import PairioJob
    from pydra_oar_jupyter.pairio.usage import Sample


class Resources:
    """A job's use of its machine, as its app's SDK logs it."""

    def __init__(self, job: PairioJob) -> None:
        self._job = job

    def __repr__(self) -> str:
        return f"<Resources of job {self._job.snapshot.jobId}>"

    def samples(self) -> list[Sample]:
        """All so far, in the order of time."""
        return loop.run(self._samples())

    async def asamples(self) -> list[Sample]:
        """`samples`, awaited."""
        return await loop.hand(self._samples())

    async def _samples(self) -> list[Sample]:
        url = self._job.snapshot.resourceUtilizationLogUrl
        try:
            return read_samples(await self._job.connection.api.get(url))
        except PairioError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return []  # nothing was logged yet
            raise

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        samples = self.samples()
        if not samples:
            return {"text/plain": f"{self!r}: nothing was logged yet"}
        cpu, memory = max(one.cpu for one in samples), max(one.memory for one in samples)
        words = f"{self!r}: at most {cpu:.0f} % CPU and {in_bytes(memory)} memory"
        return {"text/plain": words, "image/svg+xml": plot(samples)}
