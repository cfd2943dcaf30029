"""Reading what a job writes while it runs: one JSON object a line, appended in one write each."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.files import open_plain

if TYPE_CHECKING:
    from pathlib import Path

# What one look at a file reads at most, in bytes; the rest comes with the next look.
_CHUNK = 4 << 20


class EventLog:
    """A job's events, read as they come. The file may not be there yet, or be shown late."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._torn = b""

    def poll(self) -> list[dict[str, Any]]:
        """The events written since the last call. Never blocks.

        A last line without its newline waits for it; a line that is no event is left out.

        Raises:
            OSError: the file is there and can't be read.
        """
        try:
            # Opened anew each time: NFS checks then whether there is more.
            with os.fdopen(open_plain(self._path), "rb", buffering=0) as file:
                if file.seek(0, 2) <= self._read:
                    return []
                file.seek(self._read)
                chunk = file.read(_CHUNK)
        except FileNotFoundError:
            return []
        self._read += len(chunk)
        *lines, self._torn = (self._torn + chunk).split(b"\n")
        return [event for line in lines if (event := _parse(line))]


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):  # also what is nested too deeply
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None
