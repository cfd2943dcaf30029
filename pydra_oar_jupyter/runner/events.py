"""Telling what happens: an event a line, appended in one write each."""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from pydra_oar_jupyter.runner.streams import Output


class Events:
    """The job's events file. Threads may share it.

    Attributes:
        failed: whether something could not be written. Nothing is written from then on, as
            what follows half a line could not be read.
    """

    def __init__(self, path: Path, stdout: Output, stderr: Output) -> None:
        self.failed = False
        self._stdout, self._stderr = stdout, stderr
        self._process = os.getpid()
        self._lock = threading.RLock()
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o600)

    @property
    def ours(self) -> bool:
        """Whether this is the job's process, not a forked child of it."""
        return os.getpid() == self._process

    def show(self, event: str, **facts: Any) -> None:
        """Tell what is shown, after what was printed before it. Forked children show nothing.

        Raises:
            OSError: it can't be written.
        """
        if self.ours:
            with self._lock:
                sizes = {"stdout": self._stdout.size(), "stderr": self._stderr.size()}
                self.tell(event, **facts, **sizes)

    def tell(self, event: str, **facts: Any) -> None:
        """Tell what happens.

        Raises:
            OSError: it can't be written.
        """
        if self.failed:
            return
        text = json.dumps({"event": event, "time": time.time(), **facts}, default=_plain)
        line = text.encode() + b"\n"
        try:
            if os.write(self._descriptor, line) != len(line):
                # Only a disk that is full does that; the next write says why.
                os.write(self._descriptor, line)
        except OSError:
            self.failed = True
            raise


def _plain(value: object) -> str:
    """What representations hold beside JSON: bytes of an image, numbers of numpy."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
