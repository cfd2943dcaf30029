"""When a scheduler is asked: about all of its jobs, the more rarely the longer they take."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.errors import OarError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydra_oar_jupyter.core.polls import SharedPolls
    from pydra_oar_jupyter.core.record import JobRecord
    from pydra_oar_jupyter.core.troubles import Troubles

# By how much the pause between two questions grows each time.
_WIDEN = 1.5


def background(call: Callable[[], None]) -> None:
    """Run what may block in a thread of its own, one that does not keep the process alive."""
    threading.Thread(target=call, name="oar-call", daemon=True).start()


class Poller:
    """Asks one scheduler, outside the tracker's loop."""

    def __init__(self, shared: SharedPolls, troubles: Troubles) -> None:
        self._shared = shared
        self._troubles = troubles
        self._shortest, self._longest = shared.backend.polls
        self._pause = self._shortest
        self._next = 0.0
        self._asking = False
        self._watching = False

    def soon(self) -> None:
        """New jobs: ask after the shortest pause, and widen it from there."""
        self._pause = self._shortest
        self._next = min(self._next or float("inf"), time.monotonic() + self._shortest)

    def tend(self, records: Sequence[JobRecord]) -> None:
        """Ask about these jobs, all that are followed, if it is time to. Returns at once."""
        if not records:
            if self._watching:
                self._watching = False
                self._shared.leave()
            return
        self._watching = True
        if any(record.urgent for record in records):
            self._pause = self._shortest
            self._next = min(self._next, time.monotonic() + self._shortest)
        if time.monotonic() >= self._next and not self._asking:
            self._asking = True
            background(partial(self._ask, records))

    def _ask(self, records: Sequence[JobRecord]) -> None:
        ids = {record.id for record in records if record.id is not None}
        problem: OarError | None = None
        try:
            answers = self._shared.ask(ids, max_age=self._pause)
            if answers is not None:
                for record in records:
                    record.take(answers, time.time())
        except OarError as error:
            problem = error
        finally:
            self._troubles.note(self._shared.backend.name, problem)
            self._next = time.monotonic() + self._until_next(records)
            self._pause = min(self._pause * _WIDEN, self._longest)
            self._asking = False

    def _until_next(self, records: Sequence[JobRecord]) -> float:
        """The pause, cut short for a walltime that runs out meanwhile."""
        now = time.time()
        ends = [
            record.status.started + record.status.walltime + self._shortest - now
            for record in records
            if record.status and record.status.started and record.status.walltime
        ]
        soonest = min((end for end in ends if end > 0), default=self._longest)
        return min(self._pause, max(soonest, self._shortest))
