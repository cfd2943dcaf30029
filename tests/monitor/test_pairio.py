"""Pairio's jobs among the rows: of a service that is named, and of the embedded one."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.origin import Origin
from pydra_oar_jupyter.core.pack import new_pack
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.monitor.actions import act
from pydra_oar_jupyter.monitor.details.verb import details
from pydra_oar_jupyter.monitor.keys import job_key, pairio_key
from pydra_oar_jupyter.monitor.logs import log
from pydra_oar_jupyter.monitor.rows.own import OwnJobs
from pydra_oar_jupyter.monitor.rows.pairio import PairioRows
from tests.conftest import PATIENCE
from tests.pairio.conftest import database_url, postgresql_server, service
from tests.pairio.test_embedded import HELLO, Kernel, kernels
from tests.pairio.test_http import Faulty, says, server
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.monitor.rows import Row
    from tests.monitor.conftest import Viewer
    from tests.pairio.conftest import Served

__all__ = ["database_url", "kernels", "postgresql_server", "server", "service"]  # fixtures
HOSTILE = "<script>alert(1)</script>\x1b[2J"


@pytest.fixture
def named(service: Served, spool: Path, monkeypatch: pytest.MonkeyPatch) -> Served:
    """A service that PAIRIO_API_URL names."""
    monkeypatch.setenv("PAIRIO_API_URL", service.url)
    monkeypatch.setenv("PAIRIO_API_KEY", service.key)
    return service


@pytest.fixture
def unnamed(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No service is named."""
    monkeypatch.delenv("PAIRIO_API_URL", raising=False)


@pytest.fixture
def rows() -> Iterator[Callable[..., dict[str, Row]]]:
    """The rows, as soon as they are as they should be; asked for as seldom as told."""
    made: list[PairioRows] = []

    def wait(condition: Callable[[dict[str, Row]], Any], every: float = 0.1) -> dict[str, Row]:
        made.append(PairioRows(every))
        wait_until(lambda: condition(made[-1].rows()), PATIENCE)
        return made[-1].rows()

    yield wait
    for one in made:
        one.close()


def take(service: Served, job: dict[str, Any]) -> dict[str, Any]:
    """Claim a job, as a compute client does, and let it run."""
    offered = service.ask()["runnableJobs"]
    taken: dict[str, Any] = next(one for one in offered if one["jobId"] == job["jobId"])
    for status in ("starting", "running"):
        assert service.tell(taken, status).is_success
    return taken


def prints(service: Served, job: dict[str, Any], text: str) -> None:
    asked = {"jobId": job["jobId"], "uploadType": "consoleOutput", "size": len(text.encode())}
    signed = service.call("getSignedUploadUrl", job["jobPrivateKey"], **asked)["signedUrl"]
    assert httpx.put(signed, content=text.encode(), timeout=60).is_success


def test_jobs_of_a_named_service(named: Served, rows: Callable[..., dict[str, Row]]) -> None:
    job = named.submit(parameters={"name": "world"})
    key = pairio_key(job["jobId"])
    row = rows(lambda found: key in found)[key]
    assert (row["kind"], row["name"]) == ("pairio", "hello_world.hello_world_1")
    assert (row["state"], row["tone"], row["can"]) == ("pending", "waiting", ["cancel"])
    assert (row["owner"], row["mine"]) == ("alice", False)
    taken = take(named, job)
    running = rows(lambda found: found.get(key, {}).get("state") == "running")[key]
    assert running["started"] >= row["submitted"] > 0
    assert named.tell(taken, "failed", error=f"no luck: {HOSTILE}\nmore").is_success
    failed = rows(lambda found: found.get(key, {}).get("state") == "failed")[key]
    assert failed["note"].startswith("no luck: <script>alert(1)</script>")
    assert "\x1b" not in failed["note"]
    assert (failed["tone"], failed["can"]) == ("failed", [])


def test_changes_are_pushed_between_two_questions(named: Served) -> None:
    job = named.submit()
    key = pairio_key(job["jobId"])
    shown = PairioRows(every=600.0)
    try:
        before = wait_until(lambda: shown.rows() if shown.rows() else None, PATIENCE)
        assert shown.rows()[key] is before[key]  # what has not changed stays the same object
        take(named, job)
        wait_until(lambda: shown.rows()[key]["state"] == "running", PATIENCE)
    finally:
        shown.close()


def test_what_is_told_of_one(named: Served) -> None:
    job = named.submit(parameters={"name": HOSTILE})
    key = pairio_key(job["jobId"])
    assert log(key=key, stream="stdout", at=0, most=100)["size"] == 0
    prints(named, take(named, job), "one\ntwé\n" + HOSTILE)
    found = details(key=key)
    facts = {fact["label"]: fact["value"] for fact in found["facts"]}
    assert facts["State"] == "running"
    assert "<script>" in facts["name"]
    assert "\x1b" not in facts["name"]
    assert found["streams"] == ["stdout"]
    part = log(key=key, stream="stdout", at=-1, most=10**6)
    assert part["text"] == "one\ntwé\n<script>alert(1)</script>"
    assert (part["from"], part["to"], part["size"], part["ended"]) == (0, 38, 38, False)
    assert log(key=key, stream="stdout", at=4, most=4)["from"] == 4
    assert log(key=key, stream="stdout", at=38, most=100)["to"] == 38


