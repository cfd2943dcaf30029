"""The Pairio service of this user alone, on loopback: the first kernel starts it, others join it.

::

    <spool>/pairio/<host>/           0700
      service.json                     its address and its user's key, and which process it is
      kernels/                         a file for each process that uses it, with its identity
      lock                             held by who joins, starts or ends it
      running                          held by the service as long as it runs
      log                              what it has printed
      data/                            its database and files: they outlive it

It ends when none of the kernels is left and no job runs. What is needed for that is in `hosting`.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import SpoolError
from pydra_oar_jupyter.core.files import names_in, private_directory, read_json, write_atomically
from pydra_oar_jupyter.core.process import alive, identity
from pydra_oar_jupyter.core.spool import spool_root
from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.keys import Key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# How long it may take to answer on a busy machine, in seconds.
_PATIENCE = 60.0
# It leaves its parent at once: it outlives the kernel, which has no child to wait for.
_START = """\
import os, sys
if os.fork():
    os._exit(0)
os.setsid()
sys.path.append(sys.argv[1])
from pydra_oar_jupyter.pairio.hosting.embedded import main
main(sys.argv[2], int(sys.argv[3]))
"""
_PACKAGE_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Embedded:
    """A running service.

    Attributes:
        url: what PAIRIO_API_URL would say.
        key: its user's.
        process: its identity.
    """

    url: str
    key: Key = field(repr=False)
    process: str

    @property
    def runs(self) -> bool:
        """Whether its process does."""
        return bool(self.process and alive(self.process))

    def write(self, folder: Path) -> None:
        """Tell those who look for it."""
        facts = {"url": self.url, "key": str(self.key), "process": self.process}
        write_atomically(folder / "service.json", json.dumps(facts))


def embedded_folder() -> Path:
    """Its directory, one for each host: a process is known on its own only."""
    return private_directory(spool_root() / "pairio" / os.uname().nodename)


def known(folder: Path) -> Embedded | None:
    """What was written down last; it may not run any more."""
    try:
        read: dict[str, Any] = read_json(folder / "service.json")
        return Embedded(str(read["url"]), Key(read["key"]), str(read["process"]))
    except (SpoolError, ValueError, KeyError):
        return None  # missing, or not whole: it is made anew


def join(starting: Callable[[], object] | None = None) -> Embedded:
    """The service, started if it does not run; it stays while this process lives.

    Args:
        starting: called before it is started, which takes a few seconds.

    Raises:
        PairioError: it does not start.
        SpoolError: its directory can't be written.
    """
    folder = embedded_folder()
    found = known(folder)
    if found and found.runs and _is_registered(folder):
        return found
    with locked(folder / "lock"):
        _register(folder)
        found = known(folder)
        if found and found.runs:
            return found
        if starting:
            starting()
        _start(folder)
        found = known(folder)
        if not found:
            raise _failed(folder)
        return found


def kernels_left(folder: Path) -> bool:
    """Whether a process is left that uses it; the files of others are removed."""
    left = False
    for name in names_in(folder / "kernels"):
        path = folder / "kernels" / name
        with suppress(OSError):
            if alive(path.read_text()):
                left = True
            else:
                path.unlink()
    return left


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a lock, which ends with its process at the latest.

    Raises:
        BlockingIOError: somebody else has it, and it is not to be waited for.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


def _own(folder: Path) -> Path:
    return folder / "kernels" / str(os.getpid())


def _is_registered(folder: Path) -> bool:
    try:
        return _own(folder).read_text() == identity(os.getpid())
    except OSError:
        return False


def _register(folder: Path) -> None:
    private_directory(folder / "kernels")
    write_atomically(_own(folder), identity(os.getpid()))


def _start(folder: Path) -> None:
    """Start it, and wait until it answers.

    Raises:
        PairioError: it does not.
    """
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    told, tell = os.pipe()
    try:
        subprocess.run(
            [sys.executable, "-P", "-c", _START, str(_PACKAGE_ROOT), str(folder), str(tell)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[tell], check=True,
            cwd=folder,
        )  # fmt: skip
        os.close(tell)
        tell = -1
        # A word when it answers; the end of the file when it has ended instead.
        ready, _, _ = select.select([told], [], [], _PATIENCE)
        if not ready or not os.read(told, 1):
            raise _failed(folder)
    except (OSError, subprocess.SubprocessError) as error:
        raise PairioError(f"No Pairio service could be started here: {error}.") from None
    finally:
        for descriptor in (log, told, tell):
            if descriptor >= 0:
                os.close(descriptor)


def _failed(folder: Path) -> PairioError:
    with suppress(OSError):
        lines = (folder / "log").read_text(errors="replace").strip().splitlines()
        if lines:
            why = f"It said: {lines[-1][:300]} (all of it is in {folder / 'log'})"
            return PairioError(f"The Pairio service for this notebook has not started. {why}")
    return PairioError(
        f"The Pairio service for this notebook has not answered within {_PATIENCE:.0f} s; "
        f"{folder / 'log'} may tell why."
    )
