"""The output of jobs, read piece by piece."""

from __future__ import annotations

import codecs
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydra_oar_jupyter.core.clean import coloured
from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.files import open_plain
from pydra_oar_jupyter.monitor.keys import PairioJob, Task, find, job_of
from pydra_oar_jupyter.workflows.counts import OVER

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydra_oar_jupyter.monitor.keys import Thing

    Stream = Literal["stdout", "stderr"]

    # So many bytes from there, and the size of all.
    Read = Callable[[int, int], tuple[bytes, int]]

STREAMS: tuple[Stream, ...] = ("stdout", "stderr")
# How much is read at once, in bytes: at least, so that each piece makes progress, and at most.
_LEAST, _MOST = 1 << 10, 1 << 20
# The begin of an escape sequence of terminals whose end is still to come.
_TORN = re.compile(r"\x1b(?:\[[0-?]{0,200}[ -/]{0,9}|\][ -~]{0,200})?\Z")


def log(*, key: str, stream: Stream, at: int, most: int) -> dict[str, Any]:
    """A part of what a job has printed.

    A character is never cut in two, and neither is what sets a colour; what is no UTF-8 becomes
    "�". Of the control characters, colours and the return to a line's begin are kept.

    Args:
        key: of a row whose details name that stream.
        stream: which.
        at: the first byte that is wanted; -1: the last ones.
        most: how many bytes at most: 1,024 if it is less, a megabyte if it is more.

    Returns:
        A ``LogPart`` of the protocol; an empty one of what is not there (any more).

    Raises:
        RequestError: that row prints nothing itself.
        OarError: there is no such row (any more).
    """
    thing = find(key)
    most = min(max(most, _LEAST), _MOST)
    if isinstance(thing, PairioJob):
        from pydra_oar_jupyter.monitor.console import console

        ended, read = console(thing.id)
        return _part(read, at, most, ended=ended)
    path = file_of(thing, stream)
    if path is None:
        raise RequestError("This has no output of its own: open a job or a task in it.")
    ended = _has_ended(thing)  # before it is read: nothing follows what is read then
    return _part(lambda start, count: _bytes(path, start, count), at, most, ended=ended)


def file_of(thing: Thing, stream: Stream) -> Path | None:
    """The file of that stream; it may not be there yet. None if there is none to come."""
    if job := job_of(thing):
        return job.directory.stdout if stream == "stdout" else job.directory.stderr
    if isinstance(thing, Task):
        named = thing.facts.stdout if stream == "stdout" else thing.facts.stderr
        return Path(named) if named else None
    return None


def _has_ended(thing: Thing) -> bool:
    if job := job_of(thing):
        return job.done()
    return not isinstance(thing, Task) or thing.facts.state in OVER


def _part(read: Read, at: int, most: int, *, ended: bool) -> dict[str, Any]:
    _, size = read(0, 0) if at < 0 else (b"", 0)
    at = max(0, size - most) if at < 0 else at
    before = min(at, 3)  # a character that begins there may reach beyond
    data, size = read(at - before, before + most)
    at, before = min(at, size), min(before, len(data))
    skipped = _inside(data, before)
    start, data = at + skipped, data[before + skipped :]
    last = ended and start + len(data) >= size
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(data, final=last)
    end = start + len(data) - (0 if last else len(decoder.getstate()[0]))
    if not last and (torn := _TORN.search(text)):
        text, end = text[: torn.start()], end - len(torn[0])
    return {"text": coloured(text), "from": start, "to": end, "size": size, "ended": ended}


def _inside(data: bytes, at: int) -> int:
    """How many bytes of a character that begins before ``at`` are left there."""
    for back in range(1, at + 1):
        for length in range(back + 1, 5):
            character = data[at - back : at - back + length]
            with suppress(UnicodeDecodeError):
                if len(character) == length and len(character.decode()) == 1:
                    return length - back
    return 0


def _bytes(path: Path, start: int, count: int) -> tuple[bytes, int]:
    try:
        descriptor = open_plain(path)
    except OSError:
        return b"", 0
    try:
        data = os.pread(descriptor, count, start)
        return data, max(os.fstat(descriptor).st_size, start + len(data) if data else 0)
    except OSError:
        return b"", 0
    finally:
        os.close(descriptor)
