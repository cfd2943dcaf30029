"""The end of what a task has written."""

from __future__ import annotations

import os
from pathlib import Path

from pydra_oar_jupyter.core.clean import printed
from pydra_oar_jupyter.core.html import block, faint, mono, pre

_BYTES, _LINES = 4096, 20


def tail(path: Path) -> str:
    """The last lines of a file; "" if it is empty.

    Raises:
        OSError: it can't be read.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _BYTES))
        text = file.read(_BYTES).decode(errors="replace")
    if size > _BYTES:  # without what is left of a line, or of a letter
        text = text.partition("\n")[2] or text.lstrip("\ufffd")
    return "\n".join(printed(text.rstrip()).split("\n")[-_LINES:])


def outputs(stdout: str, stderr: str) -> str:
    """The ends of a task's files as HTML, each with its path."""
    return "".join(_one(Path(path)) for path in dict.fromkeys((stdout, stderr)) if path)


def _one(path: Path) -> str:
    name = mono(str(path))
    if not path.is_file():  # nor would one wait for a pipe
        return block(f"{name} {faint('is not there')}")
    try:
        text = tail(path)
    except OSError as error:
        return block(f"{name} {faint(f'can not be read: {error.strerror}')}")
    return block(name) + pre(text) if text else block(f"{name} {faint('is empty')}")
