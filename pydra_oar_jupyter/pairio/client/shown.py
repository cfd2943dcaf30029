"""How a file looks in a cell: its image, table or text; else a link to it."""

from __future__ import annotations

import base64

from pydra_oar_jupyter.core.clean import xml
from pydra_oar_jupyter.pairio.client import html
from pydra_oar_jupyter.pairio.contents import UNKNOWN, contents
from pydra_oar_jupyter.pairio.units import in_bytes

MOST = 4_000_000  # what is fetched to show a file, in bytes


def bundle(head: bytes, name: str, url: str, size: int | None) -> dict[str, str]:
    """What to show of a file, as text and as HTML.

    Args:
        head: its first bytes, more than `MOST` if there are more.
        name: its name; the part after its dot helps.
        url: where the whole is.
        size: in bytes, if that is known.
    """
    link = html.block(html.link(url, name), " ", html.faint("" if size is None else in_bytes(size)))
    plain = f"{name}: {url}"
    found = contents(head, name, whole=len(head) <= MOST)
    if found.media_type == UNKNOWN or (found.image and not found.whole):
        return {"text/plain": plain, "text/html": link}
    if found.image:
        # In an <img> an SVG runs no script and loads nothing.
        data = base64.b64encode(head).decode()
        image = f'<img src="data:{found.media_type};base64,{data}" alt="{xml(name)}" '
        return {"text/plain": plain, "text/html": image + 'style="max-width:100%">'}
    text = found.text if found.whole else f"{found.text}\n…"
    if found.rows:
        rows = ([xml(cell) for cell in row] for row in found.rows[1:])
        shown = html.table(found.rows[0], rows)
    else:
        shown = html.pre(text)
    if found.whole:
        return {"text/plain": text, "text/html": shown}
    return {"text/plain": f"{text} {plain}", "text/html": shown + link}
