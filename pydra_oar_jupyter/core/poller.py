"""When a scheduler is asked: about all of its jobs, the more rarely the longer they take."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.workers import background

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydra_oar_jupyter.core.polls import SharedPolls
    from pydra_oar_jupyter.core.record import JobRecord
    from pydra_oar_jupyter.core.troubles import Troubles

# By how much the pause between two questions grows each time.
_WIDEN = 1.5
# An answer that is younger than this part of the pause since the last one is another tracker's.
_FRESH = 0.9


class Poller:
    """Asks one scheduler, outside the tracker's loop."""

    def __init__(self, shared: SharedPolls, troubles: Troubles) -> None:
        self._shared = shared
        self._troubles = troubles
        self._shortest, self._longest = shared.backend.polls
        self._pause = self._shortest
        self._next = 0.0
        self._fresh = self._shortest  # an answer that is older than this is asked anew
        self._asking = False
        self._watching = False
        self._urgent: set[JobRecord] = set()

    def soon(self) -> None:
        """Ask after the shortest pause, and widen it from there: jobs are new, or were changed."""
        self._pause = self._fresh = self._shortest
        self._next = min(self._next or float("inf"), time.monotonic() + self._shortest)

    def tend(self, records: Sequence[JobRecord]) -> None:
        """Ask about these jobs, all that are followed, if it is time to. Returns at once."""
        if not records:
            if self._watching:
                self._watching = False
                with suppress(OSError):
                    self._shared.leave()
            return
        self._watching = True
        # It widens from there for these too: what is being ended may take long.
        urgent = {record for record in records if record.urgent}
        if urgent - self._urgent:
            self.soon()
        self._urgent = urgent
        if time.monotonic() >= self._next and not self._asking:
            self._asking = True
            try:
                background(partial(self._ask, records))
            except RuntimeError:  # no more threads; the next look tries again
                self._asking = False

    def _ask(self, records: Sequence[JobRecord]) -> None:
        name = self._shared.backend.name
        problem: Exception | None = None
        answered = True
        asked = self._pause
        try:
            answered = self._tell(records, _FRESH * self._fresh)
        except OarError as error:
            problem = error
        except Exception as error:  # an answer such as was never seen: those who wait hear of it
            problem = OarError(f"{name} gave an answer that can't be used: {error!r}")
        finally:
            self._troubles.note(name, problem)
            if answered:
                if self._pause == asked:  # else `soon` was called meanwhile
                    self._pause = min(asked * _WIDEN, self._longest)
                self._fresh = self._until_next(records)
            # Another tracker's answer, while it asks, is there soon.
            wait = self._fresh if answered else self._shortest
            self._next = time.monotonic() + wait
            self._asking = False

    def _tell(self, records: Sequence[JobRecord], max_age: float) -> bool:
        """Ask, and tell each job what the scheduler says; whether there was an answer."""
        ids = {record.id for record in records if record.id is not None}
        answers = self._shared.ask(ids, max_age)
        if answers is None:
            return False
        successors = {status.resubmitted_from: status.id for status in answers.values()}
        now = time.monotonic()
        for record in records:
            with suppress(OSError):  # the tracker says so; the other jobs must not wait for it
                record.take(answers, successors, now)
        self._delete_again([record for record in records if record.escaped])
        return True

    def _delete_again(self, records: Sequence[JobRecord]) -> None:
        ids = {record: record.id for record in records}
        if ids:
            self._shared.backend.delete([job_id for job_id in ids.values() if job_id is not None])
        for record, job_id in ids.items():
            record.expect_end(job_id)

    def _until_next(self, records: Sequence[JobRecord]) -> float:
        """The pause, cut short for a walltime that runs out meanwhile."""
        now = time.time()
        ends = [
            status.started + status.walltime + self._shortest - now
            for record in records
            if (status := record.status) and status.started and status.walltime
        ]
        soonest = min((end for end in ends if end > 0), default=self._longest)
        return min(self._pause, max(soonest, self._shortest))
