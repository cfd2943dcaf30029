"""Python's stdout and stderr as files of the job.

What is printed reaches the file at once, so that a crash loses none of it, unless there is so
much that each write would be a burden to the file system: then it is gathered for an instant.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Buffer

_BURST = 100  # writes that go out at once, one by one
_RATE = 200  # of them, those that each second gives back
_INSTANT = 0.02  # seconds
_MOST = 1 << 18  # bytes gathered


class Output(io.RawIOBase):
    """A stream over a descriptor. Threads may share it; a forked child has its own.

    Attributes:
        failed: whether something could not be written.
    """

    def __init__(self, descriptor: int) -> None:
        self.failed = False
        self._descriptor = descriptor
        self._held = bytearray()
        self._lock = threading.RLock()
        self._credit = float(_BURST)
        self._time = 0.0
        self._wake = threading.Event()
        self._gather = True
        threading.Thread(target=self._write_later, daemon=True).start()
        os.register_at_fork(
            before=self._before_fork,
            after_in_parent=self._lock.release,
            after_in_child=self._in_child,
        )

    def writable(self) -> bool:
        """It is."""
        return True

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def size(self) -> int:
        """How many bytes its file has, with all that was written here; 0 if it is no file."""
        self.flush()
        return os.fstat(self._descriptor).st_size

    def write(self, data: Buffer, /) -> int:
        """Write all of it, now or in an instant."""
        with self._lock:
            self._held += data
            now = time.monotonic()
            self._credit = min(_BURST, self._credit + (now - self._time) * _RATE)
            self._time = now
            if self._credit >= 1 or len(self._held) > _MOST or not self._gather:
                self._credit -= 1
                self.flush()
            else:
                self._wake.set()
        return memoryview(data).nbytes

    def flush(self) -> None:
        """Write what is held.

        Raises:
            OSError: the disk is full.
        """
        with self._lock:
            held, self._held = self._held, bytearray()
            rest = memoryview(held)
            while rest:
                try:
                    rest = rest[os.write(self._descriptor, rest) :]
                except OSError:
                    self.failed = True
                    raise

    def _write_later(self) -> None:
        while self._wake.wait():
            self._wake.clear()
            time.sleep(_INSTANT)
            try:
                self.flush()
            except OSError:
                continue  # `failed` tells

    def _before_fork(self) -> None:
        self._lock.acquire()
        if not self.failed:
            self.flush()

    def _in_child(self) -> None:
        self._gather = False  # the thread that would write later is not here
        self._lock.release()


def install() -> tuple[Output, Output]:
    """Make them Python's stdout and stderr."""
    outputs = Output(1), Output(2)
    stdout, stderr = (_text(output) for output in outputs)
    sys.stdout = sys.__stdout__ = stdout  # type: ignore[misc]  # what was there is not used
    sys.stderr = sys.__stderr__ = stderr  # type: ignore[misc]
    leave = os._exit

    def leave_whole(status: int) -> None:
        for output in outputs:
            with contextlib.suppress(OSError):
                output.flush()
        leave(status)

    os._exit = leave_whole  # type: ignore[assignment]
    return outputs


def _text(output: Any) -> io.TextIOWrapper:
    return io.TextIOWrapper(output, "utf-8", "backslashreplace", write_through=True)
