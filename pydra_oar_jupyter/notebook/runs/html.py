"""The pieces that a run's view is made of, in HTML without script or outside style.

They read without their styles too, as some pages that show saved notebooks take those away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.clean import xml
from pydra_oar_jupyter.core.tones import COLOURS, MARKS
from pydra_oar_jupyter.workflows.counts import colour, in_words, mark, occurring
from pydra_oar_jupyter.workflows.snapshot import TaskState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydra_oar_jupyter.core.tones import Tone
    from pydra_oar_jupyter.workflows.counts import Counts

_MONO = "font-family:var(--jp-code-font-family,monospace);font-size:92%"
_PRE = (
    f"{_MONO};line-height:1.35;margin:.2em 0 .5em;padding:.4em .7em;max-height:24em;"
    "overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere;background:rgba(128,128,128,.1);"
    "border-radius:4px"
)
_TRACK = "background:rgba(128,128,128,.25)"
# What is not over is not to look as if it were.
_FAINT = {TaskState.QUEUED: ";opacity:.35", TaskState.RUNNING: ";opacity:.55"}


def section(*parts: str) -> str:
    """The parts as one; "" if there is nothing in them."""
    inside = "".join(parts)
    return f'<div style="font-size:90%;line-height:1.5">{inside}</div>' if inside else ""


def block(inside: str, style: str = "") -> str:
    """Something on lines of its own."""
    return f'<div style="{style}">{inside}</div>' if style else f"<div>{inside}</div>"


def toned(tone: Tone) -> str:
    """A tone's mark in its colour."""
    return _marked(MARKS[tone], COLOURS[tone])


def stated(state: TaskState) -> str:
    """A state's mark in its colour."""
    return _marked(mark(state), colour(state))


def faint(text: str) -> str:
    """What is told beside the point."""
    return f'<span style="opacity:.75">{xml(text)}</span>' if text else ""


def mono(text: str) -> str:
    """As programs write."""
    return f'<span style="{_MONO}">{xml(text)}</span>'


def output(text: str) -> str:
    """Lines of a program."""
    return f'<pre style="{_PRE}">{xml(text)}</pre>'


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


def _marked(letter: str, tint: str) -> str:
    return f'<span style="color:{tint};font-weight:bold">{letter}</span>'
