"""The process of the embedded service: it serves one user until the last kernel is gone."""

from __future__ import annotations

import asyncio
import getpass
import os
import random
import re
import signal
import time
from contextlib import AsyncExitStack, closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import exists, select

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.files import private_directory
from pydra_oar_jupyter.core.process import identity
from pydra_oar_jupyter.pairio.compute.main import Settings as ClientSettings
from pydra_oar_jupyter.pairio.embedded import Embedded, kernels_left, known, locked
from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.hosting.furnish import SERVICE, furnish
from pydra_oar_jupyter.pairio.hosting.own import keep_to_own
from pydra_oar_jupyter.pairio.hosting.server import Server, computing, listen
from pydra_oar_jupyter.pairio.models import JobStatus
from pydra_oar_jupyter.pairio.service.management import Management
from pydra_oar_jupyter.pairio.service.settings import Settings
from pydra_oar_jupyter.pairio.service.tables import Job

if TYPE_CHECKING:
    import socket

    from pydra_oar_jupyter.pairio.service.state import State

_LOOPBACK = "127.0.0.1"
# Systems give none of these to programs that take any: it stays free until the next time.
_PORTS = range(20000, 32000)
# How often it is looked whether it is needed still, in seconds; two looks in a row decide.
_LOOK = 1.5
# How long the one before may take to end, in seconds.
_PATIENCE = 50.0


def main(folder: str, tell: int) -> None:
    """The program: run it in that directory, and write a word to that file when it answers."""
    os.set_inheritable(tell, False)
    try:
        asyncio.run(_serve(Path(folder), tell))
    except OarError as error:
        raise SystemExit(str(error)) from None


async def _serve(folder: Path, tell: int) -> None:
    async with AsyncExitStack() as stack:
        if not await _alone(folder, stack):
            os.write(tell, b"+")
            return
        data = private_directory(folder / "data")
        before = known(folder)
        bound = _place(before)
        port = bound.getsockname()[1]
        url = f"http://{_LOOPBACK}:{port}"
        server = Server(Settings(data=data))
        keep_to_own(server)
        state: State = server.app.state.pairio
        if before and before.url != url:
            with closing(Management(state.settings)) as management:
                management.move(before.url, url)
        key = furnish(state, folder, _user())
        serving = await stack.enter_async_context(server.running(bound))
        here = Embedded(url, key, identity(os.getpid()))
        here.write(folder)
        os.write(tell, b"+")
        os.close(tell)

        settings = ClientSettings(
            directory=private_directory(folder / "compute" / str(port)),
            url=here.url,
            key=key,
            name=os.uname().nodename,
            services=[SERVICE],
            backend="local",
        )
        computed = await stack.enter_async_context(computing(settings))
        over = asyncio.create_task(_until_needless(folder, state, here))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, over.cancel)
        await asyncio.wait({over, serving, computed}, return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        if computed.done() and (error := computed.exception()):
            raise error


async def _alone(folder: Path, stack: AsyncExitStack) -> bool:
    """Wait until the one before has ended; whether this one is needed still.

    Raises:
        PairioError: that takes too long.
    """
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        with suppress(BlockingIOError):
            stack.enter_context(locked(folder / "running", wait=False))
            return True
        if (other := known(folder)) and other.runs:
            return False  # whoever started it did not wait for it
        await asyncio.sleep(0.05)
    raise PairioError(f"Another service holds {folder / 'running'} and does not answer.")


def _place(before: Embedded | None) -> socket.socket:
    """Where to listen: where the one before did, if that is free, as URLs of files name it."""
    ports = [random.choice(_PORTS) for _ in range(20)]
    if before:
        ports.insert(0, urlsplit(before.url).port or 0)
    for port in ports:
        with suppress(PairioError):  # another program has it
            return listen(_LOOPBACK, port)
    raise PairioError(f"No port is free at {_LOOPBACK}.")


async def _until_needless(folder: Path, state: State, here: Embedded) -> None:
    """Return when no kernel is left and no job runs, and nobody can join any more."""
    needless = 0
    while True:
        await asyncio.sleep(_LOOK)
        if not folder.exists():
            return
        needed = kernels_left(folder) or await asyncio.to_thread(_busy, state)
        needless = 0 if needed else needless + 1
        if needless < 2:
            continue
        with suppress(BlockingIOError), locked(folder / "lock", wait=False):
            if not kernels_left(folder):
                replace(here, process="").write(folder)
                return


def _busy(state: State) -> bool:
    """Whether a job runs."""
    running = Job.status.in_([JobStatus.STARTING, JobStatus.RUNNING])
    with state.read() as session:
        return bool(session.scalar(select(exists().where(running))))


def _user() -> str:
    """This account's name, as far as a service takes it."""
    with suppress(OSError, KeyError):
        return re.sub(r"[^A-Za-z0-9_-]", "_", getpass.getuser())[:64]
    return str(os.getuid())
