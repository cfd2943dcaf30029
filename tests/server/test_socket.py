"""What goes over the socket."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from tornado.websocket import WebSocketClosedError

from pydra_oar_jupyter.core.pack import new_pack
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.monitor.hello import hello
from tests.conftest import PATIENCE
from tests.server.conftest import Browser
from tests.waiting import wait_until


def talk(server, conversation):
    """Hold a conversation with the server."""

    async def hold():
        return await conversation(await Browser.open(server))

    return asyncio.run(hold())


def test_hello_names_the_spool_that_a_kernel_would_use(server):
    async def meet(browser):
        return await browser.ask("hello")

    told, here = talk(server, meet)["answer"], hello()
    assert {**told, "now": 0} == {**here, "now": 0}


NO_QUESTIONS = [
    "}", "[]", "null", "1", '"hello"', "{}", '{"id": 1}', "[" * 100_000,
    '{"id": {}, "ask": "act", "with": {}}', '{"id": 1, "ask": ["act"], "with": {}}',
    '{"id": 1, "ask": "__class__", "with": {}}', '{"id": 1, "ask": "act", "with": []}',
    '{"id": 1, "ask": "hello", "with": {"self": 1}}', '{"id": true, "ask": "hello", "with": {}}',
]  # fmt: skip


def test_what_is_no_question_is_answered_with_a_problem(server):
    async def say(browser):
        for message in NO_QUESTIONS:
            await browser.send(message)
            assert (await browser.next())["problem"]["message"], message
        return await browser.ask("hello")

    assert "answer" in talk(server, say)


NO_KEYS = [
    "", "job:", "job:../../etc", "job:..%2f", "job:a/b", "job:$(touch x)", "job:;true", "job:\x00",
    "oar:local/1;true", "oar:nowhere/1", "oar:local/-1", "run:../x", "task:x/../../y", "shell:x",
    "job:" + "a" * 10_000,
]  # fmt: skip


def test_keys_that_are_none_reach_nothing(server):
    async def ask(browser):
        for key in NO_KEYS:
            details = await browser.ask("details", key=key)
            assert "problem" in details, key
            log = await browser.ask("log", key=key, stream="stdout", at=0, most=100)
            assert "problem" in log, key
            act = await browser.ask("act", action="cancel", keys=[key])
            assert "problem" in act or key in act["answer"]["problems"], key

    talk(server, ask)


def test_who_sends_too_much_is_cut_off(server):
    async def flood(browser):
        much = json.dumps({"id": 1, "ask": "hello", "with": {"x": "x" * (3 << 20)}})
        with suppress(WebSocketClosedError):  # it may be before all is sent
            await browser.send(much)
        return await browser.next()

    assert talk(server, flood) is None


def test_who_does_not_read_is_cut_off(server):
    job = submit("head -c 900000 /dev/urandom | base64 -w 0")  # it is not made much smaller
    job.wait(PATIENCE)
    asked = {"key": f"job:{job.directory.id}", "stream": "stdout", "at": 0, "most": 1 << 20}

    async def never_read(browser):
        with suppress(WebSocketClosedError):
            for number in range(300):
                await browser.send(json.dumps({"id": number, "ask": "log", "with": asked}))
                await asyncio.sleep(0.01)  # or too much is asked at once
        while len(browser.messages) < 300 and await browser.next():
            pass
        return len(browser.messages)

    assert talk(server, never_read) < 300


def test_a_job_is_seen_from_its_submission_to_its_end_without_a_kernel(server, spool):
    gate = spool.parent / "gate"
    job = submit(f"echo here; until [ -e {gate} ]; do sleep 0.1; done; echo there")
    key = f"job:{job.directory.id}"

    async def watch(browser):
        await browser.ask("follow", everyone=False, opened=[])
        await browser.until(lambda: browser.rows.get(key, {}).get("tone") == "running")
        await browser.ask("watch", keys=[key])
        await browser.until(lambda: sizes(browser, key)["stdout"] >= 5)
        log = await browser.ask("log", key=key, stream="stdout", at=0, most=1000)
        gate.touch()
        await browser.until(lambda: browser.rows[key]["tone"] == "done")
        await browser.until(lambda: sizes(browser, key)["ended"])
        return log["answer"]["text"], browser.rows[key]

    text, row = talk(server, watch)
    assert text == "here\n"
    assert (row["name"], row["state"], row["mine"]) == ("<b>seen</b>", "Terminated", True)


def test_a_job_is_cancelled_over_the_socket(server):
    job = submit("sleep 600")
    key = f"job:{job.directory.id}"

    async def cancel(browser):
        await browser.ask("follow", everyone=False, opened=[])
        await browser.until(lambda: "cancel" in browser.rows.get(key, {}).get("can", []))
        acted = await browser.ask("act", action="cancel", keys=[key])
        await browser.until(lambda: browser.rows[key]["ended"])
        return acted["answer"]

    assert talk(server, cancel) == {"done": [key], "problems": {}}
    wait_until(job.done)


def test_two_browsers_see_the_same(server):
    async def both():
        first, second = await Browser.open(server), await Browser.open(server)
        for browser in (first, second):
            await browser.ask("follow", everyone=False, opened=[])
        key = f"job:{submit('true').directory.id}"
        for browser in (first, second):
            await browser.until(lambda b=browser: b.rows.get(key, {}).get("ended"))
        return first.rows[key], second.rows[key]

    first, second = asyncio.run(both())
    assert first == second


def sizes(browser, key):
    told = [m for m in browser.messages if m.get("push") == "grown" and m["key"] == key]
    return told[-1] if told else {"stdout": 0, "ended": False}


def submit(work):
    """A job of sh from this process, which the server knows only by the spool."""
    pack = new_pack(Request.parse("-l core=1"), "script", "<b>seen</b>", array=False)
    pack.add()
    pack.work(work)
    return pack.submit("local")[0]
