"""An exception that was raised on a node, raised here: with its own traceback from there."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.events import EventLog

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.spool import JobDirectory

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class RemoteError(OarError):
    """An exception of a job, of a type that can't be had here.

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


class _Rendered:
    """A traceback that was made elsewhere: IPython asks for it by ``_render_traceback_``."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines

    def __call__(self) -> list[str]:
        return self.lines


def show_as_there(error: BaseException, lines: list[str], where: str) -> None:
    """Let it be shown as it was on the node, by IPython and by plain Python."""
    with contextlib.suppress(AttributeError, TypeError):  # a type may allow no attributes
        error._render_traceback_ = _Rendered([*lines, where])  # type: ignore[attr-defined]  # IPython's
    with contextlib.suppress(AttributeError, TypeError):
        error.add_note(_COLOURS.sub("", "\n".join([where, *lines])))


def place_of(job: JobDirectory) -> str:
    """Where and as which job it ran, in words."""
    started = [event for event in EventLog(job.events).poll() if event["event"] == "start"]
    if not started:
        return "In a job"
    return f"On {started[-1].get('host')}, in job {started[-1].get('job_id')}"
