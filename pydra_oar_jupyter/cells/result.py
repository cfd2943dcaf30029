"""What a cell's job left, as the notebook takes it."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.events import EventLog
from pydra_oar_jupyter.core.pickles import Pickles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydra_oar_jupyter.core.spool import JobDirectory

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class RemoteError(OarError):
    """An exception of a cell, of a type that can't be had here.

    Attributes:
        name: the type's name.
        text: what it said.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text
        super().__init__(name, text)

    def __str__(self) -> str:
        """As Python would show it."""
        return f"{self.name}: {self.text}" if self.text else self.name


@dataclass(frozen=True)
class CellResult:
    """What a cell's job left.

    Attributes:
        value: the value of its last expression.
        names: what comes back, by name.
        deleted: names that the cell was given and deleted.
        missing: what can't come back, and why, by name.
        error: the exception that ended it, ready to be raised.
    """

    value: object = None
    names: Mapping[str, Any] = field(default_factory=dict)
    deleted: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    error: BaseException | None = None


def read_result(job: JobDirectory, namespace: dict[str, Any]) -> CellResult:
    """Read what a job left, once it is done.

    Args:
        job: its directory.
        namespace: the notebook's names: the globals of functions that come back.

    Raises:
        SpoolError: there is no result, it is not whole, or somebody else may have written it.
        PackingError: it was made by another version of Python.
    """
    with Pickles(job.result) as pickles:
        facts = pickles.facts
        objects, missing = pickles.load(namespace)
    missing |= facts["missing"]
    missing.pop("<error>", None)
    if "<value>" in missing:
        missing["the value"] = missing.pop("<value>").replace("<value>", "the value", 1)
    value = objects.pop("<value>", None)
    error = objects.pop("<error>", None)
    if facts["error"]:
        told = facts["error"]
        if not isinstance(error, BaseException):
            error = RemoteError(told["name"], told["message"])
        _show_remotely(error, told["traceback"], _where(job))
    return CellResult(value, objects, tuple(facts["deleted"]), missing, error)


class _Rendered:
    """A traceback that was made elsewhere: IPython asks for it by ``_render_traceback_``."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines

    def __call__(self) -> list[str]:
        return self.lines


def _show_remotely(error: BaseException, lines: list[str], where: str) -> None:
    """Let it be shown as it was on the node, by IPython and by plain Python."""
    with contextlib.suppress(AttributeError, TypeError):  # a type may allow no attributes
        error._render_traceback_ = _Rendered([*lines, where])  # type: ignore[attr-defined]
    with contextlib.suppress(AttributeError, TypeError):
        error.add_note(_COLOURS.sub("", "\n".join([where, *lines])))


def _where(job: JobDirectory) -> str:
    started = [event for event in EventLog(job.events).poll() if event["event"] == "start"]
    if not started:
        return "In a job"
    return f"On {started[-1].get('host')}, in job {started[-1].get('job_id')}"
