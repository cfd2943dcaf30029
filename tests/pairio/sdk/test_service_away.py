"""A service that is away for a while does not lose a job's end."""

from __future__ import annotations

import socket
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.pairio.service.server import Server
from tests.conftest import PATIENCE
from tests.pairio.sdk.started import start
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydra_oar_jupyter.pairio.service.settings import Settings

CODE = """
import time
from pathlib import Path
print("begun")
here = Path({here!r})
while not (here / "go").exists():
    time.sleep(0.02)
print("the end")
(here / "ending").touch()
"""
UPLOAD = """
Path("made.txt").write_text("made")
context.output.upload("made.txt")
"""


@contextmanager
def a_door(settings: Settings, port: int) -> Iterator[None]:
    """The service at a second port, as long as the block runs."""
    server = Server(settings, port=port)
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started, PATIENCE)
    yield
    server.should_exit = True
    thread.join(PATIENCE)


@pytest.mark.parametrize("more", ["", UPLOAD], ids=["at its end", "for an upload"])
def test_a_job_waits_until_the_service_is_back(trial, tmp_path: Path, more):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with a_door(trial.settings, port):
        run = start(
            trial,
            tmp_path / "job",
            CODE.format(here=str(tmp_path)) + more,
            output="made.txt" if more else "",
            PAIRIO_API_URL=f"http://127.0.0.1:{port}",
        )
        run.when_it_says("begun")
    (tmp_path / "go").touch()
    wait_until((tmp_path / "ending").exists, PATIENCE)
    # It tries for longer than anything else in here takes.
    with pytest.raises(subprocess.TimeoutExpired):
        run.process.wait(3)
    assert run.job()["status"] == "running"
    with a_door(trial.settings, port):
        job = run.wait()
    assert (job["status"], job["error"]) == ("completed", None), run.said
    assert run.console == "begun\nthe end\n"
    assert [run.read(one["url"]) for one in job["outputFileResults"]] == [b"made"] * bool(more)
