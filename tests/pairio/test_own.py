"""A service on loopback that is for one account alone."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from pydra_oar_jupyter.pairio.hosting.own import keep_to_own, owner
from pydra_oar_jupyter.pairio.hosting.server import listen
from pydra_oar_jupyter.pairio.service.server import Server
from pydra_oar_jupyter.pairio.service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def served(folder: Path) -> Iterator[str]:
    server = Server(Settings(folder))
    keep_to_own(server)
    bound = listen("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, args=([bound],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        bound.close()


def test_this_account_is_answered(tmp_path: Path) -> None:
    with served(tmp_path / "data") as url:
        assert httpx.get(url).is_success


def test_another_account_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(tmp_path / "data") as url, monkeypatch.context() as patched:
        other = os.getuid() + 1
        patched.setattr(os, "getuid", lambda: other)  # of the service, as this one is what it is
        assert httpx.get(url).status_code == 403
        assert httpx.post(url, content=b"x").status_code == 403


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_connection_has_an_owner(family: socket.AddressFamily) -> None:
    with listen("127.0.0.1", 0) as bound:
        bound.listen()
        address = "127.0.0.1" if family == socket.AF_INET else "::ffff:127.0.0.1"
        with socket.socket(family) as ours:
            ours.connect((address, bound.getsockname()[1]))
            accepted, peer = bound.accept()
            with accepted:
                assert owner(peer, accepted.getsockname()) == os.getuid()
                assert owner(("127.0.0.1", 1), accepted.getsockname()) is None
