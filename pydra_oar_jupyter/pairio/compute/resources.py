"""What a Pairio job needs, as a request to the scheduler; and what there is to offer."""

from __future__ import annotations

import math
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.core.resources import LARGEST, Count, Group, Resources
from pydra_oar_jupyter.pairio.models import ComputeClientComputeSlot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydra_oar_jupyter.core.state import Resource
    from pydra_oar_jupyter.pairio.models import PairioJobRequiredResources

# How long an app may take, beside the time that its job asked for, to start, to notice that the
# time is over, and to say so, in seconds.
MARGIN = 60
# A host's memory in MiB, by the names that sites give it.
_MEMORY = ("memnode", "mem")
_MIB, _GB = 2**20, 10**9
# Offered where the site does not say how much memory its hosts have, in GB.
_UNKNOWN_MEMORY = 1e6


@dataclass(frozen=True, slots=True)
class Site:
    """What a cluster consists of, as far as Pairio's jobs can ask for it.

    Attributes:
        cores: of all hosts.
        host_cores, host_gpus, host_memory: of the host that has most; memory in MiB, 0 where
            that is not known.
        memory: the property that says a host's memory, or "".
    """

    cores: int = 1
    host_cores: int = 1
    host_gpus: int = 0
    host_memory: int = 0
    memory: str = ""

    @classmethod
    def of(cls, resources: Iterable[Resource]) -> Site:
        """What these resources, usually a core each, make up."""
        hosts: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for one in resources:
            if one.state != "Dead" and one.properties.get("type", "default") == "default":
                hosts[one.host].append(one.properties)
        if not hosts:
            return cls()
        cores = {host: len(found) for host, found in hosts.items()}
        first = next(iter(hosts.values()))[0]
        memory = next((name for name in _MEMORY if name in first), "")
        return cls(
            cores=sum(cores.values()),
            host_cores=max(cores.values()),
            host_gpus=max(len(_gpus(found)) for found in hosts.values()),
            host_memory=max(_number(one, memory) for found in hosts.values() for one in found),
            memory=memory,
        )

    def slots(self) -> list[ComputeClientComputeSlot]:
        """As many jobs at once as there are cores, each of at most one host.

        Those that don't fit beside the others wait in the scheduler's queue.
        """
        memory = self.host_memory * _MIB / _GB if self.host_memory else _UNKNOWN_MEMORY
        slot = ComputeClientComputeSlot(
            numCpus=self.host_cores,
            numGpus=self.host_gpus,
            memoryGb=round(memory, 2),
            timeSec=LARGEST - MARGIN,
            multiplicity=self.cores,
        )
        return [slot]

    def request(
        self, needed: PairioJobRequiredResources, directory: str, delay: int = 0
    ) -> Request:
        """What to ask the scheduler for.

        Args:
            needed: what the job asks of Pairio.
            directory: where it starts; it must be there.
            delay: how long it may take until its program starts, in seconds.

        Raises:
            RequestError: this site has no such thing.
        """
        cpus = max(1, needed.numCpus)
        levels: list[tuple[str, Count]] = [("host", 1)]
        if needed.numGpus:
            if not self.host_gpus:
                raise RequestError("There are no GPUs here that a job could ask for.")
            levels += [("gpu", needed.numGpus), ("core", math.ceil(cpus / needed.numGpus))]
        else:
            levels += [("core", cpus)]
        memory = math.ceil(needed.memoryGb * _GB / _MIB)
        wanted = f"{self.memory} >= {memory}" if self.memory and memory else ""
        walltime = min(math.ceil(needed.timeSec) + MARGIN + delay, LARGEST)
        resources = Resources((Group(wanted, tuple(levels)),), walltime)
        return Request(resources=(resources,), directory=directory)


def _gpus(resources: Iterable[dict[str, Any]]) -> set[str]:
    """The GPUs of a host; a core that belongs to none has 0 or nothing there."""
    return {str(one["gpu"]) for one in resources if one.get("gpu") not in (None, "", 0, "0")}


def _number(properties: dict[str, Any], name: str) -> int:
    with suppress(KeyError, ValueError, TypeError):
        return int(properties[name])
    return 0
