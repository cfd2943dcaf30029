"""Errors for the reader of a notebook: their words, without our frames."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import OarError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from IPython.core.interactiveshell import InteractiveShell

_PACKAGE = str(Path(__file__).parents[1])
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
    show_lines(error, [f"{_RED}{head}{_PLAIN}", *rest])


def show_users_frames(
    shell: InteractiveShell, error: BaseException, plumbing: Sequence[str]
) -> None:
    """Have IPython show it without the frames at both ends of its traceback that tell nothing.

    Args:
        shell: the notebook's.
        error: one that has no rendering of its own, else it is left as it is.
        plumbing: parts of the paths of files whose frames are such, beside this package's.
    """
    if rendered(error):
        return
    parts = (_PACKAGE, *plumbing)
    frames = list(_frames(error.__traceback__))
    while frames and _is_in(frames[0], parts):
        del frames[0]
    known = len(frames)
    while frames and _is_in(frames[-1], parts):
        del frames[-1]
    if not frames:
        show_plainly(error, f"{type(error).__name__}: {error}")
        return
    behind = error.__cause__, error.__suppress_context__
    if len(frames) < known:
        error.__cause__ = None  # it came up in the plumbing; this suppresses the context too
    shown = None
    for one in reversed(frames):
        shown = TracebackType(shown, one.tb_frame, one.tb_lasti, one.tb_lineno)
    ip: Any = shell
    lines = ip.InteractiveTB.structured_traceback(type(error), error, shown, tb_offset=0)
    error.__cause__, error.__suppress_context__ = behind
    show_lines(error, lines)


def _frames(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback:
        yield traceback
        traceback = traceback.tb_next


def _is_in(frame: TracebackType, parts: Sequence[str]) -> bool:
    return any(part in frame.tb_frame.f_code.co_filename for part in parts)


def add_lines(error: BaseException, text: str) -> None:
    """Have IPython show this below the exception, whose own rendering stays."""
    show_lines(error, [*(rendered(error) or [repr(error)]), text])
    error.add_note(text)


def rendered(error: BaseException) -> list[str]:
    """The lines that IPython shows in place of what it would; none if it has no such."""
    render = getattr(error, "_render_traceback_", None)
    return list(render()) if render else []


def show_lines(error: BaseException, lines: list[str]) -> None:
    """Have IPython show these lines for this exception."""
    # IPython asks each exception for this method; on one exception it is an attribute.
    error.__dict__["_render_traceback_"] = lambda: lines
