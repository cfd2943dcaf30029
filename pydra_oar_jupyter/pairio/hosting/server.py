"""Runs a service, and what is to run beside it, in one event loop."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from pydra_oar_jupyter.pairio.compute.main import Settings as ClientSettings
from pydra_oar_jupyter.pairio.compute.main import open_client
from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.service.server import Server as _Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


def listen(host: str, port: int) -> socket.socket:
    """A socket for it; port 0 takes any that is free. Who asks before it is served waits in line.

    Raises:
        PairioError: the port is taken, or that is no address of this machine.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # With the protocol named, asyncio sends answers at once (TCP_NODELAY), not 40 ms later.
        found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen()
    except (OSError, OverflowError) as error:
        raise PairioError(f"The service can't listen at {host}:{port}: {error}.") from None
    return found


class Server(_Server):
    """A service whose process has other business too: signals are not its own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them as they are."""
        yield

    @asynccontextmanager
    async def running(self, bound: socket.socket) -> AsyncIterator[asyncio.Task[None]]:
        """Serve while the block runs; it answers when the block begins. The task that serves.

        Raises:
            PairioError: it does not start.
        """
        task = asyncio.create_task(self.serve([bound]))
        try:
            while not self.started and not task.done():
                await asyncio.sleep(0.01)
            if task.done():
                raise PairioError("The service has not started; what it said is above.")
            yield task
        finally:
            self.should_exit = True
            await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def computing(settings: ClientSettings) -> AsyncIterator[asyncio.Task[None]]:
    """Run a compute client while the block runs; jobs go on after it. The task that runs it.

    Raises:
        OarError: it can't be started.
    """
    client = await open_client(settings)
    task = asyncio.create_task(client.run())
    try:
        yield task
    finally:
        client.stop()
        await asyncio.gather(task, return_exceptions=True)
