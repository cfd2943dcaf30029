"""Processes: those of a job, and how ours are started apart from the kernel."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.process import alive

if TYPE_CHECKING:
    from collections.abc import Sequence

_PROC = Path("/proc")
_DEAD = ("Z", "X")  # the states of processes that have ended, in /proc/<pid>/stat
_PACKAGE_ROOT = Path(__file__).parents[3]
# It leaves its parent at once, so that no kernel has to wait for it, and imports no site.
_START = """\
import os, sys
if os.fork():
    os._exit(0)
os.setsid()
sys.path.append(sys.argv[1])
from pydra_oar_jupyter.backends.local.supervisor import main
main(sys.argv[2:])
"""


def runs(process: str) -> bool:
    """Whether a process of that identity runs; a zombie does not."""
    if not process or not alive(process):
        return False
    try:
        return _stat(_PROC / process.split(":")[1])[0] not in _DEAD
    except OSError:
        return not _PROC.exists()


def nudge(process: str) -> None:
    """Tell a supervisor to look at what is asked of its job."""
    if runs(process):
        with suppress(ProcessLookupError):  # it ended just now
            os.kill(int(process.split(":")[1]), signal.SIGTERM)


def start_apart(words: Sequence[str], log: Path, environment: dict[str, str]) -> None:
    """Start a supervisor's program, which outlives this process.

    Raises:
        OSError: it can't be started.
    """
    errors = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        subprocess.run(
            [sys.executable, "-I", "-S", "-c", _START, str(_PACKAGE_ROOT), *words],
            check=False,
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
        )
    finally:
        os.close(errors)


def of_job(mark: str, session: int | None = None) -> list[int]:
    """The processes that belong to a job.

    A job's processes inherit the path of its node file, which no other job has: so they are
    found in whatever group or session they are.

    Args:
        mark: a line of their environment.
        session: those of this session too, whatever their environment; None if it isn't known.
    """
    if not _PROC.exists():
        # Without /proc, the group is all that can be named, as kill(2) does it.
        return [-session] if session and _can_be_killed(-session) else []
    wanted, mine = mark.encode(), os.getuid()
    found = []
    for entry in _PROC.glob("[1-9]*"):
        try:
            if entry.stat().st_uid != mine:
                continue
            state, _, _, its_session = _stat(entry)[:4]
            marked = wanted in (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended, or belongs to another
        if state not in _DEAD and (marked or int(its_session) == session):
            found.append(int(entry.name))
    return found


def _stat(process: Path) -> list[str]:
    """The fields of proc(5)'s stat from the state on; the name before may hold anything."""
    return (process / "stat").read_text(errors="replace").rpartition(")")[2].split()


def _can_be_killed(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def send(pids: Sequence[int], number: int) -> None:
    """Send a signal to processes that may have ended meanwhile."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue


def kill_all(mark: str, session: int | None = None, patience: float = 5.0) -> None:
    """Kill what is left of a job, until nothing is or the patience (seconds) is at its end."""
    end = time.monotonic() + patience
    while (left := of_job(mark, session)) and time.monotonic() < end:
        send(left, signal.SIGKILL)
        time.sleep(0.01)
