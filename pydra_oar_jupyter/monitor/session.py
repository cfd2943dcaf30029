"""One viewer: a browser's channel to all that is known of the jobs."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.clean import plain
from pydra_oar_jupyter.core.errors import OarError, RequestError
from pydra_oar_jupyter.core.workers import Workers
from pydra_oar_jupyter.monitor.verbs import verb
from pydra_oar_jupyter.monitor.view import View, Wish

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydra_oar_jupyter.monitor.feed import Feed
    from pydra_oar_jupyter.monitor.verbs import Verb

    Message = dict[str, Any]

# How many questions of a kind are answered at a time, and how many may wait besides.
_AT_ONCE, _WAITING = 4, 60


class Session:
    """Answers what is asked, and pushes what changes.

    Args:
        feed: knows all rows; many sessions share one.
        send: takes a message for the viewer, which `json.dumps` can write. It is called from
            several threads, one at a time, and returns at once.
    """

    def __init__(self, feed: Feed, send: Callable[[Message], None]) -> None:
        self._feed, self._to_viewer = feed, send
        self._sending = threading.Lock()
        self._closed = False
        self._view = View(self._send)
        # Output is read on while a scheduler hangs.
        self._schedulers, self._files = Workers(_AT_ONCE), Workers(_AT_ONCE)
        self._counting = threading.Lock()
        self._asked = 0

    def receive(self, message: object) -> None:
        """Take a message of the viewer's, one at a time. It never raises, and does not wait.

        What is wrong with it is answered; a message that has no number, under the number -1.
        """
        number, problem = -1, "A message must be an object with id, ask and with."
        if self._closed:
            return
        try:
            if not isinstance(message, dict) or message.keys() != {"id", "ask", "with"}:
                raise RequestError(problem)
            if not isinstance(message["id"], int) or isinstance(message["id"], bool):
                raise RequestError("The id of a message must be a whole number.")
            number = message["id"]
            asked = verb(message["ask"])
            given = asked.check(message["with"])
            if asked.place:
                self._answer_later(number, asked, given)
            else:
                self._heed(**given)
                self._send({"id": number, "answer": None})
        except Exception as error:
            self._send({"id": number, "problem": _problem(error)})

    def close(self) -> None:
        """The viewer is gone: nothing is sent any more."""
        self._closed = True
        self._feed.leave(self._view)

    def _heed(
        self,
        *,
        everyone: bool | None = None,
        opened: list[str] | None = None,
        keys: list[str] | None = None,
    ) -> None:
        """Have pushed what `follow` or `watch` asks for."""
        wish = self._view.wish
        if keys is not None:
            watched = frozenset(keys)
            self._view.wish = Wish(wish.follow, wish.everyone, wish.opened, watched)
        else:
            self._view.wish = Wish(True, bool(everyone), frozenset(opened or ()), wish.watched)
        self._feed.join(self._view)

    def _answer_later(self, number: int, asked: Verb, given: dict[str, Any]) -> None:
        with self._counting:
            if self._asked >= _AT_ONCE + _WAITING:
                raise OarError("Too much is asked at once. Wait for some of the answers.")
            self._asked += 1
        try:
            workers = self._schedulers if asked.waits else self._files
            workers.do(partial(self._answer, number, asked, given))
        except RuntimeError:  # no thread can be started
            self._answered()
            raise OarError("Nothing can be answered now: there are too many threads.") from None

    def _answer(self, number: int, asked: Verb, given: dict[str, Any]) -> None:
        try:
            if self._closed:
                return
            answer = {"id": number, "answer": asked.function()(**given)}
        except Exception as error:
            answer = {"id": number, "problem": _problem(error)}
        finally:
            self._answered()
        self._send(answer)

    def _answered(self) -> None:
        with self._counting:
            self._asked -= 1

    def _send(self, message: Message) -> None:
        with self._sending:
            if not self._closed:
                try:
                    self._to_viewer(message)
                except Exception:  # the channel is gone
                    self._closed = True
        if self._closed:  # the feed may have been joined at that very moment
            self._feed.leave(self._view)


def _problem(error: Exception) -> dict[str, str]:
    """What is wrong and what to do, for a person; of a fault, not how it came about."""
    if isinstance(error, RequestError):
        return {"message": plain(error.message), "hint": plain(error.hint)}
    if isinstance(error, OarError):
        return {"message": plain(str(error)), "hint": ""}
    return {
        "message": f"This failed by a fault of pydra_oar_jupyter: {type(error).__name__}: "
        + plain(str(error))[:500],
        "hint": "Please report it, with what you did.",
    }
