"""Telling one process from another that later got the same number."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def identity(pid: int) -> str:
    """``host:pid:start`` of a process on this machine, whosever it is.

    The start is "" where /proc is missing.

    Raises:
        ProcessLookupError: there is none of that number.
    """
    with suppress(PermissionError):  # it is another account's, such as oarsub, which runs as oar
        os.kill(pid, 0)
    try:
        # From field 3 of proc(5)'s stat on; the name in parentheses before may hold anything.
        facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        state, start = facts[0], facts[19]
    except (OSError, IndexError):
        state, start = "", ""
    if state in ("Z", "X"):  # it has ended, and nobody took notice: containers are so
        raise ProcessLookupError(pid)
    return f"{os.uname().nodename}:{pid}:{start}"


def alive(process: str) -> bool | None:
    """Whether the process of that identity still runs; None: it is of another machine."""
    host, _, pid = process.rpartition(":")[0].rpartition(":")
    if host != os.uname().nodename:
        return None
    try:
        return identity(int(pid)) == process
    except (ProcessLookupError, ValueError):
        return False
