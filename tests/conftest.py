"""What tests share: a spool of their own, the backends, and real kernels."""

from __future__ import annotations

import fcntl
import os
import queue
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

import pydra_oar_jupyter
from tests.commands import Commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_client.blocking.client import BlockingKernelClient
    from jupyter_client.manager import KernelManager

    from pydra_oar_jupyter.core.state import JobState

os.environ["NO_ET"] = "1"  # Pydra tells a server when it is used
# What a shell starts in the background ignores interrupts, as does what it starts; tests send some.
signal.signal(signal.SIGINT, signal.default_int_handler)
# How fast examples are made tells of the machine, which other tests use too.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")
# How long anything that is waited for may take on a loaded machine, in seconds.
PATIENCE = 120.0

HOW = (
    "the real OAR is not here: run `make test` as root on Debian 12, or one test with "
    "`tests/cluster/run python -m pytest …` after tests/cluster/up"
)


def _no_cluster() -> str:
    """Why the real OAR can't be used; "" if it can."""
    if shutil.which("oarsub") is None:
        return f"there is no oarsub: {HOW}"
    return f"OAR runs no job of root: {HOW}" if os.getuid() == 0 else ""


def missing(why: str) -> None:
    """Skip the test, aloud, where a real part of it is not here; fail it where all must be."""
    if os.environ.get("PYDRA_OAR_CLUSTER_TESTS") == "required":
        pytest.fail(why)
    pytest.skip(why)


def need_cluster() -> None:
    """End the test where there is no OAR."""
    if why := _no_cluster():
        missing(why)


@pytest.fixture(params=["local", pytest.param("oar", marks=pytest.mark.cluster)])
def backend(request: pytest.FixtureRequest) -> str:
    """The name of each backend in turn."""
    if request.param == "oar":
        need_cluster()
    return str(request.param)


@pytest.fixture(autouse=True)
def room(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests run side by side; those marked ``alone`` wait for the others, and hold them up."""
    alone = request.node.get_closest_marker("alone") is not None
    folder = Path(tempfile.gettempdir()) / f"pydra-oar-tests-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / "turn").open("w") as turn, (folder / "room").open("w") as room:
        fcntl.flock(turn, fcntl.LOCK_EX)  # who came first goes first
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(turn, fcntl.LOCK_UN)
        yield


@pytest.fixture
def spool(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Path]:
    """An empty spool for this test and the processes that it starts.

    With the real OAR it is in the home directory, which the nodes see.
    """
    name = request.getfixturevalue("backend") if "backend" in request.fixturenames else "local"
    above = Path.home() if name == "oar" else None
    root = Path(tempfile.mkdtemp(prefix=".pydra-oar-test-", dir=above))
    monkeypatch.setenv("PYDRA_OAR_SPOOL", str(root / "spool"))
    monkeypatch.setenv("PYDRA_OAR_BACKEND", name)
    monkeypatch.setenv("PYDRA_OAR_LOCAL", "2x4")
    _forget()
    yield root / "spool"
    _end_jobs(name, root / "spool")
    _forget()
    shutil.rmtree(root, ignore_errors=True)


def _forget() -> None:
    """Let what this process keeps of a spool and of backends be made anew."""
    from pydra_oar_jupyter.core import backend, jobs

    jobs.all_jobs.cache_clear()
    backend._made.clear()


def _end_jobs(name: str, spool: Path) -> None:
    """Delete what a failed test left running: no job may outlive its spool."""
    if not (spool / "submissions").exists():
        return
    from pydra_oar_jupyter.core.backend import get_backend

    deadline = time.monotonic() + PATIENCE
    while left := [j for j, state in states(name, spool).items() if not state.final]:
        assert time.monotonic() < deadline, f"jobs {left} do not end"
        get_backend(name).delete(left)
        time.sleep(0.1)


def states(name: str, spool: Path) -> dict[int, JobState]:
    """Where a spool's jobs are, as the scheduler itself says."""
    from pydra_oar_jupyter.core.backend import get_backend
    from pydra_oar_jupyter.core.spool import Spool

    ids = {job_id for submission in Spool(spool).submissions() for job_id in submission.ids}
    return {job_id: status.state for job_id, status in get_backend(name).status(ids).items()}


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """OAR's commands, counted; for the backend ``oar``, before its first use."""
    folder = tmp_path / "commands"
    folder.mkdir()
    found = Commands(folder)
    monkeypatch.setenv("PYDRA_OAR_PREFIX", os.fspath(found.script))
    return found


@dataclass
class Ran:
    """What a cell did: its outputs in the notebook's format, updates applied."""

    outputs: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)

    def stream(self, name: str = "stdout") -> str:
        """All that it printed there."""
        texts = [out["text"] for out in self.outputs if out.get("name") == name]
        return "".join(texts)

    @property
    def error(self) -> dict[str, Any] | None:
        """Its exception, if it ended with one."""
        return next((out for out in self.outputs if out["output_type"] == "error"), None)

    @property
    def traceback(self) -> str:
        """The exception as it is shown, without colours."""
        import re

        assert self.error is not None, self.outputs
        return re.sub(r"\x1b\[[\d;]*m", "", "\n".join(self.error["traceback"]))

    @property
    def value(self) -> dict[str, Any]:
        """Its value's representations; empty if it has none."""
        found = [out["data"] for out in self.outputs if out["output_type"] == "execute_result"]
        return found[-1] if found else {}

    @property
    def displays(self) -> list[dict[str, Any]]:
        """What it displays, the status area first."""
        return [out["data"] for out in self.outputs if out["output_type"] == "display_data"]

    @property
    def status(self) -> str:
        """The status area's text."""
        return str(self.displays[0]["text/plain"])


