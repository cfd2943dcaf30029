"""Answers that hand out a file, or the part of it that was asked for."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response, StreamingResponse

from pydra_oar_jupyter.pairio.contents import SVG, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_BLOCK = 1 << 18
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
# A file is never a page of this service: no script in it runs, and no browser guesses its type.
GUARDED = {
    "Content-Security-Policy": "sandbox",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",  # console output grows
}


def described(name: str, media_type: str, *, sandboxed: bool) -> dict[str, str]:
    """The headers that say what a file is and what to call a copy of it.

    Args:
        name: of the copy.
        media_type: what it is.
        sandboxed: it is answered with `GUARDED`. Elsewhere an SVG, opened by itself, might run.
    """
    if media_type.startswith("text/"):
        media_type = "text/plain; charset=utf-8"  # also tables: they are shown, not saved
    runs = media_type == SVG and not sandboxed
    how = "attachment" if media_type == UNKNOWN or runs else "inline"
    safe = quote(name, safe="", errors="replace")
    return {"Content-Type": media_type, "Content-Disposition": f"{how}; filename*=UTF-8''{safe}"}


def redirected(url: str) -> Response:
    """Let the client ask a bucket itself."""
    return RedirectResponse(url, 307, headers={**GUARDED, "Cache-Control": "no-store"})


def sent(file: BinaryIO, headers: dict[str, str], asked: str | None, *, head: bool) -> Response:
    """An opened file, which is closed once it is sent.

    Args:
        file: from its beginning.
        headers: those that say what it is.
        asked: the request's Range, if it has one; of several ranges none is heeded.
        head: only the headers are asked for.
    """
    size = os.fstat(file.fileno()).st_size
    headers = {**GUARDED, **headers, "Accept-Ranges": "bytes"}
    span = _span(asked, size)
    if span is None:
        start, end, status = 0, size, 200
    elif span[0] >= span[1]:
        file.close()
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    else:
        (start, end), status = span, 206
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    if head:
        file.close()
        return Response(status_code=status, headers=headers)
    return StreamingResponse(_blocks(file, start, end), status, headers)


def _span(asked: str | None, size: int) -> tuple[int, int] | None:
    """From where to before where; empty if there is nothing; None for the whole."""
    found = _RANGE.fullmatch(asked.strip()) if asked else None
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        return max(0, size - int(found[2])), size
    start = int(found[1])
    if found[2] and int(found[2]) < start:
        return None  # no valid range
    return start, min(size, int(found[2]) + 1) if found[2] else size


async def _blocks(file: BinaryIO, start: int, end: int) -> AsyncIterator[bytes]:
    with file:
        file.seek(start)
        while start < end:
            block = await run_in_threadpool(file.read, min(_BLOCK, end - start))
            if not block:
                return
            start += len(block)
            yield block
