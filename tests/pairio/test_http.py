"""What is asked of a service arrives, or is told in words, whatever is between."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import pytest

from pydra_oar_jupyter.pairio.errors import PairioError, PairioUnreachable
from pydra_oar_jupyter.pairio.http import Api
from pydra_oar_jupyter.pairio.keys import Key, api_key, api_url
from pydra_oar_jupyter.pairio.loop import each, hand, iterate, run
from tests.conftest import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEY = "k3y-of-alice"
CONTENT = bytes(range(256)) * 4000


class Faulty:
    """A server that does to each request in turn what it is told, and the last to all others."""

    def __init__(self) -> None:
        self.acts: list[Callable[[BaseHTTPRequestHandler], None]] = []
        self.seen: list[BaseHTTPRequestHandler] = []
        self.bodies: list[bytes] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                outer.seen.append(self)
                outer.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                act = outer.acts.pop(0) if len(outer.acts) > 1 else outer.acts[0]
                act(self)

            do_GET = do_PUT = do_POST  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def says(status: int, content: Any, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()

    def act(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return act


def hangs_up(request: BaseHTTPRequestHandler) -> None:
    request.close_connection = True


def breaks_off(at: int, start: int = 0) -> Callable[[BaseHTTPRequestHandler], None]:
    """It sends the content from ``start`` on, but only to ``at``."""

    def act(request: BaseHTTPRequestHandler) -> None:
        request.send_response(206 if start else 200)
        request.send_header("ETag", '"one"')
        request.send_header("Content-Length", str(len(CONTENT) - start))
        request.end_headers()
        request.wfile.write(CONTENT[start:at])
        request.close_connection = True

    return act


FINE = says(200, {"type": "getJobResponse", "job": 1})


@pytest.fixture
def server() -> Iterator[Faulty]:
    found = Faulty()
    yield found
    found.close()


@pytest.fixture
def api(server: Faulty) -> Iterator[Api]:
    found = Api(server.url, KEY, patience=5.0)
    yield found
    run(found.close())


class TestCalls:
    @pytest.mark.parametrize("act", [says(503, {}), says(502, b"<html>"), says(429, {}), hangs_up])
    def test_are_repeated(self, server: Faulty, api: Api, act) -> None:
        server.acts = [act, act, FINE]
        assert run(api.call("getJob", {"jobId": "x"}))["job"] == 1
        assert len(server.seen) == 3
        assert json.loads(server.bodies[2]) == {"type": "getJobRequest", "jobId": "x"}
        assert server.seen[2].headers["Authorization"] == f"Bearer {KEY}"

    @pytest.mark.parametrize("act", [says(503, {}), says(502, b"<html>"), hangs_up])
    def test_are_not_repeated_where_that_is_not_safe(self, server: Faulty, api: Api, act) -> None:
        server.acts = [act, FINE]
        with pytest.raises(PairioUnreachable) as raised:
            run(api.call("getJob", again=False))
        assert raised.value.sent
        assert len(server.seen) == 1

    def test_that_were_never_sent_are_told_apart(self) -> None:
        with pytest.raises(PairioUnreachable) as raised:
            run(Api("http://127.0.0.1:9", patience=0.2).call("getJob", again=False))
        assert not raised.value.sent

    def test_to_where_nobody_ever_answered_are_given_up_soon(self) -> None:
        with pytest.raises(PairioUnreachable):  # not after as long as a test may take
            run(Api("http://127.0.0.1:9", patience=10_000, first=0.2).call("getJob"))

    def test_on_this_machine_take_no_proxy(self, server: Faulty, api: Api, monkeypatch) -> None:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        server.acts = [FINE]
        assert run(api.call("getJob"))["job"] == 1

    def test_work_in_a_process_that_was_forked(self, server: Faulty, api: Api) -> None:
        server.acts = [FINE]
        run(api.call("getJob"))
        child = get_context("fork").Process(target=lambda: run(api.call("getJob")))
        child.start()
        child.join(PATIENCE)
        assert child.exitcode == 0

    def test_wait_as_long_as_the_service_says(self, server: Faulty) -> None:
        server.acts = [says(503, {}, Retry_After="1000"), FINE]
        with pytest.raises(PairioUnreachable, match="503"):
            run(Api(server.url, patience=5.0).call("getJob"))

    @pytest.mark.parametrize("status", [400, 401, 404, 500])
    def test_refused_are_told_in_the_service_own_words(
        self, server: Faulty, api: Api, status: int
    ) -> None:
        server.acts = [says(status, {"error": "There is no such job."})]
        with pytest.raises(PairioError) as raised:
            run(api.call("getJob"))
        assert (str(raised.value), raised.value.status) == ("There is no such job.", status)
        assert len(server.seen) == 1

    @pytest.mark.parametrize(
        "act",
        [
            says(200, b"<html>Log in</html>"),
            says(200, {"type": "otherResponse"}),
            says(200, []),
            says(302, b"", Location="http://127.0.0.1:9/"),
            says(404, b"<html>"),
        ],
    )
    def test_of_what_is_no_service_say_so(self, server: Faulty, api: Api, act) -> None:
        server.acts = [act]
        with pytest.raises(PairioUnreachable, match="does not answer getJob as a Pairio service"):
            run(api.call("getJob"))

    @pytest.mark.parametrize("url", ["ftp://somewhere", "nothing", "http://", "http://a:b:c"])
    def test_need_the_url_of_a_service(self, url: str) -> None:
        with pytest.raises(PairioError, match="no URL of a Pairio service"):
            Api(url)


class TestKeys:
    @pytest.mark.parametrize("fields", [{}, {"what": object()}], ids=["broken", "no JSON"])
    def test_are_shown_nowhere(
        self, server: Faulty, api: Api, caplog, fields: dict[str, Any]
    ) -> None:
        caplog.set_level(logging.DEBUG)
        server.acts = [hangs_up]
        with pytest.raises((PairioUnreachable, TypeError)) as raised:
            run(api.call("getJob", fields, again=False))
        shown = [repr(api), repr(vars(api)), repr(raised.value), caplog.text]
        error: BaseException | None = raised.value
        while error is not None:  # what %xmode Verbose and debuggers show: all variables
            for frame, _ in traceback.walk_tb(error.__traceback__):
                shown.append(repr(frame.f_locals))
            error = error.__cause__ or error.__context__
        assert [one for one in shown if KEY in one] == []

    def test_are_not_sent_to_where_files_are(self, server: Faulty, api: Api) -> None:
        server.acts = [says(200, b"text")]
        run(api.get(f"{server.url}/file"))
        run(api.put(f"{server.url}/file", b"text"))
        assert [one.headers["Authorization"] for one in server.seen] == [None, None]

    def test_come_from_the_environment_or_a_private_file(self, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        monkeypatch.delenv("PAIRIO_API_KEY", raising=False)
        file = tmp_path / "pairio" / "api_key"
        with pytest.raises(PairioError, match=str(file)):
            api_key()
        file.parent.mkdir()
        file.write_text(f"{KEY}\n")
        for mode in (0o644, 0o640, 0o604, 0o620):
            file.chmod(mode)
            with pytest.raises(PairioError, match="chmod 600") as raised:
                api_key()
            assert KEY not in str(raised.value)
        file.chmod(0o600)
        assert api_key() == KEY
        monkeypatch.setenv("PAIRIO_API_KEY", "other")
        assert api_key() == "other"
        assert isinstance(api_key(), Key)
        assert "other" not in repr(api_key())

    def test_service_has_a_url(self, monkeypatch) -> None:
        monkeypatch.setenv("PAIRIO_API_URL", "http://here/secret/ ")
        assert api_url() == "http://here/secret"
        monkeypatch.setenv("PAIRIO_API_URL", "")
        assert api_url() is None


class TestFiles:
    def test_are_read_in_part(self, server: Faulty, api: Api) -> None:
        url = f"{server.url}/file"
        server.acts = [says(200, CONTENT)]  # a server that knows no ranges
        assert run(api.get(url)) == CONTENT
        assert run(api.get(url, 1000)) == CONTENT[1000:]
        assert run(api.get(url, -100)) == CONTENT[-100:]
        assert run(api.get(url, most=10)) == CONTENT[:10]
        assert run(api.get(url, 1000, 10)) == CONTENT[1000:1010]
        server.acts = [says(206, CONTENT[1000:])]
        assert run(api.get(url, 1000, 10)) == CONTENT[1000:1010]
        assert server.seen[-1].headers["Range"] == "bytes=1000-"
        server.acts = [says(416, b"")]
        assert run(api.get(url, len(CONTENT))) == b""

    def test_that_break_off_are_read_again(self, server: Faulty, api: Api) -> None:
        server.acts = [breaks_off(1000), says(503, b""), says(200, CONTENT)]
        assert run(api.get(f"{server.url}/file")) == CONTENT

    def test_that_are_not_there_are_told(self, server: Faulty, api: Api) -> None:
        server.acts = [says(404, {"error": "no such file"})]
        with pytest.raises(PairioError, match="nothing at that URL") as raised:
            run(api.get(f"{server.url}/file"))
        assert raised.value.status == 404

    def test_are_downloaded_where_they_broke_off(
        self, server: Faulty, api: Api, tmp_path: Path
    ) -> None:
        server.acts = [breaks_off(300_000), breaks_off(len(CONTENT), start=300_000)]
        told: list[tuple[int, int | None]] = []
        file = tmp_path / "file"
        file.write_text("old")
        run(api.stream(f"{server.url}/file", file, lambda *now: told.append(now)))
        assert file.read_bytes() == CONTENT
        assert server.seen[1].headers["Range"] == "bytes=300000-"
        assert server.seen[1].headers["If-Range"] == '"one"'
        assert told[-1] == (len(CONTENT), len(CONTENT))
        assert list(tmp_path.iterdir()) == [file]

    def test_that_changed_meanwhile_are_downloaded_anew(
        self, server: Faulty, api: Api, tmp_path: Path
    ) -> None:
        server.acts = [breaks_off(300_000), says(200, b"another")]
        run(api.stream(f"{server.url}/file", tmp_path / "file"))
        assert (tmp_path / "file").read_bytes() == b"another"

    def test_that_can_not_be_had_leave_nothing(
        self, server: Faulty, api: Api, tmp_path: Path
    ) -> None:
        server.acts = [breaks_off(1000), says(404, {})]
        with pytest.raises(PairioError):
            run(api.stream(f"{server.url}/file", tmp_path / "file"))
        assert list(tmp_path.iterdir()) == []

    def test_are_uploaded_whole_and_once(self, server: Faulty, api: Api, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(CONTENT)
        server.acts = [says(200, {})]
        run(api.put(server.url, tmp_path / "file"))
        assert server.bodies == [CONTENT]
        assert server.seen[0].headers["Content-Length"] == str(len(CONTENT))
        server.acts = [hangs_up]
        with pytest.raises(PairioUnreachable):
            run(api.put(server.url, b"text"))
        assert len(server.seen) == 2
        server.acts = [says(400, {"error": "too large"})]
        with pytest.raises(PairioError, match="too large"):
            run(api.put(server.url, b"text"))


class TestEvents:
    def test_come_over_broken_connections(self, server: Faulty, api: Api) -> None:
        def tells(*events: str) -> Callable[[BaseHTTPRequestHandler], None]:
            def act(request: BaseHTTPRequestHandler) -> None:
                request.send_response(200)
                request.send_header("Content-Type", "text/event-stream; charset=utf-8")
                request.end_headers()
                for event in events:
                    request.wfile.write(event.encode())
                request.close_connection = True

            return act

        server.acts = [
            tells(': hello\n\nevent: job\ndata: {"a":\ndata: 1}\n\n', "event: job\ndata: {"),
            hangs_up,
            says(503, {}),
            tells('event:console\r\ndata:{"size": 2}\r\n\r\n'),
        ]

        async def two() -> list[Any]:
            found = []
            async for event in api.events(jobId="x"):
                found.append(event)
                if len(found) == 2:
                    break
            return found

        assert run(two()) == [("job", {"a": 1}), ("console", {"size": 2})]
        assert server.seen[0].path == "/api/events?jobId=x"

    @pytest.mark.parametrize("act", [says(404, {}), says(200, b"<html>")])
    def test_of_a_service_without_are_an_error(self, server: Faulty, api: Api, act) -> None:
        server.acts = [act]
        with pytest.raises(PairioError):
            run(anext(api.events(jobId="x")))  # type: ignore[arg-type]


class TestLoop:
    def test_is_for_code_that_waits_or_awaits(self) -> None:
        async def three():
            for at in range(3):
                await asyncio.sleep(0)
                yield at

        async def here() -> list[int]:
            return [one async for one in each(three())] + [await hand(answer())]

        async def answer() -> int:
            return 42

        assert asyncio.run(here()) == [0, 1, 2, 42]
        assert list(iterate(three())) == [0, 1, 2]
        assert run(answer()) == 42

    def test_cancels_what_is_not_awaited_any_more(self) -> None:
        ended = threading.Event()

        async def sleeper() -> None:
            try:
                await asyncio.sleep(1000)
            finally:
                ended.set()

        async def here() -> None:
            await asyncio.wait_for(hand(sleeper()), 0.2)

        with pytest.raises(TimeoutError):
            asyncio.run(here())
        assert ended.wait(PATIENCE)

    def test_serves_many_threads(self) -> None:
        async def same(number: int) -> int:
            await asyncio.sleep(0.01)
            return number

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(lambda at: run(same(at)), range(50))) == list(range(50))

    def test_is_never_waited_for_in_itself(self) -> None:
        async def wrong() -> None:
            async def nothing() -> None: ...

            run(nothing())

        with pytest.raises(RuntimeError, match="await it instead"):
            run(wrong())