class Kernel:
    """A real ipykernel with the extension loaded."""

    def __init__(self, manager: KernelManager) -> None:
        self.manager = manager
        self.client: BlockingKernelClient = manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)

    def start(self, code: str) -> str:
        """Begin to run a cell; the id of its message."""
        return str(self.client.execute(code, stop_on_error=False))

    def next_message(self, message_id: str, timeout: float = PATIENCE) -> dict[str, Any]:
        """The next message that belongs to that cell."""
        deadline = time.monotonic() + timeout
        while True:
            left = deadline - time.monotonic()
            try:
                message = self.client.get_iopub_msg(timeout=max(0.0, left))
            except queue.Empty:
                raise AssertionError(f"the kernel said nothing for {timeout} s") from None
            if message["parent_header"].get("msg_id") == message_id:
                return dict(message)

    def finish(self, message_id: str, ran: Ran | None = None) -> Ran:
        """Wait until the cell has ended."""
        ran = ran or Ran()
        while True:
            message = self.next_message(message_id)
            self.take(message, ran)
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return ran

    def until(self, message_id: str, seen: Any) -> Ran:
        """Wait until ``seen(ran)`` is true of the cell's outputs."""
        ran = Ran()
        while not seen(ran):
            message = self.next_message(message_id)
            self.take(message, ran)
            ended = message["content"].get("execution_state") == "idle"
            assert not ended or seen(ran), f"the cell has ended: {ran.outputs}"
        return ran

    def take(self, message: dict[str, Any], ran: Ran) -> None:
        """Do with a message what a notebook does."""
        kind, content = message["msg_type"], message["content"]
        ran.messages.append(message)
        if ran.outputs and ran.outputs[-1].get("clear") and kind in (
            "stream", "display_data", "execute_result", "error"
        ):  # fmt: skip
            ran.outputs.clear()
        if kind == "clear_output":
            if content["wait"]:
                ran.outputs.append({"output_type": "", "clear": True})
            else:
                ran.outputs.clear()
        elif kind == "stream":
            last = ran.outputs[-1] if ran.outputs else {}
            if last.get("name") == content["name"]:
                last["text"] += content["text"]
            else:
                ran.outputs.append({"output_type": "stream", **content})
        elif kind in ("display_data", "execute_result", "error"):
            ran.outputs.append({"output_type": kind, **content})
        elif kind == "update_display_data":
            place = content["transient"]["display_id"]
            for out in ran.outputs:
                if (out.get("transient") or {}).get("display_id") == place:
                    out.update(data=content["data"], metadata=content["metadata"])

    def run(self, code: str) -> Ran:
        """Run a cell to its end."""
        return self.finish(self.start(code))

    def eval(self, expression: str) -> Any:
        """The value of an expression in the kernel, which must be plain data."""
        import ast

        ran = self.run(f"print(repr(({expression})))")
        assert ran.error is None, ran.traceback
        return ast.literal_eval(ran.stream().strip())

    def complete(self, code: str) -> list[str]:
        """What Tab offers at the end of the code, in place of the fragment there."""
        reply = self.client.complete(code, len(code), reply=True, timeout=PATIENCE)
        return list(reply["content"]["matches"])

    def interrupt(self) -> None:
        """The interrupt button."""
        self.manager.interrupt_kernel()

    def stop(self, *, now: bool = True) -> None:
        """End the kernel."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=now)


@pytest.fixture
def new_kernel(spool: Path, tmp_path: Path) -> Iterator[Any]:
    """Starts kernels in the test's spool, with the extension loaded."""
    from jupyter_client.manager import KernelManager

    started: list[Kernel] = []
    place = {
        "IPYTHONDIR": str(tmp_path / "ipython"),
        # The package that is tested, installed or not.
        "PYTHONPATH": str(Path(pydra_oar_jupyter.__file__).parents[1]),
    }

    def start(*, load: bool = True) -> Kernel:
        manager = KernelManager(kernel_name="python3")
        work = spool.parent / "work"
        work.mkdir(exist_ok=True)
        manager.start_kernel(cwd=str(work), env={**os.environ, **place})
        kernel = Kernel(manager)
        started.append(kernel)
        if load:
            ran = kernel.run("%load_ext pydra_oar_jupyter")
            assert ran.error is None, ran.traceback
        return kernel

    yield start
    for kernel in started:
        if kernel.manager.is_alive():
            kernel.stop()


@pytest.fixture
def kernel(new_kernel: Any) -> Kernel:
    """A real kernel with the extension loaded."""
    found: Kernel = new_kernel()
    return found
