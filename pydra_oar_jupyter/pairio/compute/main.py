"""Starting a compute client, in a process of its own or inside of another program."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.backend import default_backend, get_backend
from pydra_oar_jupyter.core.clean import plain
from pydra_oar_jupyter.pairio.compute.apps import apps_here, interpreter
from pydra_oar_jupyter.pairio.compute.client import ComputeClient
from pydra_oar_jupyter.pairio.compute.config import Registration, offer, register
from pydra_oar_jupyter.pairio.compute.containers import Container, Runtime
from pydra_oar_jupyter.pairio.compute.launch import Launcher
from pydra_oar_jupyter.pairio.compute.resources import Site
from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.http import Api

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pydra_oar_jupyter.pairio.keys import Key
    from pydra_oar_jupyter.pairio.models import ComputeClientComputeSlot

_LOG = "pydra_oar_jupyter.pairio.compute"


@dataclass(frozen=True)
class Settings:
    """How a compute client is started.

    Attributes:
        directory: its private directory; with OAR, one that the nodes see.
        url: the service's; of a compute client that is registered, "" says the same.
        key: of a user who may register one; needed at the first start only.
        name: what people call it.
        services: the names of those whose jobs it runs.
        backend: what runs the jobs: ``local`` or ``oar``; "" for what this machine has.
        container: what apps run in.
        apps: programs, each a ``main.py`` or its directory, beside those of this package.
        python: the interpreter of apps that are processes.
        slots: what it takes at once; None: what the backend has.
        exit_when_idle: end when there is nothing to do.
    """

    directory: Path
    url: str = ""
    key: Key | None = field(default=None, repr=False)
    name: str = ""
    services: Sequence[str] = ()
    backend: str = ""
    container: Container = Container.NONE
    apps: Sequence[Path] = ()
    python: str = sys.executable
    slots: Sequence[ComputeClientComputeSlot] | None = None
    exit_when_idle: bool = False


async def open_client(settings: Settings) -> ComputeClient:
    """A compute client that is ready to `run`; it is registered if its directory has none.

    Raises:
        OarError: the service, the scheduler or the directory can't be used, in words.
    """
    backend = settings.backend or default_backend()
    python = interpreter(settings.python)
    runtime = Runtime.found(settings.container, backend, python)
    apps = {}
    if settings.container is Container.NONE:
        apps = await asyncio.to_thread(apps_here, settings.apps, python)
    resources = await asyncio.to_thread(get_backend(backend).resources)
    site = Site.of(resources)
    registration = await _registration(settings)
    await offer(registration, site.slots() if settings.slots is None else settings.slots)
    launcher = Launcher(registration, settings.directory, backend, runtime, apps, site)
    return ComputeClient(
        registration, launcher, settings.directory, exit_when_idle=settings.exit_when_idle
    )


async def _registration(settings: Settings) -> Registration:
    """Who it is."""
    url = settings.url.rstrip("/")
    if found := Registration.read(settings.directory):
        if url and url != found.url:
            raise PairioError(
                f"The compute client in {settings.directory} is registered with another service: "
                f"give another directory for the one at {url}."
            )
        return found
    if not (url and settings.key and settings.name and settings.services):
        raise PairioError(
            "To register a compute client, its service's address, a user's key, a name and the "
            "names of the services whose jobs it runs are needed."
        )
    api = Api(url, settings.key)
    try:
        made = await register(api, settings.services, settings.name)
    finally:
        await api.close()
    made.write(settings.directory)
    return made


def serve_forever(settings: Settings) -> None:
    """Run a compute client until SIGTERM or SIGINT, telling its log on standard error.

    Raises:
        OarError: it can't be started, or the service refuses it.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_Plain("%(asctime)s %(message)s"))
    logger = logging.getLogger(_LOG)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    client = await open_client(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, client.stop)
    await client.run()


class _Plain(logging.Formatter):
    """One line for each event; names of jobs and words of services can't steer a terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        record = logging.makeLogRecord(vars(record))
        record.message = " ".join(plain(record.message).split())
        return super().formatMessage(record)