def test_cancelling(named: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    job, other = named.submit(), named.submit(parameters={"name": "x"})
    key, strange = pairio_key(job["jobId"]), pairio_key("0" * 20)
    told = act(action="cancel", keys=[key, strange])
    assert told["done"] == [key]
    assert list(told["problems"]) == [strange]
    assert named.job(job["jobId"])["canceled"]
    monkeypatch.setenv("PAIRIO_API_KEY", "wrong")
    problem = act(action="cancel", keys=[pairio_key(other["jobId"])])["problems"]
    assert "does not take your key" in next(iter(problem.values()))
    assert "know no hold" in act(action="hold", keys=[key])["problems"][key]


def test_a_service_that_is_down_hides_nothing_else(
    spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAIRIO_API_URL", "http://127.0.0.1:9")
    shown = PairioRows(0.1)
    assert shown.rows() == {}
    shown.close()
    with pytest.raises(OarError):
        details(key=pairio_key("0" * 20))


def test_answers_that_can_not_be_used_hide_nothing_else(
    named: Served,
    server: Faulty,
    rows: Callable[..., dict[str, Row]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Such as those of a service of another version."""
    good = named.submit()
    odd = {**good, "jobId": "0" * 20, "status": "dreaming"}
    jobs = {"type": "findJobsResponse", "jobs": [odd, good, None]}
    server.acts = [says(200, {"type": "findJobsResponse"}), says(200, jobs)]
    monkeypatch.setenv("PAIRIO_API_URL", server.url)
    assert list(rows(bool)) == [pairio_key(good["jobId"])]


def test_where_no_thread_can_be_started_it_is_looked_again(
    named: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = pairio_key(named.submit()["jobId"])
    shown = PairioRows(0.1)

    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", fail)
        assert shown.rows() == {}
    wait_until(lambda: key in shown.rows(), PATIENCE)
    shown.close()


def test_a_job_is_shown_once(submit: Callable[..., list[Job]]) -> None:
    """As Pairio's where that is known, else as the job of the cluster that runs it."""
    (job,) = submit("true", kind="pairio")
    job.wait(PATIENCE)
    own, key, of_pairio = OwnJobs(), job_key(job.directory.id), pairio_key("a" * 20)
    vars(job)["spec"] = dataclasses.replace(job.spec, origin=Origin(f"{of_pairio}@c1"))
    assert own.look(frozenset())[key]
    assert own.look(frozenset(), {of_pairio}) == {key: None}
    assert own.look(frozenset(), {of_pairio}) == {}
    assert own.look(frozenset(), {})[key]


def test_the_job_behind_is_not_shown_besides(named: Served, viewer: Viewer) -> None:
    key = pairio_key(named.submit()["jobId"])
    pack = new_pack(Request.parse("-l core=1"), "pairio", "hello", Origin(f"{key}@c1"), array=False)
    pack.add()
    pack.work("true")
    (job,) = pack.submit("local")
    job.wait(PATIENCE)
    viewer.follow()
    viewer.until(lambda: viewer.rows.keys() == {key})


NOTHING = """
import sys, time
from pydra_oar_jupyter.monitor.rows.own import OwnJobs
from pydra_oar_jupyter.monitor.rows.pairio import PairioRows
shown = PairioRows(0.05)
for _ in range(5):
    assert shown.rows() == {}
    time.sleep(0.1)
assert not {"httpx", "pydantic", "fastapi"} & sys.modules.keys()
"""


def test_where_there_is_none_nothing_is_started(unnamed: None, spool: Path) -> None:
    subprocess.run([sys.executable, "-c", NOTHING], check=True, timeout=PATIENCE)
    assert not (spool / "pairio").exists()


# As where the extra is not installed: the first import of the client's own needs would fail.
WITHOUT = """
import sys
sys.modules["pydantic"] = sys.modules["httpx"] = None
from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.monitor.actions import act
from pydra_oar_jupyter.monitor.details.verb import details
from pydra_oar_jupyter.monitor.logs import log
key = "pairio:" + "0" * 20
told = [act(action="cancel", keys=[key])["problems"][key]]
for ask in (details, lambda key: log(key=key, stream="stdout", at=0, most=1)):
    try:
        ask(key=key)
    except OarError as error:
        told.append(str(error))
assert len(told) == 3 and all("pydra-oar-jupyter[pairio]" in one for one in told), told
"""


def test_what_must_be_installed_is_said(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAIRIO_API_URL", "http://127.0.0.1:9")
    subprocess.run([sys.executable, "-c", WITHOUT], check=True, timeout=PATIENCE)


def test_the_embedded_service_and_the_job_behind(
    unnamed: None, kernels: Callable[[], Kernel], rows: Callable[..., dict[str, Row]]
) -> None:
    kernel = kernels()
    kernel.joined()
    job_id = kernel.eval(f"{HELLO.format('w')}.submit().jobId")
    key = pairio_key(job_id)
    row = rows(lambda found: found.get(key, {}).get("state") == "completed")[key]
    assert row["mine"]
    assert row["tone"] == "done"
    found = details(key=key)
    assert {fact["label"] for fact in found["facts"]} >= {"State", "Compute client", "Page", "Job"}
    assert log(key=key, stream="stdout", at=0, most=10**6)["ended"]
