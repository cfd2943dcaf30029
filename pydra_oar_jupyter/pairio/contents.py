"""What a file is, by its first bytes and its name: an image, a table, JSON, text, or none of these.

A name often says nothing: an output whose job names no file is called "figure", not "figure.svg".
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass, field
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HEAD = 4096  # bytes from which an image, and what is no text, can be told
TEXT = 20_000  # letters of a text
ROWS, COLUMNS, CELL = 50, 30, 200  # of a table below its headings; letters of a cell
UNKNOWN, SVG = "application/octet-stream", "image/svg+xml"
_LOOKED_AT = 1000  # rows: a table's are all alike

# Programs and pages too: they are shown, never run.
_TEXTS = (
    ".bash", ".c", ".cfg", ".conf", ".cpp", ".css", ".csv", ".err", ".h", ".htm", ".html",
    ".ini", ".ipynb", ".js", ".json", ".jsonl", ".log", ".md", ".ndjson", ".out", ".py", ".r",
    ".rst", ".sh", ".sql", ".tex", ".text", ".toml", ".ts", ".tsv", ".txt", ".xhtml", ".xml",
    ".yaml", ".yml",
)  # fmt: skip
_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_TABLES = {",": "text/csv", "\t": "text/tab-separated-values"}
_IMAGES = {
    media_type: re.compile(magic, re.DOTALL)
    for media_type, magic in (
        ("image/png", rb"\x89PNG\r\n\x1a\n"),
        ("image/jpeg", rb"\xff\xd8\xff"),
        ("image/gif", rb"GIF8[79]a"),
        ("image/webp", rb"RIFF.{4}WEBP"),
        ("image/avif", rb".{4}ftypavi[fs]"),
        ("image/bmp", rb"BM.{4}\0{4}"),
        ("image/x-icon", rb"\x00\x00\x01\x00"),
        # XML whose root is <svg>. Nothing is tried twice (the groups are atomic).
        (
            SVG,
            rb"(?:\xef\xbb\xbf)?"
            rb"(?>\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^<>\[]*(?>\[.*?\]\s*)?>)*+"
            rb"<(?:[\w.-]+:)?svg[\s/>]",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file is, and as much of it as is shown.

    Attributes:
        media_type: such as ``text/csv``; `UNKNOWN` for what can't be shown.
        text: of all but images and what is unknown; of JSON on indented lines.
        rows: of a table, the headings first.
        whole: text and rows are all that is in it.
    """

    media_type: str
    text: str = ""
    rows: list[list[str]] = field(default_factory=list)
    whole: bool = True

    @property
    def image(self) -> bool:
        """Whether it is one."""
        return self.media_type.startswith("image/")


NOTHING = Contents(UNKNOWN)


def contents(head: bytes, name: str, *, whole: bool) -> Contents:
    """What a file is, and its beginning.

    Args:
        head: its first bytes, `HEAD` of them if there are so many.
        name: its name. What it ends in decides between kinds of text.
        whole: there are no more bytes than these.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in _TEXTS and (image := _image(head)):
        return Contents(image, whole=whole)
    text = _text(head, whole=whole)
    if text is None:
        return NOTHING
    media_type, rows = "text/plain", []
    if suffix in _SEPARATORS:
        media_type, rows = _TABLES[_SEPARATORS[suffix]], _rows(text, _SEPARATORS[suffix])
    elif whole and text.lstrip()[:1] in ("{", "["):
        if (indented := _indented(text)) is not None:
            media_type, text = "application/json", indented
    elif suffix not in _TEXTS:
        for separator in _TABLES:
            if found := _regular(text, separator, whole=whole):
                media_type, rows = _TABLES[separator], found
    if suffix == ".json":
        media_type = "application/json"
    whole &= len(text) <= TEXT and len(rows) <= ROWS + 1 and all(map(_fits, rows))
    rows = [[cell[:CELL] for cell in row[:COLUMNS]] for row in rows[: ROWS + 1]]
    return Contents(media_type, text[:TEXT], rows, whole)


def media_type(name: str) -> str | None:
    """What a file is by its name alone; None if that takes its first bytes."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in _TEXTS:
        return None
    return "application/json" if suffix == ".json" else "text/plain"


def _image(head: bytes) -> str:
    """The media type of an image; "" if it is none."""
    found = (kind for kind, magic in _IMAGES.items() if magic.match(head[:HEAD]))
    return next(found, "")


def _text(head: bytes, *, whole: bool) -> str | None:
    """The text that it is, or None."""
    if b"\0" in head:
        return None
    try:
        return head.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        cut = not whole and error.start > len(head) - 4  # in a letter's middle
        return head[: error.start].decode().removeprefix("\ufeff") if cut else None


def _rows(text: str, separator: str, *, strict: bool = False) -> list[list[str]]:
    """The first rows of a table; none if it is no table."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=strict)
    try:
        return list(islice(filter(None, lines), _LOOKED_AT))
    except csv.Error:
        return []


def _regular(text: str, separator: str, *, whole: bool) -> list[list[str]]:
    """The first rows of what can be nothing but a table; else none.

    Prose and logs have commas too, in some lines even equally many. So a table has at least two
    rows, each of as many cells, no space around them, and either nothing but numbers, or names in
    its first row, each another, and numbers below one of them.
    """
    if not whole:
        text = text[: text.rfind("\n") + 1]  # the last line may be cut
    rows = _rows(text, separator, strict=True)
    if len(rows) < 2 or len({len(row) for row in rows}) > 1 or len(rows[0]) < 2:
        return []
    if any(cell != cell.strip() for row in rows for cell in row):
        return []
    if all(_number(cell) for row in rows for cell in row):
        return [[""] * len(rows[0]), *rows]
    names, columns = rows[0], list(zip(*rows[1:], strict=True))
    named = len(set(names)) == len(names) and not any(not name or _number(name) for name in names)
    return rows if named and any(map(_numbers, columns)) else []


def _numbers(cells: Sequence[str]) -> bool:
    """Whether these are numbers; some may be missing."""
    return any(cells) and all(_number(cell) for cell in cells if cell)


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _fits(row: list[str]) -> bool:
    return len(row) <= COLUMNS and all(len(cell) <= CELL for cell in row)


def _indented(text: str) -> str | None:
    """The beginning of JSON on lines, in the order that it has; None if it isn't JSON."""
    try:
        shown, size = [], 0
        # Deep in it most of each line is its indentation: that can be far more than the text.
        for piece in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(json.loads(text)):
            shown.append(piece)
            size += len(piece)
            if size > TEXT:
                break
        return "".join(shown).encode().decode()  # half a letter is none
    except (ValueError, RecursionError):
        return None
