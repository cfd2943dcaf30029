"""When a folder of the spool is worth listing again, without listing it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# How often a folder is listed at least, in seconds: NFS may show late that it has changed.
_EVERY = 5.0
# For how long after a change it is listed again and again: what came may not be whole yet.
_SETTLING = 1.0
# How many times as long as it took to list it, it is left alone.
_REST = 20


class Lookout:
    """Looks at when folders were changed last. Used from one thread."""

    def __init__(self, *folders: Path) -> None:
        self._folders = folders
        self._stamps: tuple[int, ...] = ()
        self._changed = self._listed = self._rested = 0.0

    def due(self) -> bool:
        """Whether to list them now; `listed` is to be called after that."""
        now = time.monotonic()
        stamps = tuple(map(_changed, self._folders))
        if stamps != self._stamps:
            self._stamps, self._changed = stamps, now
        if now < self._rested:
            return False
        settled = now - self._changed > _SETTLING and self._listed > self._changed
        return not settled or now - self._listed > _EVERY

    def listed(self, took: float) -> None:
        """They were listed, which took so many seconds."""
        self._listed = time.monotonic()
        self._rested = self._listed + _REST * took


def _changed(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0
