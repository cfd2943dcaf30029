"""The jobs of one worker: gathered into arrays, waited for, and deleted together."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.job import cancel_all
from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.core.pack import new_pack
from pydra_oar_jupyter.core.surroundings import import_places
from pydra_oar_jupyter.workflows.worker.locks import OnTheirWay, clear_locks, locks_of
from pydra_oar_jupyter.workflows.worker.task import TaskJob, name_of, pack_task

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydra.engine.job import Job as PydraJob

    from pydra_oar_jupyter.core.origin import Origin
    from pydra_oar_jupyter.core.outcome import Outcome
    from pydra_oar_jupyter.core.pack import Pack
    from pydra_oar_jupyter.core.request import Request
    from pydra_oar_jupyter.core.surroundings import Surroundings

# How long the scheduler may take to end jobs that were deleted, in seconds.
_PATIENCE = 15.0
# How long ends of tasks are gathered, in seconds: for each job that goes on, and at most.
_GATHER, _GATHER_LONGEST = 0.002, 2.0

logger = logging.getLogger("pydra.worker")


@dataclass(frozen=True)
class Owner:
    """The run that jobs are submitted for.

    Attributes:
        id: its name in the spool.
        origin: where it came from.
        snapshot: the file that is to show how far a workflow in one job is.
        write_down: makes it be found in the spool, before jobs there name it.
    """

    id: str
    origin: Origin
    snapshot: Path
    write_down: Callable[[], None]


class Batch:
    """The jobs of one worker. Used in its loop's thread, but for `close`.

    Args:
        request: what is asked for each.
        backend: the backend's name.
        python: the interpreter on the nodes.
        around: what the tasks find around them.
    """

    def __init__(self, request: Request, backend: str, python: str, around: Surroundings) -> None:
        self.backend = backend
        self._request, self._python, self._around = request, python, around
        self._pack: Pack | None = None
        self._places: list[str] = []
        self._packed: list[tuple[PydraJob[Any], asyncio.Future[TaskJob]]] = []
        self._open: dict[TaskJob, PydraJob[Any]] = {}
        self._ended: list[asyncio.Future[None]] = []

    def going(self, job: PydraJob[Any]) -> TaskJob | None:
        """The job, of this run or another, that computes this task already."""
        if (noted := _notes(job).find(job.checksum)) is None:
            return None
        found = all_jobs().find(noted.job)
        if not isinstance(found, TaskJob):
            return None
        if found.done():  # and nobody was there to see it
            self._tidy(found, job)
            return None
        if noted.left:  # by a process that has ended: it is deleted with this run's jobs
            self._open[found] = job
        return found

    async def add(self, job: PydraJob[Any], *, rerun: bool, owner: Owner | None = None) -> TaskJob:
        """Submit a task with all others that come in the same turn of the loop; its handle.

        Args:
            job: the task.
            rerun: whether it runs even if there is a result.
            owner: the run that all of them are of, if it can be seen.

        Raises:
            PackingError: it can't be pickled.
            SpoolError: the spool can't be written.
        """
        loop = asyncio.get_running_loop()
        if self._pack is None:
            self._pack = self._new_pack(owner)
            self._places = import_places()
            # Pydra has started all tasks that are ready: this comes after each has been packed.
            loop.call_soon(self._send)
        directory = self._pack.add()
        try:
            snapshot = owner.snapshot if owner else None
            run = pack_task(
                directory, job, self._python, self._places, rerun=rerun, snapshot=snapshot
            )
            self._pack.work(self._around.write(directory, run), name_of(job))
        except BaseException:
            self._pack.drop()
            raise
        handle: asyncio.Future[TaskJob] = loop.create_future()
        self._packed.append((job, handle))
        return await handle

    def _new_pack(self, owner: Owner | None) -> Pack:
        if owner is None:
            return new_pack(self._request, "pydra", "pydra", array=True)
        owner.write_down()
        return new_pack(self._request, "pydra", "pydra", owner.origin, array=True, run=owner.id)

    def _send(self) -> None:
        assert self._pack is not None
        pack, packed = self._pack, self._packed
        self._pack, self._packed = None, []
        for at in reversed(range(len(packed))):
            if packed[at][1].cancelled():  # stopped meanwhile
                del packed[at]
                pack.drop(at)
        try:
            handles = cast("list[TaskJob]", pack.submit(self.backend)) if packed else []
        except Exception as error:
            pack.discard()
            for _, future in packed:
                if not future.cancelled():
                    future.set_exception(error)
            return
        for handle, (job, future) in zip(handles, packed, strict=True):
            self._open[handle] = job
            _notes(job).note(job.checksum, handle.directory)
            if not future.cancelled():
                future.set_result(handle)

    async def ending(self, handle: TaskJob, job: PydraJob[Any]) -> Outcome:
        """Wait until a job that computes this task has ended."""
        outcome = await handle.ending()
        self._tidy(handle, job)
        # Pydra looks at each of its tasks whenever some have ended: they are told together.
        loop = asyncio.get_running_loop()
        told: asyncio.Future[None] = loop.create_future()
        first = all(other.done() for other in self._ended)  # of a stopped run, some are left
        self._ended.append(told)
        if not self._open:
            self._tell()
        elif first:
            loop.call_later(min(_GATHER_LONGEST, _GATHER * len(self._open)), self._tell)
        await told
        return outcome

    def _tell(self) -> None:
        ended, self._ended = self._ended, []
        for future in ended:
            if not future.done():
                future.set_result(None)

    def _tidy(self, handle: TaskJob, job: PydraJob[Any]) -> None:
        """Leave nothing of an ended job in Pydra's cache but its result."""
        self._open.pop(handle, None)
        _notes(job).remove(job.checksum, handle.directory)
        if not handle.wait().ok:
            whole = job.is_async  # then there are the locks of its tasks as well
            locks = job.cache_root.glob("*.lock") if whole else locks_of(job.cache_dir)
            clear_locks(handle.directory, locks)

    def close(self) -> None:
        """Delete the jobs that have not ended, and see them end."""
        going = dict(self._open)
        try:
            cancel_all(list(going))
        except OarError as error:
            logger.error("The jobs of this run could not be deleted: %s", error)
            return
        deadline = time.monotonic() + _PATIENCE
        for handle, job in going.items():
            try:
                handle.wait(max(0.0, deadline - time.monotonic()))
            except TimeoutError:  # its lock is cleared when the task is wanted again
                logger.warning("%s was deleted, and has not ended yet.", handle)
            else:
                self._tidy(handle, job)


def _notes(job: PydraJob[Any]) -> OnTheirWay:
    return OnTheirWay(job.cache_root, all_jobs().spool.root)
