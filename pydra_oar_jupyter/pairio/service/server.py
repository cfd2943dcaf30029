"""A service on a port."""

from __future__ import annotations

import socket

import uvicorn

from pydra_oar_jupyter.pairio.service.app import create_app
from pydra_oar_jupyter.pairio.service.settings import Settings

# How long requests may take to be answered when it ends, in seconds.
_PARTING = 5


class Server(uvicorn.Server):
    """A service that is served: ``run(sockets=[…])``, until ``should_exit`` is set.

    Args:
        settings: the service's.
        host: the address it is served at.
        port: the port; neither is of use where sockets are given.
    """

    def __init__(self, settings: Settings, host: str = "127.0.0.1", port: int = 8080) -> None:
        self.app = create_app(settings)
        super().__init__(
            uvicorn.Config(
                self.app,
                host=host,
                port=port,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_PARTING,
            )
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, and do not wait for those who watch events: they would stay."""
        self.app.state.pairio.events.close()
        await super().shutdown(sockets)
