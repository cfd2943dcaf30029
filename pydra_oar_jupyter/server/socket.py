"""A browser's connection to all that is known of the jobs."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado.ioloop import IOLoop
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from pydra_oar_jupyter.monitor.session import Session
from pydra_oar_jupyter.monitor.verbs import VERBS

if TYPE_CHECKING:
    from pydra_oar_jupyter.monitor.feed import Feed

# The longest message that is taken, and how much may be on its way to a browser, in bytes.
_LONGEST, _ON_ITS_WAY = 2 << 20, 64 << 20
_TRY_AGAIN_LATER = 1013  # https://www.iana.org/assignments/websocket


class MonitorSocket(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """Carries the messages of one `Session`, for people whom the server lets in.

    The server's own rules decide: its tokens and cookies, its ``allow_origin``, and its authorizer,
    which is asked for ``read``, and for ``execute`` of each message that does something to jobs.
    """

    auth_resource = "pydra-oar-jupyter"

    def initialize(self, feed: Feed) -> None:
        """Take what all browsers of this server share."""
        self._feed = feed
        self._session: Session | None = None
        self._loop = IOLoop.current()
        self._counting = threading.Lock()
        self._on_its_way = 0

    @property
    def max_message_size(self) -> int:
        """In bytes; the connection of who sends more is closed."""
        return _LONGEST

    def get_compression_options(self) -> dict[str, Any]:
        """Compress: rows resemble each other."""
        return {"compression_level": 3}

    def set_default_headers(self) -> None:
        """Those of pages make no sense here."""

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Let in who may look.

        Raises:
            HTTPError: 403 for everybody else.
        """
        if not await self._may("read"):
            raise HTTPError(403)
        await super().get(*args, **kwargs)

    def open(self, *args: str, **kwargs: str) -> None:
        """The connection stands."""
        super().open(*args, **kwargs)
        self._session = Session(self._feed, self._send)

    async def on_message(self, message: str | bytes) -> None:
        """Pass a question on, if it may be asked."""
        if self._session is None:
            return
        try:
            question = json.loads(message)
        except (ValueError, RecursionError):
            question = None  # the session says what is wrong with it
        if _changes(question) and not await self._may("execute"):
            problem = {"message": "You may look at the jobs of this server only.", "hint": ""}
            self._send({"id": question["id"], "problem": problem})
        else:
            self._session.receive(question)

    def on_close(self) -> None:
        """Nobody is there any more."""
        if self._session:
            self._session.close()

    async def _may(self, action: str) -> bool:
        user = self.current_user
        answer = self.authorizer.is_authorized(self, user, action, self.auth_resource)
        return bool(await ensure_async(answer))

    def _send(self, message: dict[str, Any]) -> None:
        """Send it from any thread, after those that were sent before."""
        text = json.dumps(message, separators=(",", ":"))
        with self._counting:
            self._on_its_way += len(text)
        self._loop.add_callback(self._write, text)

    async def _write(self, text: str) -> None:
        if self._on_its_way > _ON_ITS_WAY:
            # A browser that can't keep up: it connects again, and is sent how things are then.
            self.close(_TRY_AGAIN_LATER, "too slow")
            return
        try:
            await self.write_message(text)
        except WebSocketClosedError:
            return
        with self._counting:
            self._on_its_way -= len(text)


def _changes(question: Any) -> bool:
    """Whether it is well-formed, and does something to jobs."""
    if not isinstance(question, dict) or not isinstance(question.get("id"), int):
        return False
    asked = question.get("ask")
    return isinstance(asked, str) and asked in VERBS and VERBS[asked].changes
