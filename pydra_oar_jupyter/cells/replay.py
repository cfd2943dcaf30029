"""Following what a job shows: its output and its events, in the order in which they were made."""

from __future__ import annotations

import codecs
import io
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydra_oar_jupyter.core.events import EventLog
from pydra_oar_jupyter.core.files import open_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pydra_oar_jupyter.core.spool import JobDirectory

_LIMIT = 1 << 20  # bytes of a stream that are shown
_TAIL = 20  # lines shown at the end of a stream that had more
_TAIL_BYTES = 1 << 14
_PATIENCE = 15.0  # seconds that NFS has to show what was written before an event


@dataclass(frozen=True)
class Started:
    """The job runs; again, when it was requeued: then what its bars showed is void."""

    host: str
    pid: int
    job_id: int
    time: float


@dataclass(frozen=True)
class Stream:
    """Text that was printed, or that says that some is left out."""

    name: Literal["stdout", "stderr"]
    text: str


@dataclass(frozen=True)
class Display:
    """Something displayed, or, with ``update``, displayed anew under its id."""

    data: dict[str, Any]
    metadata: dict[str, Any]
    transient: dict[str, Any]
    update: bool


@dataclass(frozen=True)
class Clear:
    """The output is cleared; with ``wait``, when the next comes."""

    wait: bool


@dataclass(frozen=True)
class Value:
    """The last expression's representation."""

    data: dict[str, Any]
    metadata: dict[str, Any]


@dataclass(frozen=True)
class Error:
    """An exception, with its traceback as lines with ANSI colours."""

    name: str
    message: str
    traceback: list[str]


@dataclass(frozen=True)
class Progress:
    """How far a bar is; ``total`` is None when it isn't known."""

    bar: str
    done: float
    total: float | None
    label: str
    unit: str


@dataclass(frozen=True)
class Done:
    """The cell has ended and its result can be read."""

    ok: bool
    time: float


@dataclass(frozen=True)
class Exit:
    """The job's script has ended; ``code`` is as ``$?`` gives it."""

    code: int
    time: float


@dataclass(frozen=True)
class Note:
    """Words of ours about what could not be shown."""

    text: str


Item = Started | Stream | Display | Clear | Value | Error | Progress | Done | Exit | Note


def _started(event: dict[str, Any]) -> Item:
    return Started(str(event["host"]), int(event["pid"]), int(event["job_id"]), _time(event))


def _display(event: dict[str, Any]) -> Item:
    transient = event.get("transient") or {}
    return Display({**event["data"]}, {**event["metadata"]}, {**transient}, bool(event["update"]))


def _error(event: dict[str, Any]) -> Item:
    lines = [str(line) for line in event["traceback"]]
    return Error(str(event["name"]), str(event["message"]), lines)


def _progress(event: dict[str, Any]) -> Item:
    total = event["total"]
    return Progress(
        str(event["bar"]),
        float(event["done"]),
        None if total is None else float(total),
        str(event["label"]),
        str(event["unit"]),
    )


def _time(event: dict[str, Any]) -> float:
    return float(event["time"])


_ITEMS: dict[str, Callable[[dict[str, Any]], Item]] = {
    "start": _started,
    "display": _display,
    "clear": lambda event: Clear(bool(event["wait"])),
    "value": lambda event: Value({**event["data"]}, {**event["metadata"]}),
    "error": _error,
    "progress": _progress,
    "done": lambda event: Done(bool(event["ok"]), _time(event)),
    "exit": lambda event: Exit(int(event["code"]), _time(event)),
}


