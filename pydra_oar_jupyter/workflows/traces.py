"""Tracebacks made on a node and shown here, where the sources of a notebook's cells are."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

# What runs a task is no news to whom it failed for.
_RUNNERS = ("pydra/engine/", "pydra/compose/", "pydra/workers/", "pydra/environments/")
_OURS = str(Path(__file__).parent)


def describe(error: BaseException) -> dict[str, Any]:
    """The exception and those behind it, as what JSON can hold."""
    return _describe(traceback.TracebackException.from_exception(error))


def _describe(found: traceback.TracebackException) -> dict[str, Any]:
    behind = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
    return {
        "words": list(found.format_exception_only()),
        "frames": [[f.filename, f.lineno, f.name, f.line] for f in _of_the_task(found.stack)],
        "behind": _describe(behind) if behind else None,
        "caused": found.__cause__ is not None,
    }


def _of_the_task(frames: Iterable[traceback.FrameSummary]) -> list[traceback.FrameSummary]:
    """Those from the task's own code on; none if it failed in Pydra's code, as shell tasks do."""
    found = list(frames)
    while found and _runs_tasks(found[0].filename):
        del found[0]
    return found


def _runs_tasks(file: str) -> bool:
    return file.startswith(_OURS) or any(part in file for part in _RUNNERS)


def lines_of(described: dict[str, Any]) -> list[str]:
    """The traceback as Python shows it, line by line, without ends of lines."""
    return "".join(_texts(described)).rstrip("\n").split("\n")


def _texts(described: dict[str, Any]) -> list[str]:
    texts: list[str] = []
    if behind := described["behind"]:
        texts += _texts(behind)
        texts.append(
            "\nThe above exception was the direct cause of the following exception:\n\n"
            if described["caused"]
            else "\nDuring handling of the above exception, another exception occurred:\n\n"
        )
    if described["frames"]:
        frames = [
            # Without its line it is looked up here: a cell's source is in no file of the node.
            traceback.FrameSummary(file, number, name, lookup_line=False, line=line or None)
            for file, number, name, line in described["frames"]
        ]
        texts.append("Traceback (most recent call last):\n")
        texts += traceback.StackSummary.from_list(frames).format()
    return [*texts, *described["words"]]
