"""Which process computes what in Pydra's cache: locks that the dead left, and jobs on their way.

Pydra locks an entry of its cache by a file ``<checksum>.lock`` beside it, and keeps others from
writing to it by ``<checksum>_save.lock``. filelock writes the holder's process id and host into
them (https://py-filelock.readthedocs.io, SoftFileLock), and takes over what a dead process of the
same host left; of another host it can't know. We can: its job has ended.
"""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from pydra_oar_jupyter.core.errors import SpoolError
from pydra_oar_jupyter.core.files import names_in, read_json, unwritable, write_atomically
from pydra_oar_jupyter.core.process import alive, identity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pydra_oar_jupyter.core.spool import JobDirectory

_PROCESSES = "processes"
_ON_THEIR_WAY = ".oar_jobs"
# How long a lock may be without its holder's name, in seconds.
_WRITING = 10.0


def note_process(job: JobDirectory) -> None:
    """Write down, in the job itself, that this process computes for it.

    Raises:
        SpoolError: it can't be written.
    """
    own = job.path / _PROCESSES / f"{os.getpid()}@{socket.gethostname()}"
    try:
        own.parent.mkdir(exist_ok=True)
        own.touch()
    except OSError as error:
        raise unwritable(own, error) from error


def clear_locks(job: JobDirectory, locks: Iterable[Path]) -> None:
    """Remove those locks that processes of this job hold. It must be known to have ended."""
    with suppress(SpoolError):
        processes = set(names_in(job.path / _PROCESSES))
        for lock in locks:
            with suppress(OSError):
                pid, host = _holder(lock)
                if f"{pid}@{host}" in processes:
                    lock.unlink()


def held_elsewhere(lock: Path) -> str:
    """In words, who holds a lock and can't be known here to live; "" for nobody."""
    try:
        pid, host = _holder(lock)
        age = time.time() - lock.stat().st_mtime
    except OSError:
        return ""
    if host == socket.gethostname() or not (host or age > _WRITING):
        return ""
    # Killed in the very moment, or of a filelock before 3.22.
    who = f"process {pid} on {host}" if host else "a process that did not write down which it is"
    return (
        f"{lock} is held by {who}: what it computes is waited for. If that process is gone, "
        "remove the file."
    )


def _holder(lock: Path) -> tuple[str, str]:
    pid, host, *_ = [*lock.read_text(errors="replace").split("\n"), "", ""]
    # A name in a container's lock has more after a "?", which no host's name has.
    return pid, host.split("?")[0]


def locks_of(cache_dir: Path) -> list[Path]:
    """The locks of one entry of the cache."""
    return [cache_dir.with_suffix(".lock"), cache_dir.with_name(cache_dir.name + "_save.lock")]


class Noted(NamedTuple):
    """A job that was to compute an entry of a cache.

    Attributes:
        job: its directory's id in the spool.
        left: whether the process that submitted it has ended.
    """

    job: str
    left: bool


class OnTheirWay:
    """The jobs that compute entries of one cache: noted in it, for the next who needs the same."""

    def __init__(self, cache_root: Path, spool: Path) -> None:
        self._folder = cache_root / _ON_THEIR_WAY
        self._spool = str(spool)

    def note(self, checksum: str, job: JobDirectory) -> None:
        """This job computes that entry, for this process."""
        facts = {"spool": self._spool, "job": job.id, "by": identity(os.getpid())}
        with suppress(SpoolError, OSError):  # then two may compute it, and one waits for the other
            self._folder.mkdir(exist_ok=True)
            write_atomically(self._folder / checksum, json.dumps(facts))

    def find(self, checksum: str) -> Noted | None:
        """The job of this spool that was to compute that entry."""
        if not (self._folder / checksum).exists():
            return None
        with suppress(SpoolError, ValueError, KeyError):
            facts = read_json(self._folder / checksum)
            if facts["spool"] == self._spool:
                return Noted(str(facts["job"]), alive(str(facts["by"])) is False)
        return None

    def remove(self, checksum: str, job: JobDirectory) -> None:
        """This job has ended."""
        noted = self.find(checksum)
        if noted and noted.job == job.id:
            (self._folder / checksum).unlink(missing_ok=True)
