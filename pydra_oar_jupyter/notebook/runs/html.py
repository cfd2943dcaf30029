"""The pieces that a run's view is made of, in HTML without script or outside style.

They read without their styles too, as some pages that show saved notebooks take those away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.clean import xml
from pydra_oar_jupyter.core.html import toned
from pydra_oar_jupyter.workflows.counts import TONES, colour, in_words, occurring
from pydra_oar_jupyter.workflows.snapshot import TaskState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydra_oar_jupyter.workflows.counts import Counts

_TRACK = "background:rgba(128,128,128,.25)"
# What is not over is not to look as if it were.
_FAINT = {TaskState.QUEUED: ";opacity:.35", TaskState.RUNNING: ";opacity:.55"}


def stated(state: TaskState) -> str:
    """A state's mark in its colour."""
    return toned(TONES[state])


def details(summary: str, inside: str) -> str:
    """What is seen at a click; both are HTML."""
    head = f'<summary style="cursor:pointer">{summary}</summary>'
    return f'<details>{head}<div style="padding-left:1.1em">{inside}</div></details>'


def bar(counts: Counts, style: str) -> str:
    """A bar with a part for each state."""
    total = sum(number for _, number in occurring(counts)) or 1
    parts = "".join(
        f'<div style="width:{100 * number / total:.2f}%;min-width:2px;'
        f'background:{colour(state)}{_FAINT.get(state, "")}"></div>'
        for state, number in occurring(counts)
        if state is not TaskState.WAITING
    )
    return (
        f'<div role="img" aria-label="{xml(in_words(counts))}" style="display:flex;{_TRACK};'
        f'border-radius:4px;overflow:hidden;{style}">{parts}</div>'
    )


def legend(counts: Counts) -> str:
    """The numbers of a bar's parts, with their marks."""
    return " · ".join(
        f'<span style="white-space:nowrap">{stated(state)} {number:,} {xml(state)}</span>'
        for state, number in occurring(counts)
    )


def joined(parts: Iterable[str]) -> str:
    """With a dot between those that are not empty."""
    return " · ".join(part for part in parts if part)
