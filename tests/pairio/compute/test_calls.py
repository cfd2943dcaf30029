"""What a compute client says to a real service."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

import pytest

from pydra_oar_jupyter.pairio.compute.calls import Calls
from pydra_oar_jupyter.pairio.compute.config import Registration, alone, offer, register
from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.http import Api
from pydra_oar_jupyter.pairio.keys import Key
from pydra_oar_jupyter.pairio.models import ComputeClientComputeSlot
from tests.pairio.conftest import SERVICE

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from pydra_oar_jupyter.pairio.models import PairioJob
    from tests.pairio.compute.conftest import Pairio

T = TypeVar("T")
_SLOT = ComputeClientComputeSlot(numCpus=1, numGpus=0, memoryGb=1, timeSec=600, multiplicity=9)


async def registered(pairio: Pairio) -> Registration:
    """A compute client of alice's."""
    api = Api(pairio.url, pairio.key)
    made = await register(api, [SERVICE], "ours")
    await api.close()
    await offer(made, [_SLOT])
    return made


def talk(pairio: Pairio, work: Callable[[Calls], Coroutine[None, None, T]]) -> T:
    """What a new compute client comes to know."""

    async def run() -> T:
        calls = Calls(await registered(pairio))
        try:
            return await work(calls)
        finally:
            await calls.close()

    return asyncio.run(run())


def test_a_job_that_another_claims_first_is_not_ours(pairio: Pairio) -> None:
    lost, ours = (pairio.submit("hello_world", "hello_world_1", {"name": n}) for n in "ab")
    other = pairio.served.client_id, pairio.served.client_key

    async def work(calls: Calls) -> list[PairioJob]:
        offered, running = await calls.jobs(None)
        assert ([job.jobId for job in offered], running) == ([lost, ours], {})
        pairio.set_status(offered[0].model_dump(), other, "starting")
        claims = await calls.claim(offered, claimed=False)
        _, running = await calls.jobs(None)
        assert list(running) == [ours]
        return [claim.job for claim in claims]

    (claimed,) = talk(pairio, work)
    assert claimed.jobId == ours
    assert pairio.job(lost)["computeClientId"] == other[0]


def test_a_claim_brings_the_secrets_and_the_processor(pairio: Pairio) -> None:
    pairio.submit("hello_world", "hello_world_2", {}, outputs=["output"], secrets={"A": "b"})

    async def work(calls: Calls) -> None:
        offered, _ = await calls.jobs(["hello_world"])
        assert [job.secrets for job in offered] == [None]
        (claim,) = await calls.claim(offered, claimed=False)
        assert [(secret.name, secret.value) for secret in claim.job.secrets or []] == [("A", "b")]
        assert claim.job.jobPrivateKey == offered[0].jobPrivateKey
        assert claim.processor.executable == "/app/main.py"

    talk(pairio, work)


def test_only_jobs_of_known_apps_are_offered(pairio: Pairio) -> None:
    pairio.submit("hello_world", "hello_world_1", {})

    async def work(calls: Calls) -> None:
        assert await calls.jobs(["another"]) == ([], {})
        assert await calls.jobs([]) == ([], {})

    talk(pairio, work)


def test_an_app_that_is_gone_fails_the_job_in_words(pairio: Pairio) -> None:
    job_id = pairio.submit("hello_world", "hello_world_1", {})
    pairio.call("deleteServiceApp", serviceName=SERVICE, appName="hello_world")

    async def work(calls: Calls) -> None:
        offered, _ = await calls.jobs(None)
        assert await calls.claim(offered, claimed=False) == []

    talk(pairio, work)
    assert pairio.job(job_id)["error"].startswith("It can't run: ")


def test_an_end_that_was_told_stands(pairio: Pairio) -> None:
    job_id = pairio.submit("hello_world", "hello_world_1", {})

    async def work(calls: Calls) -> None:
        offered, _ = await calls.jobs(None)
        (claim,) = await calls.claim(offered, claimed=False)
        key = claim.job.jobPrivateKey or ""
        for words in ("first", "second"):
            told = await calls.fail(job_id, key, words)
            assert told is not None
            assert told["error"] == "first"

    talk(pairio, work)
    assert pairio.job(job_id)["error"] == "first"


def test_what_is_not_ours_is_not_reported(pairio: Pairio) -> None:
    job_id = pairio.submit("hello_world", "hello_world_1", {})

    async def work(calls: Calls) -> None:
        assert await calls.fail(job_id, "no key", "words") is None
        assert await calls.fail("no-such-job", "no key", "words") is None

    talk(pairio, work)
    assert pairio.job(job_id)["status"] == "pending"


def test_a_change_is_told_at_once(pairio: Pairio) -> None:
    async def work(calls: Calls) -> None:
        changes = calls.changes()
        await anext(changes)  # that it listens
        change = asyncio.ensure_future(anext(changes))
        await asyncio.to_thread(pairio.submit, "hello_world", "hello_world_1", {})
        await asyncio.wait_for(change, 60)

    talk(pairio, work)


class TestRegistration:
    def test_it_is_read_as_it_was_written(self, tmp_path: Path) -> None:
        made = Registration("http://x/secret", "id", Key("key"), "name")
        made.write(tmp_path / "a" / "b")
        assert Registration.read(tmp_path / "a" / "b") == made
        assert Registration.read(tmp_path) is None
        assert "key" not in repr(made)

    def test_one_that_is_not_whole_says_what_to_do(self, tmp_path: Path) -> None:
        path = tmp_path / "compute-client.json"
        for text in ("{", "{}", "[]"):
            path.write_text(text)
            with pytest.raises(PairioError, match="Remove it"):
                Registration.read(tmp_path)

    def test_a_user_may_not_register_for_a_service_of_another(self, pairio: Pairio) -> None:
        pairio.served.management.add_user("bob")
        api = Api(pairio.url, pairio.served.management.reset_key("bob"))

        async def work() -> None:
            with pytest.raises(PairioError) as raised:
                await register(api, [SERVICE], "his")
            assert raised.value.status == 401
            await api.close()

        asyncio.run(work())

    def test_one_process_at_a_time(self, tmp_path: Path) -> None:
        with alone(tmp_path / "a"):
            with pytest.raises(PairioError, match="runs already"), alone(tmp_path / "a"):
                pass
            with alone(tmp_path / "b"):
                pass
        with alone(tmp_path / "a"):
            pass
