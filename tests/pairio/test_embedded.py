"""The embedded service: started by the first process that needs it, gone after the last."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from pydra_oar_jupyter.core.process import identity
from pydra_oar_jupyter.pairio.embedded import Embedded, embedded_folder, known
from pydra_oar_jupyter.pairio.hosting.server import listen
from pydra_oar_jupyter.pairio.keys import Key
from tests.waiting import wait_until

# What a kernel does: it joins, tells where the service is, does what it is told, and ends.
KERNEL = """\
import sys
from pydra_oar_jupyter.pairio.embedded import join
found = join()
print(found.url, found.key, found.process, flush=True)
from pydra_oar_jupyter.pairio.client import job, service, use
for line in sys.stdin:
    connection = use(found.url, found.key)
    print(eval(line), flush=True)
"""
HELLO = "service('hello_world_service').hello_world.hello_world_2(name={!r})"


class Kernel:
    """A process that uses the service."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", KERNEL],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def joined(self) -> Embedded:
        url, key, process = self.process.stdout.readline().split()
        return Embedded(url, Key(key), process)

    def eval(self, expression: str) -> str:
        self.process.stdin.write(f"{expression}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self, how: int = signal.SIGKILL) -> None:
        self.process.send_signal(how)
        self.process.wait()


@pytest.fixture
def kernels(spool):
    """Starts processes; at the end the service has ended."""
    started = []

    def start():
        started.append(Kernel())
        return started[-1]

    yield start
    for kernel in started:
        kernel.end()
        kernel.process.stdin.close()
        kernel.process.stdout.close()
    found = known(embedded_folder())
    wait_until(lambda: not (found and found.runs))


def test_starters_at_once_share_one(kernels):
    started = [kernels() for _ in range(4)]
    found = {kernel.joined() for kernel in started}
    assert len(found) == 1
    assert known(embedded_folder()) in found


def test_it_is_this_users_alone(kernels):
    found = kernels().joined()
    parts = urlsplit(found.url)
    assert parts.hostname == "127.0.0.1"
    # A page of another site can't lead the browser here; other accounts: test_own.py.
    for path in ("/", "/jobs", "/openapi.json", "/api/events"):
        assert httpx.get(found.url + path, headers={"Host": "site.example"}).status_code == 400
    assert httpx.get(found.url).is_success
    folder = embedded_folder()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.iterdir()]}
    assert all(mode & 0o077 == 0 for mode in modes.values()), modes
    command = Path(f"/proc/{found.process.split(':')[1]}/cmdline").read_text()
    assert found.key not in command


def test_it_outlives_its_starter_and_ends_after_the_last(kernels):
    first = kernels()
    found = first.joined()
    second = kernels()
    assert second.joined() == found
    first.end()
    assert second.eval(HELLO.format("a") + ".submit().wait(100).status") == "completed"
    assert found.runs
    second.end(signal.SIGTERM)
    wait_until(lambda: not found.runs)
    assert known(embedded_folder()).process == ""
    assert not list((embedded_folder() / "kernels").iterdir())


def test_jobs_outlive_it(kernels):
    first = kernels()
    found = first.joined()
    id_ = first.eval(HELLO.format("kept") + ".submit().wait(100).jobId")
    first.end()
    wait_until(lambda: not found.runs)
    second = kernels()
    again = second.joined()
    assert (again.url, again.key) == (found.url, found.key)
    assert again.process != found.process
    job = HELLO.format("kept") + ".submit()"
    assert second.eval(
        f"[(j.jobId, j.cached, j.outputs['output'].text()) for j in [{job}]]"
    ) == str([(id_, True, "Hello, kept!")])


def test_jobs_move_with_it_where_another_program_has_its_port(kernels):
    counted = "service('hello_world_service').hello_world.count_characters(input={}.submit())"
    counted = f"{counted.format(HELLO.format('moved'))}.submit()"
    first = kernels()
    found = first.joined()
    id_ = first.eval(f"{counted}.wait(100).jobId")
    first.end()
    wait_until(lambda: not found.runs)
    with listen("127.0.0.1", urlsplit(found.url).port):
        second = kernels()
        assert second.joined().url != found.url
        # The same job still, though its input's URL is another: and its output can be read.
        assert second.eval(
            f"[(j.jobId, j.cached, j.outputs['output'].json()) for j in [{counted}]]"
        ) == str([(id_, True, {"num_characters": len("Hello, moved!")})])


def test_a_job_is_not_left_alone(kernels):
    """It goes on after the last kernel, until the job has ended."""
    kernel = kernels()
    found = kernel.joined()
    kernel.eval(HELLO.format("first") + ".submit().wait(100).status")  # the compute client is up
    id_ = kernel.eval(HELLO.format("left") + ".submit().jobId")
    kernel.eval(f"job({id_!r}).status")
    kernel.end()
    wait_until(lambda: not found.runs)
    after = kernels()
    after.joined()
    assert after.eval(f"job({id_!r}).status") == "completed"


@pytest.mark.parametrize(
    "left",
    [
        "",
        "{",
        json.dumps({"url": "http://127.0.0.1:1/s", "key": "k", "process": "elsewhere:1:1"}),
        json.dumps({"url": "http://127.0.0.1:1/s", "key": "k", "process": ""}),
    ],
)
def test_what_is_left_of_another_is_recognised(kernels, left):
    path = embedded_folder() / "service.json"
    path.write_text(left or json.dumps(
        {"url": "http://127.0.0.1:1/s", "key": "k",
         "process": identity(os.getpid()).rpartition(":")[0] + ":1"}
    ))  # fmt: skip
    path.chmod(0o600)
    kernel = kernels()
    found = kernel.joined()
    assert found.runs
    assert kernel.eval(HELLO.format("x") + ".submit().wait(100).status") == "completed"


def test_killed_it_is_started_anew(kernels):
    kernel = kernels()
    found = kernel.joined()
    os.kill(int(found.process.split(":")[1]), signal.SIGKILL)
    wait_until(lambda: not found.runs)
    other = kernels()
    again = other.joined()
    assert again.url == found.url
    assert other.eval(HELLO.format("x") + ".submit().wait(100).status") == "completed"


def test_why_it_does_not_start(kernels):
    (embedded_folder() / "data").mkdir(mode=0o700)
    (embedded_folder() / "data" / "pairio.sqlite").write_text("no database at all, but a text")
    done = subprocess.run(
        [sys.executable, "-c", KERNEL], capture_output=True, text=True, timeout=200, check=False
    )
    assert "The Pairio service for this notebook has not started" in done.stderr
    assert "The database can't be used: file is not a database." in done.stderr
