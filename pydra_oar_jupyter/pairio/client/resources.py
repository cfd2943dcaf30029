"""What a job used of its machine over time, and a plot of that."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.pairio import loop
from pydra_oar_jupyter.pairio.client.plot import plot
from pydra_oar_jupyter.pairio.errors import PairioError

if TYPE_CHECKING:
    from pydra_oar_jupyter.pairio.client.handle import PairioJob


@dataclass(frozen=True, slots=True)
class Sample:
    """What was in use at a time.

    Attributes:
        time: in seconds since the epoch.
        cpu: in percent.
        memory: in bytes.
        facts: the line of the log that says it, with what else it says.
    """

    time: float
    cpu: float
    memory: float
    facts: dict[str, Any]


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
        words = f"{self!r}: at most {cpu:.0f} % CPU and {memory / 1e9:.3g} GB memory"
        return {"text/plain": words, "image/svg+xml": plot(samples)}


def read_samples(log: bytes) -> list[Sample]:
    """The samples of a log with one JSON object on each line; other lines are left out."""
    samples = [_sample(line) for line in log.decode(errors="replace").splitlines() if line.strip()]
    return sorted((one for one in samples if one), key=lambda one: one.time)


def _sample(line: str) -> Sample | None:
    try:
        facts = json.loads(line)
        numbers = (
            float(facts["timestamp"]),
            float(facts["cpu"]["percent"]),
            float(facts["virtual_memory"]["used"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return Sample(*numbers, facts) if all(map(math.isfinite, numbers)) else None
