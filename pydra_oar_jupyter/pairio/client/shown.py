"""How a file looks in a cell, by its content: text, JSON, images, tables; else a link to it."""

from __future__ import annotations

import base64
import csv
import json
from itertools import islice
from pathlib import PurePosixPath

from pydra_oar_jupyter.pairio.client import html

MOST = 4_000_000  # what is fetched to show a file, in bytes
_TEXT = 40_000  # of a text, in letters
_ROWS, _COLUMNS = 50, 30
_IMAGES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
}
_SEPARATORS = {".csv": ",", ".tsv": "\t"}


def bundle(head: bytes, name: str, url: str, size: int | None) -> dict[str, str]:
    """What to show of a file, as text and as HTML.

    Args:
        head: its first bytes, more than `MOST` if there are more.
        name: its name; the part after its dot helps.
        url: where the whole is.
        size: in bytes, if that is known.
    """
    whole = len(head) <= MOST
    link = html.block(
        html.link(url, name), " ", html.faint(html.in_bytes(size) if size is not None else "")
    )
    plain = f"{name}: {url}"
    suffix = PurePosixPath(name).suffix.lower()
    if kind := _image(head, suffix):
        if not whole:
            return {"text/plain": plain, "text/html": link}
        # In an <img> an SVG runs no script and loads nothing.
        data = base64.b64encode(head).decode()
        image = f'<img src="data:{kind};base64,{data}" alt="{html.text(name)}" '
        return {"text/plain": plain, "text/html": image + 'style="max-width:100%">'}
    words = _words(head, whole)
    if words is None:
        return {"text/plain": plain, "text/html": link}
    if suffix in _SEPARATORS and (table := _table(words, _SEPARATORS[suffix])):
        inside, complete = table
        return {"text/plain": words[:_TEXT], "text/html": inside + ("" if complete else link)}
    if whole and (suffix == ".json" or words.lstrip()[:1] in ("{", "[")):
        words = _indented(words)
    if len(words) > _TEXT or not whole:
        return {
            "text/plain": f"{words[:_TEXT]}\n… {plain}",
            "text/html": html.pre(words[:_TEXT] + "\n…") + link,
        }
    return {"text/plain": words, "text/html": html.pre(words)}


def _image(head: bytes, suffix: str) -> str:
    """The type of an image; "" if it is none."""
    if suffix == ".svg" and b"<svg" in head[:4096]:
        return "image/svg+xml"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _IMAGES.items() if head.startswith(magic)), "")


def _words(head: bytes, whole: bool) -> str | None:
    """The text, or None if it is none."""
    if b"\x00" in head:
        return None
    try:
        return head.decode()
    except UnicodeDecodeError as error:
        # The last letter may be cut.
        return head[: error.start].decode() if not whole and error.start > len(head) - 4 else None


def _table(words: str, separator: str) -> tuple[str, bool] | None:
    """The first rows and columns, and whether these are all; None if it is no table."""
    try:
        lines = list(islice(csv.reader(words.splitlines(), delimiter=separator), _ROWS + 2))
    except csv.Error:
        return None
    if not lines or not lines[0]:
        return None
    widest = max(len(line) for line in lines)
    rows = [[html.text(cell[:500]) for cell in line[:_COLUMNS]] for line in lines[1 : _ROWS + 1]]
    complete = len(lines) <= _ROWS + 1 and widest <= _COLUMNS
    return html.table(lines[0][:_COLUMNS], rows), complete


def _indented(words: str) -> str:
    """JSON on lines, in the order that it has; as it is if it isn't JSON."""
    try:
        return json.dumps(json.loads(words), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return words
