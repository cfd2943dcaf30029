"""What the widgets have in common: the page's part, and a session that answers it."""

from __future__ import annotations

from abc import abstractmethod
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from pydra_oar_jupyter.monitor.feed import Feed
from pydra_oar_jupyter.monitor.hello import hello
from pydra_oar_jupyter.monitor.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

_STATIC = Path(__file__).parent / "static"


@cache
def _feed() -> Feed:
    """What all widgets of this kernel share."""
    return Feed()


class MonitorWidget(anywidget.AnyWidget):
    """The browser's part of the monitor in a cell, answered by this kernel or by the server.

    Where the page is of a Jupyter Server that has our extension and the same spool, it talks to
    that: then clicks work while a cell runs.
    """

    _esm = _STATIC / "widget.js"
    _css = _STATIC / "widget.css"

    view = traitlets.Unicode().tag(sync=True)
    spool = traitlets.Unicode().tag(sync=True)

    def __init__(self, view: str) -> None:
        self._session = Session(_feed(), self.send)  # first: close() needs it, whatever fails
        super().__init__(view=view, spool=hello()["spool"])
        self.on_msg(self._heed)

    def close(self) -> None:
        """Remove it from the page, and stop telling it what changes."""
        self._session.close()
        super().close()

    def _heed(self, _widget: object, message: object, _buffers: object) -> None:
        # A page that has been loaded anew says hello anew, and must be told all rows again.
        if isinstance(message, dict) and message.get("ask") == "hello":
            self._session.close()
            self._session = Session(_feed(), self.send)
        self._session.receive(message)

    @abstractmethod
    def _forms(self) -> tuple[str, str]:
        """What stands for it, as text and as HTML, where there is no kernel."""

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        found: Callable[..., Any] = super()._repr_mimebundle_
        if (bundle := found(**kwargs)) is None:
            return None
        data, metadata = bundle
        text, html = self._forms()
        return {**data, "text/plain": text, "text/html": html}, metadata
