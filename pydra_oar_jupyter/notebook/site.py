"""What the site has (queues, properties, hosts) and which jobs there are, for hints and checks.

Fetched in the background and kept for a while: nobody waits for a slow scheduler.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydra_oar_jupyter.core.errors import OarError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.core.state import Resource

_T = TypeVar("_T")

# How long an answer is good, in seconds: of the site's facts, and of this user's jobs.
_SITE_AGE, _JOBS_AGE = 60.0, 2.0
# How long to wait for an answer when there is none yet, in seconds.
PATIENCE = 0.25


class Site:
    """One backend's site."""

    def __init__(self, backend: str) -> None:
        self.backend = backend
        self._lock = threading.Lock()
        self._answers: dict[str, tuple[float, Any]] = {}
        self._asking: dict[str, threading.Event] = {}

    def queues(self) -> list[str] | None:
        """The names of its queues; None if they are not known."""
        return self._ask("queues", lambda: _backend(self.backend).queues(), _SITE_AGE) or None

    def properties(self) -> list[str] | None:
        """The names of its resources' properties; None if they are not known yet."""
        if not (resources := self._resources()):
            return None
        return sorted({name for resource in resources for name in resource.properties})

    def hosts(self) -> list[str]:
        """Its hosts, as far as they are known."""
        return sorted({resource.host for resource in self._resources() or ()})

    def jobs(self) -> list[Job]:
        """This user's jobs on it that were submitted from here and have a number, newest first."""
        found = self._ask("jobs", _all_jobs, _JOBS_AGE) or []
        return [job for job in found if job.id is not None and job.backend.name == self.backend]

    def _resources(self) -> list[Resource] | None:
        return self._ask("resources", lambda: _backend(self.backend).resources(), _SITE_AGE)

    def _ask(self, what: str, fetch: Callable[[], _T], max_age: float) -> _T | None:
        """The last answer; a new one is fetched meanwhile if that is old."""
        with self._lock:
            since, answer = self._answers.get(what, (0.0, None))
            if since and time.monotonic() - since < max_age:
                return cast("_T | None", answer)
            asking = self._asking.get(what)
            if asking is None:
                asking = self._asking[what] = threading.Event()
                threading.Thread(
                    target=self._fetch, args=(what, fetch, asking), name="oar-site", daemon=True
                ).start()
        if not since or max_age == _JOBS_AGE:
            asking.wait(PATIENCE)
        return cast("_T | None", self._answers.get(what, (0.0, answer))[1])

    def _fetch(self, what: str, fetch: Callable[[], Any], done: threading.Event) -> None:
        answer = None
        try:
            answer = fetch()
        except OarError:
            answer = self._answers.get(what, (0.0, None))[1]  # the old one is better than none
        finally:
            with self._lock:
                self._answers[what] = (time.monotonic(), answer)
                del self._asking[what]
            done.set()


_sites: dict[str, Site] = {}


def site(backend: str) -> Site:
    """The site of that backend."""
    return _sites.setdefault(backend, Site(backend))


def _backend(name: str) -> Any:
    from pydra_oar_jupyter.core.backend import get_backend

    return get_backend(name)


def _all_jobs() -> list[Job]:
    from pydra_oar_jupyter.core.jobs import jobs

    return jobs()
