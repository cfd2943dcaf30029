"""Which Pairio service there is to ask, and its jobs.

No service is ever started from here, and nothing of Pairio's client is imported before there is
one.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.spool import spool_root
from pydra_oar_jupyter.pairio.embedded import known
from pydra_oar_jupyter.pairio.keys import Key, api_url
from pydra_oar_jupyter.pairio.needed import need_pairio

if TYPE_CHECKING:
    from pydra_oar_jupyter.pairio.client.connection import Connection
    from pydra_oar_jupyter.pairio.client.handle import PairioJob


def service() -> Connection | None:
    """The service that PAIRIO_API_URL names, or the embedded one if it runs; None for neither.

    Raises:
        OarError: what Pairio's client needs is not installed, or that is no URL of a service.
    """
    if url := api_url():
        need_pairio(service=False)
        return _connection(url, None)
    embedded = known(spool_root() / "pairio" / os.uname().nodename)
    if embedded is None or not embedded.runs:
        return None
    need_pairio(service=False)
    return _connection(embedded.url, embedded.key)


@cache
def _connection(url: str, key: Key | None) -> Connection:
    from pydra_oar_jupyter.pairio.client.connection import Connection

    return Connection(url, key)


def find(job_id: str) -> PairioJob:
    """A job of the service that there is.

    Raises:
        OarError: there is no service, it does not answer, or it has no such job.
    """
    connection = service()
    if connection is None:
        raise OarError("No Pairio service is named here, and the notebook's own does not run.")
    from pydra_oar_jupyter.pairio.client.finding import job

    return job(job_id, connection=connection)
