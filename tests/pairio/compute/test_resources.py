"""What Pairio's jobs need, as requests to the scheduler."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.core.state import Resource
from pydra_oar_jupyter.pairio.compute.resources import MARGIN, Site
from pydra_oar_jupyter.pairio.models import PairioJobRequiredResources


def cores(host: str, number: int, state: str = "Alive", **properties: object) -> list[Resource]:
    return [Resource(at, host, state, {"type": "default", **properties}) for at in range(number)]


def needs(cpus: int = 1, gpus: int = 0, memory: float = 0, time: float = 60):
    return PairioJobRequiredResources(
        numCpus=cpus, numGpus=gpus, memoryGb=memory, timeSec=time
    )  # fmt: skip


def asked(site: Site, needed: PairioJobRequiredResources) -> str:
    (resources,) = site.request(needed, "/somewhere").resources
    return str(resources)


class TestSite:
    def test_it_offers_a_job_for_each_core_of_at_most_the_largest_host(self) -> None:
        site = Site.of([*cores("a", 4, mem=4096), *cores("b", 8, mem=8192)])
        (slot,) = site.slots()
        assert (slot.numCpus, slot.numGpus, slot.multiplicity) == (8, 0, 12)
        assert slot.memoryGb == pytest.approx(8.59)
        assert slot.timeSec > 10**8

    def test_dead_hosts_and_what_is_no_core_are_not_offered(self) -> None:
        disk = Resource(9, "a", "Alive", {"type": "disk", "mem": 1})
        site = Site.of([*cores("a", 2), *cores("b", 16, "Dead"), disk])
        assert (site.cores, site.host_cores) == (2, 2)

    def test_gpus_are_counted_by_host(self) -> None:
        both = [*cores("a", 4, gpu=1), *cores("a", 4, gpu=2), *cores("b", 8, gpu=0)]
        assert Site.of(both).host_gpus == 2

    def test_memory_that_is_not_known_limits_nothing(self) -> None:
        (slot,) = Site.of(cores("a", 2)).slots()
        assert slot.memoryGb > 10**5
        assert (
            asked(Site.of(cores("a", 2)), needs(memory=64))
            == f"host=1/core=1,walltime=0:0{(60 + MARGIN) // 60}:00"
        )

    def test_this_machine_is_a_site(self, backend: str, spool: object) -> None:
        site = Site.of(get_backend(backend).resources())
        assert (site.cores, site.host_cores, site.memory) == (8, 4, "mem")


class TestRequest:
    site = Site(cores=16, host_cores=16, host_gpus=4, host_memory=65536, memory="memnode")

    def test_cores_memory_and_time(self) -> None:
        wanted = asked(self.site, needs(cpus=4, memory=8, time=3600))
        assert wanted == "{memnode >= 7630}host=1/core=4,walltime=1:01:00"

    def test_a_job_of_no_cpus_needs_one_all_the_same(self) -> None:
        assert asked(self.site, needs(cpus=0, time=0)) == "host=1/core=1,walltime=0:01:00"

    def test_cores_go_with_the_gpus(self) -> None:
        wanted = asked(self.site, needs(cpus=7, gpus=2))
        assert wanted == "host=1/gpu=2/core=4,walltime=0:02:00"

    def test_a_gpu_where_there_is_none_is_refused_in_words(self) -> None:
        with pytest.raises(RequestError, match="no GPUs"):
            asked(Site(), needs(gpus=1))

    @given(
        st.builds(
            PairioJobRequiredResources,
            numCpus=st.integers(0, 10**6),
            numGpus=st.integers(0, 8),
            memoryGb=st.floats(0, 1e9),
            timeSec=st.floats(0, 1e18),
        )
    )
    def test_whatever_is_needed_is_a_request_that_oar_can_read(
        self, needed: PairioJobRequiredResources
    ) -> None:
        request = self.site.request(needed, "/somewhere")
        assert Request.parse(request.words()) == request

    def test_an_image_takes_time_to_be_fetched(self) -> None:
        (resources,) = self.site.request(needs(time=60), "/somewhere", 900).resources
        assert resources.walltime == 60 + MARGIN + 900
