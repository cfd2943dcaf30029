"""Which service this notebook's cells talk with: the one that is named, else one of its own."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from pydra_oar_jupyter.notebook.status import View
from pydra_oar_jupyter.pairio.client.connection import Connection, connection, use, use_named
from pydra_oar_jupyter.pairio.embedded import Embedded, join
from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.keys import api_url
from pydra_oar_jupyter.pairio.needed import need_pairio

if TYPE_CHECKING:
    from pydra_oar_jupyter.notebook.area import StatusArea

_EMBEDDED = "hello_world_service"
_STARTING = View("waiting", ("starting a Pairio service for this notebook…",))
_known: list[Embedded] = []
_ours: list[Connection] = []


def reach(area: StatusArea | None = None) -> Connection:
    """The service of PAIRIO_API_URL, or the one embedded here, which is started if need be.

    That takes a few seconds; the area tells of it.

    Raises:
        OarError: what Pairio needs is not installed, or the service does not start.
    """
    url = api_url()
    need_pairio(service=url is None)
    with suppress(PairioError):  # none is named
        found = connection()
        if found not in _ours:
            return found
    if url:  # it was named after ours had been used; another may be later, or none
        _known.clear()
        return use_named()
    embedded = join(partial(area.show, _STARTING) if area else None)
    if not _known or embedded != _known[0]:
        _known[:] = [embedded]
        _ours[:] = [use(embedded.url, embedded.key)]
    return _ours[0]


def default_service() -> str:
    """The service of jobs for which none is named."""
    return os.environ.get("PAIRIO_SERVICE_NAME") or _EMBEDDED
