"""Exceptions of other processes: told there, raised here with the traceback from there.

The lines of code are added here, where the sources of a notebook's cells are.
"""

from __future__ import annotations

import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.raised import RemoteError
from pydra_oar_jupyter.workflows.errors import TaskFailed

if TYPE_CHECKING:
    from collections.abc import Iterable

# What runs a task is no news to whom it failed for.
_RUNNERS = ("pydra/engine/", "pydra/compose/", "pydra/workers/", "pydra/environments/")
_OURS = str(Path(__file__).parents[1])
# The attribute of an exception that was raised again for what it was told as.
_TOLD = "_oar_told"


def tell(error: BaseException) -> dict[str, Any]:
    """What JSON can hold of an exception: its type's name, what it says, its traceback."""
    told: dict[str, Any] | None = getattr(error, _TOLD, None)
    trace = _describe(traceback.TracebackException.from_exception(error))
    return told or {"name": type(error).__name__, "message": str(error), "trace": trace}


def to_raise(told: dict[str, Any], error: object) -> Exception:
    """What to raise here.

    Args:
        told: what `tell` made of it.
        error: the exception, if it could be brought here.
    """
    name, message = told["name"], told["message"]
    if not isinstance(error, BaseException):
        return RemoteError(name, message)
    if not isinstance(error, Exception):  # raised here it would end this process as well
        return TaskFailed(f"The task gave up with {name}({message}): no result of it is kept.")
    if isinstance(error, StopIteration):  # it means something else in a coroutine
        return RemoteError(name, message)
    return error


def keep_told(error: Exception, told: dict[str, Any]) -> Exception:
    """Let an exception that is told once more be told as it was."""
    with suppress(AttributeError, TypeError):  # a type may allow no attributes
        setattr(error, _TOLD, told)
    return error


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
