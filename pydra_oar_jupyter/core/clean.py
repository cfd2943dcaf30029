"""Strings of users and of programs, made fit for a terminal, a page and an SVG."""

from __future__ import annotations

import re
from html import escape
from itertools import cycle
from urllib.parse import urlsplit

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?")
_KEPT = re.compile(r"(\x1b\[[0-9;]*m|\r)")
# What XML 1.0 can't hold, other control characters, and those that turn the direction of writing.
_UNFIT = re.compile(
    "[^\t\n -~\xa0-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)


def plain(text: str) -> str:
    """Without colours of terminals; what can't be shown becomes "�"."""
    return _UNFIT.sub("\ufffd", _ESCAPES.sub("", text).replace("\r\n", "\n"))


def coloured(text: str) -> str:
    """For a terminal that shows it as it comes: colours and the begin of a line, and no more."""
    return "".join(
        part if kept else plain(part) for part, kept in zip(_KEPT.split(text), cycle((False, True)))
    )


def line(text: str, most: int = 80) -> str:
    """On one line, of so many letters at most."""
    words = " ".join(plain(text[: 4 * most]).split())
    return words if len(words) <= most else words[: most - 1] + "…"


def printed(text: str) -> str:
    """What a program printed: of a line that it wrote over and over, as bars are, the last."""
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return plain("\n".join(lines))


def xml(text: str) -> str:
    """For the text and the attributes of HTML and SVG."""
    return escape(plain(text))


def linkable(url: str) -> bool:
    """Whether a link to it is safe: one to another page, which runs nothing here."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