class Replay:
    """Follows one job from its start.

    Args:
        job: its directory. Files that are not there yet are waited for.
        limit: how many bytes of each stream are shown; of the rest only the last lines.
    """

    def __init__(self, job: JobDirectory, limit: int = _LIMIT) -> None:
        self._log = EventLog(job.events)
        self._streams = {
            "stdout": _Follower("stdout", job.stdout, limit),
            "stderr": _Follower("stderr", job.stderr, limit),
        }
        self._waiting: deque[dict[str, Any]] = deque()
        self._patience = 0.0

    def poll(self, *, last: bool = False) -> list[Item]:
        """What is new since the last call. Never blocks.

        Args:
            last: whether nothing follows: then nothing is waited for.

        Raises:
            OSError: a file is there and can't be read.
        """
        # What is there before the events are read was written before those not yet there.
        sizes = {name: stream.size() for name, stream in self._streams.items()}
        self._waiting += self._log.poll()
        items: list[Item] = []
        while self._waiting and (last or self._is_shown(self._waiting[0])):
            event = self._waiting.popleft()
            self._patience = 0.0
            for name, stream in self._streams.items():
                if isinstance(size := event.get(name), int):
                    items += stream.read(size)
            if event["event"] in {"done", "exit"}:
                items += [item for stream in self._streams.values() for item in stream.tail()]
            items += _item(event)
        if not self._waiting:
            for name, stream in self._streams.items():
                items += stream.read(sizes[name])
        if last:
            items += [item for stream in self._streams.values() for item in stream.tail()]
        return items

    def _is_shown(self, event: dict[str, Any]) -> bool:
        """Whether what was printed before it can be read, or was waited for long enough."""
        if all(
            not isinstance(size := event.get(name), int) or stream.size() >= size
            for name, stream in self._streams.items()
        ):
            return True
        now = time.monotonic()
        self._patience = self._patience or now + _PATIENCE
        return now >= self._patience


def _item(event: dict[str, Any]) -> Iterator[Item]:
    make = _ITEMS.get(event["event"])
    if make is None:
        return
    try:
        yield make(event)
    except (KeyError, TypeError, ValueError, OverflowError):
        yield Note(f"[an event of the job can't be read: {event['event']:.20}]")


class _Follower:
    """One of the job's streams."""

    def __init__(self, name: Literal["stdout", "stderr"], path: Path, limit: int) -> None:
        self._name = name
        self._path = path
        self._limit = limit
        self._read = 0
        self._told = False
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def size(self) -> int:
        """How long the file is now, as far as can be seen from here."""
        try:
            with self._open() as file:  # NFS looks when it is opened
                return file.seek(0, 2)
        except FileNotFoundError:
            return 0

    def read(self, end: int) -> Iterator[Stream]:
        """What comes before this place in the file, as far as the limit allows."""
        data = self._bytes(self._read, min(end, self._limit))
        self._read += len(data)
        text = self._decoder.decode(data)
        if text:
            yield Stream(self._name, text)
        if end > self._limit and not self._told:
            self._told = True
            yield Stream(
                self._name,
                f"\n[{self._name} goes on and is not all shown here; it is in {self._path}]\n",
            )

    def tail(self) -> Iterator[Stream]:
        """The last lines, if not all was shown."""
        text = self._decoder.decode(b"", final=True)
        self._decoder.reset()
        if text:
            yield Stream(self._name, text)
        end = self.size()
        if end <= self._limit or self._read == end:
            return
        start = max(self._read, end - _TAIL_BYTES)
        lines = self._bytes(start, end).decode("utf-8", "replace").splitlines(keepends=True)
        shown = "".join(lines[-_TAIL:])
        omitted = end - self._read - len(shown.encode())
        self._read = self._limit = end
        yield Stream(
            self._name,
            f"[{max(0, omitted):,} bytes of {self._name} are left out here; all of it is in "
            f"{self._path}. Its end:]\n{shown}",
        )

    def _bytes(self, start: int, end: int) -> bytes:
        if end <= start:
            return b""
        try:
            with self._open() as file:
                file.seek(start)
                return file.read(end - start)
        except FileNotFoundError:
            return b""

    def _open(self) -> io.FileIO:
        return io.FileIO(open_plain(self._path))
