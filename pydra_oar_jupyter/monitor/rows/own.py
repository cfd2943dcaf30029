"""The rows of this user's jobs and arrays, kept up to date."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.monitor.changes import turned
from pydra_oar_jupyter.monitor.keys import array_key, pairio_key_behind
from pydra_oar_jupyter.monitor.rows.arrays import array_row
from pydra_oar_jupyter.monitor.rows.jobs import job_row, trouble
from pydra_oar_jupyter.monitor.rows.lookout import Lookout
from pydra_oar_jupyter.workflows.runs.run import run

if TYPE_CHECKING:
    from collections.abc import Collection

    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.core.spool import JobSpec
    from pydra_oar_jupyter.monitor.changes import Changed
    from pydra_oar_jupyter.monitor.rows import Row


@dataclass(eq=False)
class _Group:
    """Jobs that were submitted together, or one alone.

    Attributes:
        jobs: by their directories' ids, in their order.
        rows: the last ones of each, by the same.
        going: those that have not ended, or whose last row is not made.
        shown: what is told of the group, by the rows' keys.
        claimed: whether it is a run's, whose tasks stand for its jobs, or of Pairio's jobs that
            have rows of their own.
        dirty: whether another picture is to be made of it.
    """

    spec: JobSpec
    jobs: dict[str, Job] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    going: dict[str, Job] = field(default_factory=dict)
    shown: dict[str, Row] = field(default_factory=dict)
    claimed: bool = False
    dirty: bool = True

    def look(self) -> None:
        """Make the rows of what goes on."""
        parent = array_key(self.spec.group) if len(self.jobs) > 1 else ""
        for id_, job in list(self.going.items()):
            ended = job.done()  # before its row is made: that is its last one then
            row = self.rows.get(id_)
            with suppress(Exception):  # what it wrote can't be used: the others must not wait
                row = job_row(job, parent)
            if row and row != self.rows.get(id_):
                self.rows[id_], self.dirty = row, True
            if ended:
                del self.going[id_]

    def drop(self, id_: str) -> None:
        """Let go of a job that was removed."""
        for book in (self.jobs, self.rows, self.going):
            cast("dict[str, Any]", book).pop(id_, None)
        self.dirty = True

    def picture(self) -> dict[str, Row]:
        """The rows that stand for it."""
        self.dirty = False
        if self.claimed:
            return {}
        parent = array_key(self.spec.group) if len(self.jobs) > 1 else ""
        rows = [row if row["parent"] == parent else _moved(row, parent)
                for row in map(self.rows.get, self.jobs) if row]  # fmt: skip
        whole = [array_row(self.spec.group, rows)] if parent and rows else []
        return {row["key"]: row for row in (*whole, *rows)}


class OwnJobs:
    """Looks at jobs that go on, and lists all again when the spool has changed.

    Used from one thread.
    """

    def __init__(self) -> None:
        root = all_jobs().spool.root
        self._lookout = Lookout(root / "jobs", root / "submissions")
        self._groups: dict[str, _Group] = {}
        self._group_of: dict[str, str] = {}  # by the directories' ids
        self._going: set[str] = set()
        self._runs: frozenset[str] = frozenset()
        self._pairios: set[str] = set()  # the groups that compute clients have submitted

    def look(self, runs: frozenset[str], of_pairio: Collection[str] = ()) -> Changed:
        """What has changed since the last time; None for a row that is gone.

        Args:
            runs: the ids of all runs.
            of_pairio: the keys of Pairio's jobs that have rows of their own.

        Raises:
            SpoolError: the spool can't be listed.
        """
        dirty = self._list() if self._lookout.due() else set()
        for key in self._going:
            group = self._groups[key]
            group.look()
            if group.dirty:
                dirty.add(key)
        dirty |= self._claim(runs, dirty) | self._claim_for_pairio(of_pairio)
        changed: Changed = {}
        for key in sorted(dirty, key=lambda key: self._groups[key].spec.created):
            group = self._groups[key]
            shown = group.picture()
            changed |= turned(group.shown, shown)
            group.shown = shown
            if not group.jobs:
                del self._groups[key]
                self._pairios.discard(key)
        self._going = {
            key for key in self._going | dirty if key in self._groups and self._groups[key].going
        }
        return changed

    def ids(self, backend: str) -> set[int]:
        """The scheduler's ids of all jobs that were submitted to that backend."""
        jobs = (job for group in self._groups.values() for job in group.jobs.values())
        return {job.id for job in jobs if job.id is not None and job.backend.name == backend}

    def trouble(self) -> str:
        """What keeps a job from being submitted or followed, or ""."""
        jobs = (job for key in self._going for job in self._groups[key].going.values())
        return next(filter(None, map(trouble, jobs)), "")

    def _list(self) -> set[str]:
        """Take jobs that have come, and let go of those that were removed; the groups of both."""
        begun = time.monotonic()
        jobs = all_jobs()
        there = set(jobs.spool.job_ids())  # others may have removed some that are known here
        found = {job.directory.id: job for job in reversed(jobs.all()) if job.directory.id in there}
        touched = set()
        for id_ in self._group_of.keys() - found.keys():
            touched.add(key := self._group_of.pop(id_))
            self._groups[key].drop(id_)
        for id_, job in found.items():
            if id_ not in self._group_of and (spec := _spec(job)):
                touched.add(key := spec.group or id_)
                self._group_of[id_] = key
                if spec.kind == "pairio":
                    self._pairios.add(key)
                group = self._groups.setdefault(key, _Group(spec))
                group.jobs[id_] = group.going[id_] = job
                group.dirty = True
                self._going.add(key)
        self._lookout.listed(time.monotonic() - begun)
        return touched

    def _claim(self, runs: frozenset[str], dirty: set[str]) -> set[str]:
        """The groups that are a run's from now on, or whose run is gone."""
        looked = self._groups.keys() if runs != self._runs else dirty
        self._runs = runs
        changed = set()
        for key in looked:
            group = self._groups[key]
            if id_ := group.spec.run:
                # It may have come after all were listed.
                claimed = id_ in runs or _is_run(id_)
                if claimed != group.claimed:
                    group.claimed = claimed
                    changed.add(key)
        return changed

    def _claim_for_pairio(self, shown: Collection[str]) -> set[str]:
        """The groups whose jobs are shown as Pairio's from now on, or are not any more."""
        changed = set()
        for key in self._pairios:
            group = self._groups[key]
            jobs = group.jobs.values()
            claimed = any(pairio_key_behind(job) in shown for job in jobs)
            if claimed != group.claimed:
                group.claimed, group.dirty = claimed, True
                changed.add(key)
        return changed


def _is_run(id_: str) -> bool:
    with suppress(Exception):  # it was removed, or what names it can't be used
        run(id_)
        return True
    return False


def _spec(job: Job) -> JobSpec | None:
    try:
        return job.spec
    except Exception:  # removed at this moment, or of another version: it is looked at again
        return None


def _moved(row: Row, parent: str) -> Row:
    return {**row, "parent": parent}
