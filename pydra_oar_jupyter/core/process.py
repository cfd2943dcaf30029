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
        # Field 22 of proc(5)'s stat; the name in parentheses before may hold anything.
        start = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        start = ""
    return f"{os.uname().nodename}:{pid}:{start}"


def alive(process: str) -> bool:
    """Whether the process of that identity still runs; of another machine's it is assumed."""
    host, _, pid = process.rpartition(":")[0].rpartition(":")
    if host != os.uname().nodename:
        return True
    try:
        return identity(int(pid)) == process
    except (ProcessLookupError, ValueError):
        return False
