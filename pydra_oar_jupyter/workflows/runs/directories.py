"""The directories of runs in the spool, each of one run and readable by its owner alone.

::

    ~/.pydra_oar/runs/<id>/        0700
      task.pklz                      the task and how it was to run, to run it again; before it,
                                     the sources of its functions, by which results are named
      run.json                       the same for people, and the process that runs it; written
                                     after the task: without it, it's no run yet
      snapshot.json                  where it is, again and again, by whoever runs it
      stop                           there if another process wants it to be cancelled

The run's result is in Pydra's cache.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.files import (
    names_in,
    open_private,
    private_directory,
    unwritable,
    write_atomically,
)
from pydra_oar_jupyter.core.origin import Origin, read_facts
from pydra_oar_jupyter.core.process import identity
from pydra_oar_jupyter.core.spool import spool_root
from pydra_oar_jupyter.workflows.snapshot import RunSnapshot, read_snapshot
from pydra_oar_jupyter.workflows.worker.sources import know_sources, sources_in

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Asked:
    """What a run is to do: the arguments of `pydra_oar_jupyter.submit`."""

    task: Any
    worker: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class RunFacts:
    """What is known of a run from its beginning on.

    Attributes:
        name: of its task.
        worker: the name of Pydra's worker.
        caches: where results are looked for; new ones go into the first.
        one_job: whether all of it runs inside one of the scheduler's jobs.
        backend: what runs its jobs; "" if its worker submits none of ours.
        origin: where it came from.
        process: the process that runs it (`core.process.identity`).
        created: seconds since the epoch.
    """

    name: str
    worker: str
    caches: tuple[str, ...]
    one_job: bool = False
    backend: str = ""
    origin: Origin = field(default_factory=Origin)
    process: str = field(default_factory=lambda: identity(os.getpid()))
    created: float = field(default_factory=time.time)

    def snapshot(self) -> RunSnapshot:
        """The run before anything is known of its nodes."""
        return RunSnapshot(self.name, self.worker, started=self.created, taken=self.created)


class RunDirectory:
    """The directory of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.name
        self.snapshot_file = path / "snapshot.json"
        self._facts, self._task = path / "run.json", path / "task.pklz"
        self._stop = path / "stop"

    def create(self, facts: RunFacts, asked: Asked) -> None:
        """Make it, with what the run is to do in it.

        Raises:
            SpoolError: it can't be written.
        """
        private_directory(self.path.parents[1])
        private_directory(self.path)
        self._write_task(asked)
        write_atomically(self._facts, json.dumps(asdict(facts)))

    def _write_task(self, asked: Asked) -> None:
        import cloudpickle

        try:
            pickled = cloudpickle.dumps(asked)
        except Exception:  # the run may do without, if its worker does
            return
        try:
            descriptor = os.open(self._task, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(cloudpickle.dumps(sources_in(pickled)))
                file.write(pickled)
        except OSError as error:
            raise unwritable(self._task, error) from error

    def remove(self) -> None:
        """Remove it, with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)

    @property
    def complete(self) -> bool:
        """Whether it is a run's already."""
        return self._facts.exists()

    def ask_to_stop(self) -> None:
        """Have the process that runs it cancel it.

        Raises:
            SpoolError: that can't be written down.
        """
        write_atomically(self._stop, "")

    @property
    def is_to_stop(self) -> bool:
        """Whether another process wants it to be cancelled."""
        return self._stop.exists()

    def facts(self) -> RunFacts:
        """What is known of it from its beginning on.

        Raises:
            SpoolError: that can't be read, or is of another version.
        """
        return read_facts(self._facts, RunFacts, "caches")

    def asked(self) -> Asked:
        """What it was to do, to do it again.

        Raises:
            OarError: it could not be written down, or can't be loaded here.
        """
        import cloudpickle

        if not self._task.exists():
            raise OarError(
                f"The task of run {self.id} could not be pickled, so nothing is left of it. "
                "Submit it again: what is in Pydra's cache is not computed again."
            )
        with os.fdopen(open_private(self._task), "rb") as file:
            try:
                know_sources(cloudpickle.load(file))
                asked: Asked = cloudpickle.load(file)
            except Exception as error:
                raise OarError(
                    f"The task of run {self.id} can't be loaded here: {type(error).__name__}: "
                    f"{error}. Submit it again: what is in Pydra's cache is not computed again."
                ) from error
        return asked

    def snapshot(self) -> RunSnapshot | None:
        """Where it is, as far as its process has told; None for not yet.

        Raises:
            SpoolError: that can't be read.
        """
        return read_snapshot(self.snapshot_file)


def new_directory() -> RunDirectory:
    """A place for one more run; it is not made yet."""
    return RunDirectory(_folder() / secrets.token_hex(4))


def directory_of(id_: str) -> RunDirectory | None:
    """The directory of the run of that id; None if there is none."""
    if id_ != Path(id_).name:
        return None
    found = RunDirectory(_folder() / id_)
    return found if found.complete else None


def all_directories() -> list[RunDirectory]:
    """Those of all runs, in no order.

    Raises:
        SpoolError: they can't be listed.
    """
    found = (RunDirectory(_folder() / name) for name in names_in(_folder()))
    return [directory for directory in found if directory.complete]


def _folder() -> Path:
    return spool_root() / "runs"
