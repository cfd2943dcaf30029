"""One user's trackers share what one of them has asked the scheduler.

A folder of the spool for each backend holds the last answer, and a file for each tracker with
the ids that it wants to know of. Whoever asks, asks for all of them. Files only, replaced as a
whole: it works over NFS, where databases and their locks lose data.
"""

from __future__ import annotations

import dataclasses
import json
import os
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.files import private_directory, unwritable, write_atomically
from pydra_oar_jupyter.core.process import alive, identity
from pydra_oar_jupyter.core.state import JobState, JobStatus, SchedulerEvent

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from pydra_oar_jupyter.core.backend import Backend

# A tracker of another machine whose wishes are older than this has died, and so has one that
# holds the lease, in seconds.
_ABANDONED = 120.0


class SharedPolls:
    """The answers of one backend, shared in a folder of the spool."""

    def __init__(self, backend: Backend, folder: Path) -> None:
        self.backend = backend
        self._folder = folder
        self._answer = folder / "answer.json"
        self._lease = folder / "lease"
        self._tracker = identity(os.getpid())
        self._wishes = folder / f"wanted-{os.uname().nodename}-{os.getpid()}.json"

    def ask(self, ids: Collection[int], max_age: float) -> dict[int, JobStatus] | None:
        """What the scheduler says of these jobs, at most ``max_age`` seconds ago.

        Returns None when another tracker is asking at this moment: its answer comes soon.

        Raises:
            Unreachable: the scheduler gave no usable answer.
            SpoolError: the folder can't be made or written, or others can enter it.
        """
        private_directory(self._folder)
        wishes = {"tracker": self._tracker, "ids": sorted(ids)}
        write_atomically(self._wishes, json.dumps(wishes))
        if (shared := self._recent(ids, max_age)) is not None:
            return shared
        if not self._take_lease():
            return None
        try:
            everybody = self._wanted() | set(ids)
            answers = self.backend.status(everybody)
            self._share(everybody, answers)
        finally:
            self._lease.unlink(missing_ok=True)
        return answers

    def leave(self) -> None:
        """Want nothing any more."""
        self._wishes.unlink(missing_ok=True)

    def _recent(self, ids: Collection[int], max_age: float) -> dict[int, JobStatus] | None:
        try:
            with self._answer.open() as file:
                age = self._age(os.fstat(file.fileno()))
                read = json.load(file)
            if age >= max_age or not set(ids) <= set(read["ids"]):
                return None
            return {status["id"]: _status(status) for status in read["jobs"]}
        except (OSError, ValueError, KeyError, TypeError):
            return None  # no answer yet, or one written by another version

    def _age(self, facts: os.stat_result) -> float:
        """How old a file is, by the clock of the file system, which wrote our wishes just now."""
        return max(0.0, self._wishes.stat().st_mtime - facts.st_mtime)

    def _share(self, ids: Collection[int], answers: dict[int, JobStatus]) -> None:
        jobs = [dataclasses.asdict(status) for status in answers.values()]
        answer = {"ids": sorted(ids), "jobs": jobs}
        write_atomically(self._answer, json.dumps(answer))

    def _wanted(self) -> set[int]:
        wanted: set[int] = set()
        for path in self._folder.glob("wanted-*.json"):
            try:
                read = json.loads(path.read_text())
                if self._abandoned(path, read["tracker"]):
                    path.unlink(missing_ok=True)
                else:
                    wanted.update(map(int, read["ids"]))
            except (OSError, ValueError, KeyError, TypeError):
                continue  # its tracker removed it at this moment, or is of another version
        return wanted

    def _take_lease(self) -> bool:
        try:
            descriptor = os.open(self._lease, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            try:
                if self._abandoned(self._lease, self._lease.read_text()):
                    self._lease.unlink(missing_ok=True)
            except FileNotFoundError:
                pass  # it was given back at this moment
            return False
        except OSError as error:
            raise unwritable(self._lease, error) from error
        with os.fdopen(descriptor, "w") as file:
            file.write(self._tracker)
        return True

    def _abandoned(self, path: Path, tracker: str) -> bool:
        """Whether that tracker, whose file this is, has died; that file may not be written yet."""
        lives = alive(tracker) if tracker else None
        return self._age(path.stat()) > _ABANDONED if lives is None else not lives


def _status(read: dict[str, Any]) -> JobStatus:
    lists = {name: tuple(read[name]) for name in ("types", "nodes", "dependencies")}
    events = tuple(SchedulerEvent(**event) for event in read["events"])
    return JobStatus(**{**read, **lists, "events": events, "state": JobState(read["state"])})
