"""Why a task failed: one line of it, and all of it."""

from __future__ import annotations

import pickle
import re
import traceback
from itertools import zip_longest
from typing import TYPE_CHECKING, NoReturn

from pydra_oar_jupyter.core.errors import OarError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# How much of it is kept, in characters: a snapshot names many tasks.
_LINE, _ALL = 500, 10_000
_MODULE = re.compile(r"^(\w+\.)+(?=\w+(:|$))")
_RUNNER = re.compile(r'  File ".*/pydra/(engine|compose|workers|environments)/')


def cause_in_exception(error: BaseException) -> tuple[str, str]:
    """The line and the traceback of what a worker of ours raised for a task."""
    if isinstance(error, OarError):  # how the job ended: it is told in words
        return _cut(_text(error).split("\n", 1)[0], _text(error))
    notes = [note for note in getattr(error, "__notes__", ()) if isinstance(note, str)]
    # A task's exception carries its traceback from the node; the one from here tells nothing.
    return _cut(_said(error), "\n".join(notes) or "".join(traceback.format_exception(error)))


def cause_in_file(path: Path) -> tuple[str, str]:
    """The line and the traceback in an ``_error.pklz``; "" and "" if it can't be read.

    Pydra writes a pickled dictionary, with the lines of `traceback.format_exception` as its
    "error message" (pydra.engine.result.record_error).
    """
    try:
        with path.open("rb") as file:
            lines = _Plain(file).load()["error message"]
    except Exception:  # half a file, or what another version wrote
        return "", ""
    lines = [str(line) for line in lines] if isinstance(lines, list) else [str(lines)]
    return _cut(_last(lines), "".join(_of_the_task(lines)))


class _Plain(pickle.Unpickler):
    """Reads texts, numbers and what holds them: nothing that could run code."""

    def find_class(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a report of an error")


def _of_the_task(lines: list[str]) -> list[str]:
    """Without the frames of what runs tasks, and the headings of tracebacks that had no others."""
    told = [line for line in lines if not _RUNNER.match(line)]
    return [
        line
        for line, after in zip_longest(told, told[1:], fillvalue="")
        if after.startswith("  ") or not line.startswith("Traceback")
    ]


def _last(lines: Sequence[str]) -> str:
    """The line after the last frame, of type and message, without the module; notes may follow."""
    frames = [at for at, line in enumerate(lines) if line.startswith(("  ", "Traceback"))]
    after = lines[frames[-1] + 1 :] if frames else lines
    return _MODULE.sub("", after[0]) if after else ""


def _said(error: BaseException) -> str:
    text = _text(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # it is the user's
        return ""


def _cut(line: str, whole: str) -> tuple[str, str]:
    line, whole = " ".join(line.split()), whole.strip("\n")
    return (
        line if len(line) <= _LINE else line[: _LINE - 1] + "…",
        whole if len(whole) <= _ALL else "…" + whole[1 - _ALL :],
    )
