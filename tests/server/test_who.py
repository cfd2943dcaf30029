"""Who is let in, and who may do what."""

from __future__ import annotations

import asyncio

from tests.server.conftest import TOKEN, Browser, refusal

# An authorizer that lets people do what is in its words.
AUTHORIZER = """
from jupyter_server.auth import Authorizer

class Some(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return resource != "pydra-oar-jupyter" or action in {words!r}

c.ServerApp.authorizer_class = Some
"""


def test_nobody_without_the_token_is_let_in(server):
    assert refusal(server, token="") == 403
    assert refusal(server, token="a-token-of-somebody-else") == 403
    assert refusal(server, token="", Authorization="token wrong") == 403
    assert refusal(server, token="", Cookie=f"username-127-0-0-1-{server.port}=forged") == 403


def test_another_users_server_does_not_know_this_ones_cookie(new_server):
    mine, other = new_server(), new_server(token="another-token")
    cookies = mine.cookies().replace(str(mine.port), str(other.port))
    assert refusal(other, token="", Cookie=cookies) == 403


def test_a_page_of_another_site_is_refused_with_the_cookie_of_this_one(server):
    cookies = server.cookies()
    assert refusal(server, token="", Cookie=cookies, Origin="https://evil.example") == 403
    assert refusal(server, token="", Cookie=cookies, Origin="null") == 403

    async def at_home():
        here = f"http://127.0.0.1:{server.port}"
        browser = await Browser.open(server, token="", Cookie=cookies, Origin=here)
        return await browser.ask("hello")

    assert "spool" in asyncio.run(at_home())["answer"]


def test_whom_the_authorizer_denies_all_is_refused(new_server):
    assert refusal(new_server(AUTHORIZER.format(words=[]))) == 403


def test_who_may_only_look_can_do_nothing(new_server):
    server = new_server(AUTHORIZER.format(words=["read"]))

    async def look_and_act():
        browser = await Browser.open(server)
        return await browser.ask("hello"), await browser.ask("act", action="cancel", keys=[])

    hello, acted = asyncio.run(look_and_act())
    assert "answer" in hello
    assert "may look" in acted["problem"]["message"]


def test_the_token_is_in_no_log(server):
    async def come():
        return await (await Browser.open(server)).ask("hello")

    asyncio.run(come())
    refusal(server, token="a-wrong-token")
    server.stop()
    log = server.log.read_text()
    assert "pydra-oar-jupyter/monitor" in log  # the refused one is logged
    assert TOKEN not in log.replace(f"/?token={TOKEN}", "").replace(f"tree?token={TOKEN}", "")
    assert "a-wrong-token" not in log
