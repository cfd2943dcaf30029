"""Why nobody takes a job that could run."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from pydra_oar_jupyter.pairio import loop
from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.models import JobStatus, PairioComputeClient

if TYPE_CHECKING:
    from pydra_oar_jupyter.pairio.client.handle import PairioJob

# A job may wait so long before it is asked who could take it, and until that is asked again.
_FIRST, _AGAIN = 3.0, 20.0
# Compute clients ask for jobs at least each 10 s.
_SILENCE = 60.0
# How long the service may take to tell of them.
_PATIENCE = 2.0


class Takers:
    """Looks, as long as a job waits for a compute client, whether there is one for it."""

    def __init__(self, job: PairioJob) -> None:
        self._job = job
        self._next = time.monotonic() + _FIRST
        self._told = ""

    def trouble(self) -> str:
        """Why nobody takes it, in words; "" if somebody may, or it waits for nobody."""
        job = self._job.snapshot
        if job.status is not JobStatus.PENDING or not job.isRunnable:
            return ""
        if time.monotonic() >= self._next:
            try:
                self._told = loop.run(asyncio.wait_for(self._ask(), _PATIENCE))
            except (PairioError, TimeoutError, ValueError):
                self._told = ""
            self._next = time.monotonic() + _AGAIN
        return self._told

    async def _ask(self) -> str:
        job = self._job.snapshot
        answer = await self._job.connection.ask("getComputeClients", serviceName=job.serviceName)
        clients = [PairioComputeClient.model_validate(one) for one in answer["computeClients"]]
        # Both times are the service's: this machine's clock may be another.
        since = job.timestampCreatedSec - _SILENCE
        live = [one for one in clients if (one.timestampLastActiveSec or 0.0) >= since]
        if not live:
            return f"No compute client runs that takes jobs of {job.serviceName}."
        asked = job.requiredResources
        if any(slot.takes(asked) for one in live for slot in one.computeSlots):
            return ""
        return (
            f"No compute client takes a job of that size: CPUs {asked.numCpus}, GPUs "
            f"{asked.numGpus}, memory {asked.memoryGb:g} GB, time {asked.timeSec:g} s."
        )
