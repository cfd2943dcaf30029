"""What one viewer wants to see, and has been sent."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.monitor import keys
from pydra_oar_jupyter.monitor.changes import changes, in_sight, sees

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.monitor.changes import Picture, Rows

# How long a job whose output is wanted is not looked for again after it was not found, in seconds.
_AGAIN = 1.0


@dataclass(frozen=True)
class Wish:
    """What is to be pushed.

    Attributes:
        follow: whether rows are.
        everyone: those too of jobs that were not submitted from here.
        opened: the keys of rows whose children are wanted.
        watched: the keys of rows of whose output the sizes are.
    """

    follow: bool = False
    everyone: bool = False
    opened: frozenset[str] = frozenset()
    watched: frozenset[str] = frozenset()


class View:
    """Pushes to one viewer what has changed. Only `wish` may be set from another thread.

    Args:
        send: takes a message; it returns at once.

    Attributes:
        wish: what is to be pushed; another one takes its place when the viewer wants another.
    """

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        self.wish = Wish()
        self._send = send
        self._done = Wish()  # what has been heeded
        self._shown: Rows = {}
        self._trouble = ""
        self._outputs: dict[str, _Output] = {}

    def update(self, picture: Picture, touched: Collection[str], trouble: str) -> None:
        """Push what has changed.

        Args:
            picture: all rows.
            touched: the keys of those that have come, changed or gone since the last time.
            trouble: what does not answer, or "".
        """
        wish = self.wish
        if wish.follow:
            self._push_rows(wish, picture, touched)
        if wish.follow and trouble != self._trouble:
            self._trouble = trouble
            self._send({"push": "trouble", "message": trouble})
        self._push_sizes(wish)
        self._done = wish

    def _push_rows(self, wish: Wish, picture: Picture, touched: Collection[str]) -> None:
        done, opened, everyone = self._done, wish.opened, wish.everyone
        whole = not done.follow
        if whole or (opened, everyone) != (done.opened, done.everyone) or (
            opened and not opened.isdisjoint(touched)  # with it may come, or go, what is in it
        ):  # fmt: skip
            now = in_sight(picture, opened, everyone=everyone)
            concerned: Collection[str] = [*now, *(self._shown.keys() - now.keys())]
        else:
            rows = {key: row for key in touched if (row := picture.rows.get(key))}
            now = {key: row for key, row in rows.items()
                   if sees(picture, row, opened, everyone=everyone)}  # fmt: skip
            concerned = touched
        changed, gone = changes({} if whole else self._shown, now, concerned)
        for key in gone:
            self._shown.pop(key, None)
        self._shown |= now
        if whole or changed or gone:
            rows_now = {"whole": whole, "now": time.time(), "changed": changed, "gone": gone}
            self._send({"push": "rows", **rows_now})

    def _push_sizes(self, wish: Wish) -> None:
        if wish.watched != self._done.watched:
            before = self._outputs
            self._outputs = {key: before.get(key) or _Output(key) for key in wish.watched}
        for key, output in self._outputs.items():
            if (facts := output.grown()) is not None:
                self._send({"push": "grown", "key": key, **facts})


class _Output:
    """The sizes of one job's output."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._job: Job | None = None
        self._next = 0.0
        self._told: dict[str, Any] = {}

    def grown(self) -> dict[str, Any] | None:
        """The sizes, in bytes, and whether it has ended, if that is not what was told last."""
        if (job := self._found()) is None:
            return None
        ended = job.done()  # first: what it wrote last is counted with it
        files = job.directory
        facts = {"stdout": _size(files.stdout), "stderr": _size(files.stderr), "ended": ended}
        if facts == self._told:
            return None
        self._told = facts
        return facts

    def _found(self) -> Job | None:
        if self._job is None and time.monotonic() >= self._next:
            self._next = time.monotonic() + _AGAIN
            try:
                self._job = keys.job_of(keys.find(self._key))
            except Exception:  # not there yet or not any more, or what is there can't be used
                return None
        return self._job


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
