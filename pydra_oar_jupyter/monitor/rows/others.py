"""Rows of jobs that were not submitted from here: other people's, and this user's own."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.backend import default_backend, get_backend
from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.spool import own_name
from pydra_oar_jupyter.core.workers import background
from pydra_oar_jupyter.monitor.changes import kept
from pydra_oar_jupyter.monitor.keys import other_key
from pydra_oar_jupyter.monitor.rows import row
from pydra_oar_jupyter.monitor.rows.jobs import actions, listed, tone, user

if TYPE_CHECKING:
    from collections.abc import Collection

    from pydra_oar_jupyter.core.state import JobStatus
    from pydra_oar_jupyter.monitor.rows import Row

# How long an answer is good for, in seconds.
EVERY = 15.0


class Others:
    """All jobs of the cluster, asked for in a thread of its own. Used from one thread.

    Attributes:
        backend: the cluster's name.
        trouble: why the scheduler does not answer, or "".
    """

    def __init__(self, every: float = EVERY) -> None:
        self.backend = default_backend()
        self.trouble = ""
        self._every = every
        self._told: list[JobStatus] = []
        self._shown: list[JobStatus] = []
        self._own: Collection[int] = ()
        self._rows: dict[str, Row] = {}
        self._next = 0.0
        self._asking = threading.Event()

    def rows(self, own: set[int]) -> dict[str, Row]:
        """Those that are known now, without the jobs of these ids; the next answer is on its way.

        A row that has not changed is the same object as before.
        """
        if time.monotonic() >= self._next and not self._asking.is_set():
            self._asking.set()
            try:
                background(self._ask)
            except RuntimeError:  # no thread can be started; the next look tries again
                self._asking.clear()
        told = self._told
        if told is not self._shown or own != self._own:
            made = (_row(self.backend, status) for status in told if status.id not in own)
            self._rows = kept(self._rows, {row["key"]: row for row in made})
            self._shown, self._own = told, set(own)
        return self._rows

    def close(self) -> None:
        """Nobody wants them any more."""
        self._told, self._next, self.trouble = [], 0.0, ""

    def _ask(self) -> None:
        try:
            self._told = get_backend(self.backend).jobs(everyone=True)
            self.trouble = ""
        except OarError as error:
            self.trouble = str(error).partition("\n")[0]
        except Exception as error:  # an answer such as was never seen
            self.trouble = f"{self.backend} gave an answer that can't be used: {error!r}"
        finally:
            self._next = time.monotonic() + self._every
            self._asking.clear()


def _row(backend: str, status: JobStatus) -> Row:
    mine = status.owner == user()
    return row(
        other_key(backend, status.id),
        "other",
        own_name(status.name),
        status.state,
        tone(status.state),
        id=str(status.id),
        owner=status.owner,
        mine=mine,
        backend=backend,
        node=listed(list(dict.fromkeys(status.nodes))),
        resources=status.resources,
        queue=status.queue,
        submitted=status.submitted,
        scheduled=status.scheduled if status.state.pending else 0.0,
        started=status.started,
        ended=status.ended,
        walltime=float(status.walltime or 0),
        can=actions(status.state) if mine else [],
    )
