"""The pieces of what cells show: HTML without script, legible on dark and light.

They read without their styles too, as some pages that show saved notebooks take those away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.clean import linkable, xml
from pydra_oar_jupyter.core.tones import COLOURS, MARKS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydra_oar_jupyter.core.tones import Tone

_MONO = "font-family:var(--jp-code-font-family,monospace);font-size:92%"
_PRE = (
    f"{_MONO};line-height:1.35;margin:.2em 0 .5em;padding:.4em .7em;max-height:24em;"
    "overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere;background:rgba(128,128,128,.1);"
    "border-radius:4px"
)
_CELL = "text-align:left;padding:.15em .8em .15em 0;vertical-align:top"


def section(*parts: str) -> str:
    """The parts as one; "" if there is nothing in them."""
    inside = "".join(parts)
    return f'<div style="font-size:90%;line-height:1.5">{inside}</div>' if inside else ""


def block(inside: str, style: str = "") -> str:
    """Something on lines of its own."""
    return f'<div style="{style}">{inside}</div>' if style else f"<div>{inside}</div>"


def toned(tone: Tone) -> str:
    """A tone's mark in its colour."""
    return f'<span style="color:{COLOURS[tone]};font-weight:bold">{MARKS[tone]}</span>'


def faint(text: str) -> str:
    """What is told beside the point."""
    return f'<span style="opacity:.75">{xml(text)}</span>' if text else ""


def mono(text: str) -> str:
    """As programs write."""
    return f'<span style="{_MONO}">{xml(text)}</span>'


def pre(text: str) -> str:
    """Lines of a program."""
    return f'<pre style="{_PRE}">{xml(text)}</pre>'


def link(url: str, words: str) -> str:
    """A link, if it is one to a page: nothing else becomes one."""
    if not linkable(url):
        return xml(words)
    return f'<a href="{xml(url)}" target="_blank" rel="noopener noreferrer">{xml(words)}</a>'


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Headings are text, cells are HTML."""
    head = "".join(f'<th style="{_CELL};opacity:.75">{xml(one)}</th>' for one in headings)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    return (
        '<div style="overflow-x:auto"><table style="border-collapse:collapse;font-size:90%">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
