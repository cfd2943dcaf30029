"""What a site has to be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.core.state import JobState
from pydra_oar_jupyter.monitor.site import site
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydra_oar_jupyter.core.job import Job


def test_properties_have_their_values_with_counts(backend: str, spool: Path) -> None:
    found = site(backend=backend)
    assert (found["hosts"], found["resources"], found["backend"]) == (2, 8, backend)
    assert found["levels"] == ["host", "cpu", "core"]
    assert found["queues"] == (["admin", "default", "besteffort"] if backend == "local" else [])
    assert {"besteffort", "idempotent"} <= set(found["types"])
    properties = {one["name"]: one for one in found["properties"]}
    assert [value["resources"] for value in properties["host"]["values"]] == [4, 4]
    assert properties["mem"]["numeric"]
    assert not properties["host"]["numeric"]
    assert [value["value"] for value in properties["core"]["values"]] == list("12345678")
    # What is OAR's own business, or the same everywhere, says nothing to a person.
    assert not {"state", "resource_id", "network_address", "deploy", "drain"} & set(properties)


def test_free_counts_what_no_job_has(
    backend: str, spool: Path, submit: Callable[..., list[Job]]
) -> None:
    [job] = submit("sleep 600", options="-l host=1,walltime=0:20")
    wait_until(lambda: job.state is JobState.RUNNING, every=0.2)
    found = wait_until(lambda: (found := site(backend=backend))["free"] < 8 and found, every=1.0)
    hosts = next(one for one in found["properties"] if one["name"] == "host")
    assert 0 in [value["free"] for value in hosts["values"]]
    assert sum(value["free"] for value in hosts["values"]) == found["free"]
    assert all_jobs().find(job.directory.id) is job
    job.cancel()
