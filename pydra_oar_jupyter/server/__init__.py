"""The Jupyter Server's part: one WebSocket, over which browsers follow and manage jobs.

It needs no kernel. The install switches it on, by a file in Jupyter's folder of configurations,
``etc/jupyter/jupyter_server_config.d``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: ServerApp) -> None:
    from jupyter_server.utils import url_path_join

    from pydra_oar_jupyter.monitor.feed import Feed
    from pydra_oar_jupyter.server.socket import MonitorSocket

    web: Any = app.web_app  # without types
    path = url_path_join(app.base_url, "pydra-oar-jupyter/monitor")
    web.add_handlers(".*$", [(path, MonitorSocket, {"feed": Feed()})])
