"""One user's trackers share what one of them has asked the scheduler.

A folder of the spool for each backend holds the last answer, and a file for each tracker with
the ids that it wants to know of. Whoever asks, asks for all of them. Files only, replaced as a
whole: it works over NFS, where databases and their locks lose data.
"""

from __future__ import annotations

import dataclasses
import json
import os
import time
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.spool import unwritable, write_atomically
from pydra_oar_jupyter.core.state import JobState, JobStatus, SchedulerEvent

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from pydra_oar_jupyter.core.backend import Backend

# A tracker whose wishes are older than this has died, and so has one that holds the lease, in
# seconds.
_ABANDONED = 120.0


class SharedPolls:
    """The answers of one backend, shared in a folder of the spool."""

    def __init__(self, backend: Backend, folder: Path) -> None:
        self.backend = backend
        self._folder = folder
        self._answer = folder / "answer.json"
        self._lease = folder / "lease"
        self._wishes = folder / f"wanted-{os.uname().nodename}-{os.getpid()}.json"

    def ask(self, ids: Collection[int], max_age: float) -> dict[int, JobStatus] | None:
        """What the scheduler says of these jobs, at most ``max_age`` seconds ago.

        Returns None when another tracker is asking at this moment: its answer comes soon.

        Raises:
            Unreachable: the scheduler gave no usable answer.
        """
        self._make_folder()
        write_atomically(self._wishes, json.dumps(sorted(ids)))
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

    def _make_folder(self) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self._folder, error) from error

    def _recent(self, ids: Collection[int], max_age: float) -> dict[int, JobStatus] | None:
        try:
            read = json.loads(self._answer.read_text())
            fresh = 0 <= time.time() - read["time"] < max_age
            if not fresh or not set(ids) <= set(read["ids"]):
                return None
            return {status["id"]: _status(status) for status in read["jobs"]}
        except (OSError, ValueError, KeyError, TypeError):
            return None  # no answer yet, or one written by another version

    def _share(self, ids: Collection[int], answers: dict[int, JobStatus]) -> None:
        jobs = [dataclasses.asdict(status) for status in answers.values()]
        answer = {"time": time.time(), "ids": sorted(ids), "jobs": jobs}
        write_atomically(self._answer, json.dumps(answer))

    def _wanted(self) -> set[int]:
        wanted: set[int] = set()
        for path in self._folder.glob("wanted-*.json"):
            try:
                if time.time() - path.stat().st_mtime > _ABANDONED:
                    path.unlink(missing_ok=True)
                else:
                    wanted.update(json.loads(path.read_text()))
            except (OSError, ValueError):
                continue  # its tracker removed it at this moment
        return wanted

    def _take_lease(self) -> bool:
        try:
            os.close(os.open(self._lease, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            try:
                abandoned = time.time() - self._lease.stat().st_mtime > _ABANDONED
            except FileNotFoundError:
                return False
            if abandoned:
                self._lease.unlink(missing_ok=True)
            return False
        except OSError as error:
            raise unwritable(self._lease, error) from error
        return True


def _status(read: dict[str, Any]) -> JobStatus:
    lists = {name: tuple(read[name]) for name in ("types", "nodes", "dependencies")}
    events = tuple(SchedulerEvent(**event) for event in read["events"])
    return JobStatus(**{**read, **lists, "events": events, "state": JobState(read["state"])})
