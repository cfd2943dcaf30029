"""Say in words why a processor failed."""

from __future__ import annotations

import re
import signal

_LAST = 20  # lines of the console in an error
_LONGEST = 4000  # characters of an error
_SEEN = 64_000  # bytes of the console that are looked at
_TRACEBACK = "Traceback (most recent call last):"
# A line that names an exception stands at the margin, below the traceback's indented frames.
_EXCEPTION = re.compile(r"[\w.]+(:.*)?")


def failure(code: int, console: bytes) -> str:
    """The error of a job whose child ended with that code (negative: by a signal)."""
    lines = console[-_SEEN:].decode(errors="replace").rstrip().split("\n")
    if code > 0 and (exception := _exception(lines)):
        return exception[:_LONGEST]  # where it was raised, the console tells
    if code < 0:
        what = f"The processor was ended by {_signal(-code)}."
    else:
        what = f"The processor ended with exit code {code}."
    end = "\n".join(lines[-_LAST:]).strip()
    if not end:
        return what
    return f"{what}\n\nThe end of its console output:\n{end[-(_LONGEST - len(what) - 50) :]}"


def _signal(number: int) -> str:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    if number == signal.SIGKILL:
        return f"{name}: perhaps it took more memory than it may"
    return name


def _exception(lines: list[str]) -> str:
    """The last exception that was shown, with all lines of its message; "" if there is none."""
    starts = [at for at, line in enumerate(lines) if line.strip() == _TRACEBACK]
    if not starts:
        return ""
    below = lines[starts[-1] + 1 :]
    for at, line in enumerate(below):
        if line and not line[0].isspace() and _EXCEPTION.fullmatch(line):
            return "\n".join(below[at:])
    return ""
