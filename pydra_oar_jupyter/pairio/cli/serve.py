"""``pairio serve``: a service in the foreground, with all for a try if that is wanted."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.files import private_directory
from pydra_oar_jupyter.pairio.cli.accounts import data_directory
from pydra_oar_jupyter.pairio.compute.main import Settings as ClientSettings
from pydra_oar_jupyter.pairio.embedded import locked
from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.hosting.furnish import SERVICE, furnish
from pydra_oar_jupyter.pairio.hosting.server import Server, computing, listen
from pydra_oar_jupyter.pairio.service.settings import Settings

if TYPE_CHECKING:
    import argparse

_DEMO_USER = "demo"
# Compute clients ask at least each 10 s; one that does so late is to keep its jobs. In seconds.
_SHORT_LEASE = 30.0


def serve(asked: argparse.Namespace) -> None:
    """Run a service until SIGTERM or an interrupt.

    Raises:
        OarError: it can't be started, in words.
    """
    asyncio.run(_serve(asked, _settings(asked)))


async def _serve(asked: argparse.Namespace, settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        _be_alone(settings, stack)
        server = Server(settings)
        bound = listen(asked.host, asked.port)
        serving = await stack.enter_async_context(server.running(bound))
        over = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, over.set)
        here = _url(asked.host, bound.getsockname()[1])
        tasks = {serving, asyncio.create_task(over.wait())}
        if asked.demo:
            key = furnish(server.app.state.pairio, settings.data, _DEMO_USER)
            client = ClientSettings(
                directory=settings.data / "compute-client",
                url=here,
                key=key,
                name=os.uname().nodename,
                services=[SERVICE],
                backend="local",
            )
            tasks.add(await stack.enter_async_context(computing(client)))
            _hand_over(settings.url or here, key)
        if settings.lease < _SHORT_LEASE:
            sys.stderr.write(
                f"--lease {settings.lease:g} is short: compute clients may be silent for 10 s, and "
                "lose jobs that run then.\n"
            )
        sys.stderr.write(f"Pairio's service answers at {settings.url or here}\n")
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


def _be_alone(settings: Settings, stack: AsyncExitStack) -> None:
    """See that no other service has the directory: what changes is told within one process."""
    try:
        stack.enter_context(locked(private_directory(settings.data) / "running", wait=False))
    except BlockingIOError:
        raise PairioError(f"A service runs with {settings.data} already.") from None


def _hand_over(url: str, key: str) -> None:
    """Print what a shell takes over; then let go of stdout, for which a shell may wait."""
    for name, value in (("PAIRIO_API_URL", url), ("PAIRIO_API_KEY", key)):
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
    sys.stdout.flush()
    none = os.open(os.devnull, os.O_WRONLY)
    os.dup2(none, sys.stdout.fileno())
    os.close(none)


def _settings(asked: argparse.Namespace) -> Settings:
    return Settings(
        data=data_directory(asked),
        database_url=asked.database_url or "",
        url=(asked.url or "").rstrip("/"),
        files=asked.files or "",
        lease=asked.lease,
        attempts=asked.attempts,
    )


def _url(host: str, port: int) -> str:
    """Where this machine reaches it."""
    at = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - it listens nowhere
    return f"http://{f'[{at}]' if ':' in at and not at.startswith('[') else at}:{port}"
