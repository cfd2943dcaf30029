"""All rows of this user, kept up to date while somebody looks."""

from __future__ import annotations

import importlib
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.clean import line
from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.monitor.changes import Picture, turned
from pydra_oar_jupyter.monitor.rows.allruns import AllRuns
from pydra_oar_jupyter.monitor.rows.others import Others
from pydra_oar_jupyter.monitor.rows.own import OwnJobs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from pydra_oar_jupyter.monitor.changes import Changed
    from pydra_oar_jupyter.monitor.rows import Row, Rows
    from pydra_oar_jupyter.monitor.view import View

# The shortest and the longest pause between two looks, in seconds; and how many times as long as
# a look it is. (Of the last two, the shorter one: now and then one lists all, which has a pause of
# its own.)
_SHORTEST, _LONGEST, _SHARE = 0.1, 2.0, 10
# The longest trouble, in letters.
_WORDS = 500


class Feed:
    """Looks at jobs, runs and the rest, and has each view push what has changed.

    One thread does all of it; it is there while there are views. Calls may come from any thread.
    """

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._views: list[View] = []
        self._woken = False
        self._thread: threading.Thread | None = None
        self._picture = Picture()
        self._own = OwnJobs()
        self._runs = AllRuns()
        self._others = Others()
        self._pairio: Rows | None = None
        self._shown: dict[str, Mapping[str, Row]] = {"others": {}, "pairio": {}}
        self._problems: dict[str, str] = {}

    def join(self, view: View) -> None:
        """Have it pushed to from now on.

        Raises:
            RuntimeError: no thread can be started.
        """
        with self._wake:
            if view not in self._views:
                self._views.append(view)
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="oar-monitor", daemon=True)
                thread.start()
                self._thread = thread
        self.wake()

    def leave(self, view: View) -> None:
        """Push nothing to it any more, but for what is on its way."""
        with self._wake:
            if view in self._views:
                self._views.remove(view)
        self.wake()

    def wake(self) -> None:
        """Look now: a viewer wants something else."""
        with self._wake:
            self._woken = True
            self._wake.notify()

    def _run(self) -> None:
        took = 0.0
        while True:
            with self._wake:
                views = list(self._views)
            if not views:
                self._close()
                with self._wake:
                    if not self._views:  # none has come meanwhile
                        self._thread = None
                        return
                continue
            begun = time.monotonic()
            touched = self._look(views)
            trouble = line(next(filter(None, self._problems.values()), ""), _WORDS)
            self._problems["view"] = ""
            for view in views:
                try:
                    view.update(self._picture, touched, trouble)
                except Exception as error:  # the others must not wait for it
                    self._problems["view"] = f"What has changed can't be shown: {error!r}"
            before, took = took, time.monotonic() - begun
            self._rest(min(before, took))

    def _rest(self, took: float) -> None:
        with self._wake:
            if not self._woken:
                self._wake.wait(min(_LONGEST, max(_SHORTEST, _SHARE * took)))
            self._woken = False

    def _look(self, views: list[View]) -> Collection[str]:
        """Bring the picture up to date; the keys of rows that are not as they were."""
        wishes = [view.wish for view in views]
        if not any(wish.follow for wish in wishes):
            return ()
        opened = frozenset[str]().union(*(wish.opened for wish in wishes))
        everyone = any(wish.everyone for wish in wishes)
        touched: Changed = {}
        for name, look in (
            ("runs", lambda: self._runs.look(opened)),
            ("jobs", lambda: self._own.look(self._runs.ids, self._shown["pairio"])),
            ("others", lambda: self._turn("others", self._all_others(everyone=everyone))),
            ("pairio", lambda: self._turn("pairio", self._of_pairio())),
        ):
            changed = self._try(name, look)
            self._picture.put(changed)
            touched |= changed
        self._problems["job"] = self._own.trouble()
        self._problems["cluster"] = self._others.trouble
        return touched.keys()

    def _try(self, name: str, look: Callable[[], Changed]) -> Changed:
        """What has changed; of what can't be looked at, nothing, and the viewers are told."""
        self._problems[name] = ""
        try:
            return look()
        except OarError as error:
            self._problems[name] = str(error)
        except Exception as error:  # it must not end: the rest goes on
            self._problems[name] = f"The {name} can't be looked at: {error!r}"
        return {}

    def _turn(self, name: str, now: Mapping[str, Row]) -> Changed:
        before, self._shown[name] = self._shown[name], dict(now)
        return turned(before, now)

    def _all_others(self, *, everyone: bool) -> Mapping[str, Row]:
        if everyone:
            return self._others.rows(self._own.ids(self._others.backend))
        self._others.close()
        return {}

    def _of_pairio(self) -> Mapping[str, Row]:
        if self._pairio is None:
            self._pairio = _pairio_rows()
        return self._pairio.rows()

    def _close(self) -> None:
        """Nobody looks: let go of what costs something."""
        self._others.close()
        if pairio := self._pairio:
            with suppress(Exception):
                pairio.close()
        self._pairio = None


class _NoRows:
    """Where Pairio's parts are not installed."""

    def rows(self) -> Mapping[str, Row]:
        return {}

    def close(self) -> None:
        pass


def _pairio_rows() -> Rows:
    try:
        module: Any = importlib.import_module("pydra_oar_jupyter.monitor.rows.pairio")
    except ImportError:  # without the extra `pairio`
        return _NoRows()
    found: Rows = module.PairioRows()
    return found
