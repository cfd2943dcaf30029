"""Real Jupyter servers, and browsers' sockets to them."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

import pydra_oar_jupyter
from tests.conftest import PATIENCE
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOKEN = "a-token-of-this-test"
PATH = "pydra-oar-jupyter/monitor"
# The install has switched ours on; what else there is only takes time to start.
OTHERS = """
others = ["jupyterlab", "jupyter_lsp", "jupyter_server_terminals", "notebook_shim"]
c.ServerApp.jpserver_extensions = dict.fromkeys(others, False)
"""


class Server:
    """A Jupyter server in a process of its own, with our part of it as the install left it.

    Args:
        folder: for its files; its log is there.
        config: lines of its ``jupyter_server_config.py``.
        token: who knows it is let in.
    """

    def __init__(self, folder: Path, config: str = "", token: str = TOKEN) -> None:
        for part in ("config", "runtime", "data", "root"):
            (folder / part).mkdir(parents=True)
        (folder / "config/jupyter_server_config.py").write_text(OTHERS + config)
        environment = {
            **{name: value for name, value in os.environ.items() if "JUPYTER" not in name},
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "JUPYTER_DATA_DIR": str(folder / "data"),
            "JUPYTER_TOKEN": token,
            "PYTHONPATH": str(Path(pydra_oar_jupyter.__file__).parents[1]),
        }
        options = [
            "--no-browser",
            "--port=0",
            "--ip=127.0.0.1",
            f"--ServerApp.root_dir={folder}/root",
        ]
        if os.getuid() == 0:
            options.append("--allow-root")
        self.log, self._token = folder / "log", token
        with self.log.open("wb") as log:
            command = [sys.executable, "-m", "jupyter_server", *options]
            self.process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        self.port = wait_until(lambda: self._port(folder / "runtime"), PATIENCE)

    def _port(self, runtime: Path) -> int:
        assert self.process.poll() is None, self.log.read_text()
        for file in runtime.glob("jpserver-*.json"):
            if text := file.read_text():
                port = int(json.loads(text)["port"])
                with socket.socket() as tried:  # the file is there before the server listens
                    return port if tried.connect_ex(("127.0.0.1", port)) == 0 else 0
        return 0

    def cookies(self) -> str:
        """What a browser keeps once its person has logged in."""
        url = f"http://127.0.0.1:{self.port}/api/status?token={self._token}"
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return "; ".join(
                line.partition(";")[0] for line in answer.headers.get_all("Set-Cookie", [])
            )

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        finally:
            self.process.kill()


class Browser:
    """A page's socket: it asks, and keeps all that it is told."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.messages: list[dict[str, Any]] = []
        self.rows: dict[str, dict[str, Any]] = {}
        self._next = 0

    @classmethod
    async def open(cls, server: Server, token: str = TOKEN, **headers: str) -> Browser:
        """Connect with these headers besides.

        Raises:
            HTTPClientError: the server does not let it in.
        """
        query = f"?token={token}" if token else ""
        url = f"ws://127.0.0.1:{server.port}/{PATH}{query}"
        request = HTTPRequest(url, headers=headers, request_timeout=PATIENCE)
        return cls(await websocket_connect(request, max_message_size=1 << 30))

    async def send(self, text: str) -> None:
        await self._connection.write_message(text)

    async def next(self) -> dict[str, Any] | None:
        """What comes next; None once the server has closed."""
        text = await asyncio.wait_for(self._connection.read_message(), PATIENCE)
        if text is None:
            return None
        message: dict[str, Any] = json.loads(text)
        self.messages.append(message)
        if message.get("push") == "rows":
            if message["whole"]:
                self.rows.clear()
            for change in message["changed"]:
                self.rows[change["key"]] = {**self.rows.get(change["key"], {}), **change}
        return message

    async def until(self, condition: Callable[[], Any]) -> Any:
        """Read until what was told makes it true."""
        while not (found := condition()):
            assert await self.next() is not None, "the server has closed"
        return found

    async def ask(self, verb: str, **given: Any) -> dict[str, Any]:
        """The message that answers."""
        self._next += 1
        return await self.say({"id": self._next, "ask": verb, "with": given}, self._next)

    async def say(self, message: Any, number: int) -> dict[str, Any]:
        """Send anything; the message that answers under that number."""
        begin = len(self.messages)
        await self.send(json.dumps(message))

        def answer() -> Any:
            return next((m for m in self.messages[begin:] if m.get("id") == number), None)

        found: dict[str, Any] = await self.until(answer)
        return found


def refusal(server: Server, **how: str) -> int:
    """The status with which a socket is refused."""
    with pytest.raises(HTTPClientError) as refused:
        asyncio.run(Browser.open(server, **how))
    return int(refused.value.code)


@pytest.fixture
def new_server(spool: Path, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers that use this test's spool."""
    started: list[Server] = []

    def start(config: str = "", **options: str) -> Server:
        started.append(Server(tmp_path / f"server-{len(started)}", config, **options))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def server(new_server: Callable[..., Server]) -> Server:
    return new_server()
