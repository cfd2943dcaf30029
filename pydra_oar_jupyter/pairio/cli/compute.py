"""``pairio compute-client``: run the jobs of a service here."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.spool import spool_root
from pydra_oar_jupyter.pairio.compute.containers import Container
from pydra_oar_jupyter.pairio.compute.main import Settings, serve_forever
from pydra_oar_jupyter.pairio.compute.resources import Site
from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.keys import api_key, api_url

if TYPE_CHECKING:
    import argparse

    from pydra_oar_jupyter.pairio.keys import Key
    from pydra_oar_jupyter.pairio.models import ComputeClientComputeSlot


def compute(asked: argparse.Namespace) -> None:
    """Run a compute client until SIGTERM or an interrupt.

    Raises:
        OarError: it can't be started, or the service refuses it.
    """
    if not (url := api_url()):
        raise PairioError("No Pairio service is named: set PAIRIO_API_URL.")
    serve_forever(
        Settings(
            directory=Path(asked.dir).expanduser().absolute()
            if asked.dir
            else spool_root() / "compute-client",
            url=url,
            key=_key(),
            name=asked.name or os.uname().nodename,
            services=asked.service
            or [os.environ.get("PAIRIO_SERVICE_NAME") or "hello_world_service"],
            backend=asked.backend,
            container=Container(asked.container),
            apps=[Path(app).expanduser() for app in asked.app],
            python=asked.python or sys.executable,
            slots=_slots(asked),
            exit_when_idle=asked.exit_when_idle,
        )
    )


def _key() -> Key | None:
    """The user's key, if there is one; it is needed at the first start only."""
    with suppress(PairioError):
        return api_key()
    return None


def _slots(asked: argparse.Namespace) -> list[ComputeClientComputeSlot] | None:
    """What the words say, and for the rest what there is; None if they say nothing."""
    said = {
        "numCpus": asked.cpus,
        "numGpus": asked.gpus,
        "memoryGb": asked.memory,
        "timeSec": asked.time,
        "multiplicity": asked.jobs,
    }
    given = {name: value for name, value in said.items() if value is not None}
    if not given:
        return None
    there = Site.of(get_backend(asked.backend).resources()).slots()
    return [slot.model_copy(update=given) for slot in there]
