"""What does not answer at the moment, since when, and in words that a waiting cell can show."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

# From when on it is worth a word that something does not answer, in seconds.
_NOTABLE = 3.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that does not work and is tried again.

    Attributes:
        since: seconds since the epoch.
        message: what it is, and what goes on meanwhile.
    """

    since: float
    message: str

    @property
    def lasts(self) -> bool:
        """Whether it is worth a word: most are over at once."""
        return time.time() - self.since > _NOTABLE


class Troubles:
    """The troubles of one tracker, by what has them: a backend's name or a job's directory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_key: dict[str, Trouble] = {}

    def note(self, key: str, problem: Exception | None) -> None:
        """Note that it has a problem, still or for the first time; None: it has none any more."""
        with self._lock:
            if problem is None:
                self._by_key.pop(key, None)
                return
            known = self._by_key.get(key)
            self._by_key[key] = Trouble(known.since if known else time.time(), str(problem))

    def of(self, *keys: str) -> Trouble | None:
        """The first of these that is in trouble."""
        with self._lock:
            return next((self._by_key[key] for key in keys if key in self._by_key), None)
