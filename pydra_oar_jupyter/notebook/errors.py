"""Errors for the reader of a notebook: their words, without our frames."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.errors import OarError

if TYPE_CHECKING:
    from collections.abc import Iterator

# As IPython shows an exception's name. On the ground of errors, light or dark, no other red reads.
_RED, _PLAIN = "\x1b[31m", "\x1b[39m"


@contextmanager
def readable() -> Iterator[None]:
    """Let this package's errors pass with a message in place of their traceback."""
    try:
        yield
    except OarError as error:
        if not hasattr(error, "_render_traceback_"):  # else it came from a node with its own
            show_plainly(error)
        raise


def show_plainly(error: BaseException, message: str = "") -> None:
    """Have IPython show this exception as its message (or this one), and no frames."""
    head, *rest = (message or str(error) or type(error).__name__).split("\n")
    lines = [f"{_RED}{head}{_PLAIN}", *rest]
    # IPython asks each exception for this method; on one exception it is an attribute.
    error.__dict__["_render_traceback_"] = lambda: lines


def add_lines(error: BaseException, text: str) -> None:
    """Have IPython show this below the exception, whose own rendering stays."""
    render = getattr(error, "_render_traceback_", None)
    lines = [*(render() if render else [repr(error)]), text]
    error.__dict__["_render_traceback_"] = lambda: lines
    error.add_note(text)
