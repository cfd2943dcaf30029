"""What a page shows of a file: text, JSON, a table, an image, or nothing but its name."""

from __future__ import annotations

import asyncio
import csv
import json
from dataclasses import dataclass, field
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pydra_oar_jupyter.pairio.service.files.sending import IMAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydra_oar_jupyter.pairio.service.files.names import Place
    from pydra_oar_jupyter.pairio.service.files.store import Store

_READ = 100_000  # bytes of a file that are looked at
_TEXT = 20_000  # letters of a text that are shown
_ROWS, _COLUMNS, _CELL = 50, 20, 200
_MOST_IMAGE = 20_000_000  # bytes
_SEPARATORS = {".csv": ",", ".tsv": "\t"}


@dataclass
class Preview:
    """A file on a page.

    Attributes:
        name: for people.
        url: where it is, or "" where it isn't yet.
        size: in bytes.
        text: its beginning, where it is text.
        rows: its first rows, the headings first, where it is a table.
        image: it is one.
        whole: all of it is shown.
    """

    name: str
    url: str = ""
    size: int = 0
    text: str = ""
    rows: list[list[str]] = field(default_factory=list)
    image: bool = False
    whole: bool = True


async def previews(store: Store, root: str, files: Sequence[tuple[Place, str]]) -> list[Preview]:
    """What to show of files; those that are not there have no URL.

    Args:
        store: where they are.
        root: what the paths of the service's URLs begin with.
        files: where each is, and what it is called.
    """
    return await asyncio.gather(*(_preview(store, root, place, name) for place, name in files))


async def _preview(store: Store, root: str, place: Place, name: str) -> Preview:
    found = await store.read(place, _READ)
    if found is None:
        return Preview(name)
    head, size = found
    shown = Preview(name, place.url(root), size, whole=size <= len(head))
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in IMAGES:
        shown.image = 0 < size <= _MOST_IMAGE
        shown.whole = shown.image
        return shown
    text = _text(head, whole=shown.whole)
    if text is None:
        shown.whole = False
    elif suffix in _SEPARATORS and (rows := _rows(text, _SEPARATORS[suffix])):
        shown.whole &= len(rows) <= _ROWS + 1 and all(len(row) <= _COLUMNS for row in rows)
        shown.rows = [[cell[:_CELL] for cell in row[:_COLUMNS]] for row in rows[: _ROWS + 1]]
    else:
        if shown.whole and text.lstrip()[:1] in ("{", "["):
            text = _indented(text)
        shown.text = text[:_TEXT]
        shown.whole &= len(text) <= _TEXT
    return shown


def _text(head: bytes, *, whole: bool) -> str | None:
    """The text that it is, or None."""
    if b"\0" in head:
        return None
    try:
        return head.decode()
    except UnicodeDecodeError as error:
        cut = not whole and error.start > len(head) - 4  # in a letter's middle
        return head[: error.start].decode() if cut else None


def _rows(text: str, separator: str) -> list[list[str]]:
    """The first rows of a table, one more than is shown; none if it is no table."""
    try:
        return list(islice(csv.reader(text.splitlines(), delimiter=separator), _ROWS + 2))
    except csv.Error:
        return []


def _indented(text: str) -> str:
    """JSON on lines; as it is if it isn't JSON."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
