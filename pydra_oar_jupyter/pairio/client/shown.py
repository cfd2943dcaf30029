"""How a file looks in a cell: its image, table or text; else a link to it."""

from __future__ import annotations

import base64

from pydra_oar_jupyter.core import html
from pydra_oar_jupyter.core.clean import xml
from pydra_oar_jupyter.core.units import in_bytes
from pydra_oar_jupyter.pairio.contents import UNKNOWN, contents

MOST = 4_000_000  # what is fetched to show a file, in bytes


def link(name: str, url: str, size: int | None) -> dict[str, str]:
    """A file by its name alone, as text and as HTML."""
    told = "" if size is None else in_bytes(size)
    place = html.section(html.link(url, name), " ", html.faint(told))
    return {"text/plain": f"{name}: {url}", "text/html": place}


def bundle(head: bytes, name: str, url: str, size: int | None) -> dict[str, str]:
    """What is in a file, or a link to it; arguments as of `content`."""
    return content(head, name, url, size) or link(name, url, size)


def content(head: bytes, name: str, url: str, size: int | None) -> dict[str, str] | None:
    """What is in a file, as text and as HTML; None if that can't be shown.

    Args:
        head: its first bytes, more than `MOST` if there are more.
        name: its name; the part after its dot helps.
        url: where the whole is.
        size: in bytes, if that is known.
    """
    place = link(name, url, size)
    found = contents(head, name, whole=len(head) <= MOST)
    if found.media_type == UNKNOWN or (found.image and not found.whole):
        return None
    if found.image:
        # In an <img> an SVG runs no script and loads nothing.
        data = base64.b64encode(head).decode()
        image = f'<img src="data:{found.media_type};base64,{data}" alt="{xml(name)}" '
        return {**place, "text/html": image + 'style="max-width:100%">'}
    text = found.text if found.whole else f"{found.text}\n…"
    if found.rows:
        rows = ([xml(cell) for cell in row] for row in found.rows[1:])
        shown = html.table(found.rows[0], rows)
    else:
        shown = html.pre(text)
    if found.whole:
        return {"text/plain": text, "text/html": shown}
    return {
        "text/plain": f"{text} {place['text/plain']}",
        "text/html": shown + place["text/html"],
    }
