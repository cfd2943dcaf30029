"""A run on its way in this process."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.workflows.errors import RunStopped
from pydra_oar_jupyter.workflows.runs.pool import OwnPool
from pydra_oar_jupyter.workflows.runs.results import failed_tasks, failure_of
from pydra_oar_jupyter.workflows.runs.stoppable import forget_stopped
from pydra_oar_jupyter.workflows.snapshot import RunState
from pydra_oar_jupyter.workflows.watch.sampler import Sampler
from pydra_oar_jupyter.workflows.worker.batch import Owner

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydra.engine.job import Job as PydraJob

    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.workflows.runs.directories import Asked, RunDirectory, RunFacts
    from pydra_oar_jupyter.workflows.runs.stoppable import StoppableSubmitter
    from pydra_oar_jupyter.workflows.snapshot import RunSnapshot

# How often its snapshot is written, in seconds: at most, and by what it takes to make one.
_WRITE, _WRITE_SHARE = 1.0, 20
# How long an interpreter that ends waits for a run to stop, in seconds.
_PARTING = 5.0


class Live:
    """Runs a Submitter, says where it is, and stops it.

    Args:
        facts: what is known of the run.
        directory: where its snapshots go. If it is not there, it is made with the first one, or
            before its first job is submitted; not for a run that ends before.
        asked: what the run is to do.

    Attributes:
        ended: done with its last snapshot, when nothing of it goes on any more.
        error: what the Submitter raised, once it has ended.
        rerun: whether all is computed again.
    """

    def __init__(self, facts: RunFacts, directory: RunDirectory, asked: Asked) -> None:
        self.ended: Future[RunSnapshot] = Future()
        self.ended.set_running_or_notify_cancel()  # whoever awaits it and gives up ends nothing
        self.error: BaseException | None = None
        self.rerun = bool(asked.options.get("rerun"))
        self._facts, self._directory, self._asked = facts, directory, asked
        self._submitter: StoppableSubmitter | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pool: OwnPool | None = None
        self._root: PydraJob[Any] | None = None
        self._sampler: Sampler | None = None
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._jobs: list[Job] = []
        self._writing = threading.Lock()
        self._written = False  # for the last time

    def execute(
        self,
        submitter: StoppableSubmitter,
        call: Callable[[], object],
        *,
        loop: asyncio.AbstractEventLoop | None = None,
        close: bool = False,
    ) -> None:
        """Run it to its end in this thread; what it raises is kept.

        Args:
            submitter: the one that this run controls.
            call: what makes it run.
            loop: the loop in which it runs, if nothing else does.
            close: whether nothing else needs the Submitter after this.
        """
        self._submitter, self._loop = submitter, loop
        _going.add(self)
        before = dict(getattr(submitter.worker, "failures", ()))
        self._pool = OwnPool(submitter.worker)
        threading.Thread(target=self._keep, name="pydra-run-snapshots", daemon=True).start()
        try:
            call()
        except BaseException as error:
            self.error = error
        try:
            self._clear_up()
            if close:
                closing: Any = submitter
                closing.close()
        except Exception as error:
            self.error = self.error or error
        self._finish(before)
        if loop:
            loop.close()

    def begin(self, job: PydraJob[Any]) -> None:
        """Take note of the job that all others belong to."""
        self.check()
        assert self._submitter is not None
        facts = self._facts
        if facts.one_job:
            # Of what runs inside the job, the job itself makes the snapshots from here on.
            self._write(replace(facts.snapshot(), cache_dir=str(job.cache_dir)))
        directory = self._directory
        self._own(Owner(directory.id, facts.origin, directory.snapshot_file, self._write_down))
        self._sampler = Sampler(
            job,
            name=facts.name,
            worker=facts.worker,
            started=facts.created,
            rerun=self.rerun,
        )
        self._root = job

    def check(self) -> None:
        """Raise RunStopped if the run is to stop."""
        if self._stop.is_set():
            raise RunStopped("The run was stopped.")

    def cancel(self) -> None:
        """Let it stop; it has when `ended` is done."""
        if self._stop.is_set() or self.ended.done():
            return
        self._stop.set()
        if loop := self._loop:
            with suppress(RuntimeError):  # it is closed: the run has ended
                loop.call_soon_threadsafe(_cancel_all, loop)

    def leave(self) -> None:
        """The interpreter ends: stop what would end with it, in order. The rest goes on.

        It counts as interrupted.
        """
        with self._writing:
            self._written = True
        if self._pool and self._pool.used:
            self.cancel()
            self._over(_PARTING)

    @property
    def state(self) -> RunState:
        """Where it is."""
        return self.ended.result().state if self.ended.done() else RunState.RUNNING

    def progress(self) -> RunSnapshot:
        """Where it is, in full."""
        found = self._sample()
        return self.ended.result() if self.ended.done() else found

    def jobs(self) -> list[Job]:
        """The scheduler's jobs that run it."""
        if self._submitter is None:
            return self._jobs
        return list(getattr(self._submitter.worker, "jobs", {}).values())

    def failure(self) -> BaseException:
        """What to raise for it, if it has failed."""
        assert self._failure is not None
        return self._failure

    def _own(self, owner: Owner | None) -> None:
        """Have what the worker oar submits be this run's, or nobody's."""
        assert self._submitter is not None
        worker: Any = self._submitter.worker
        if hasattr(worker, "owner"):
            worker.owner = owner

    def _sample(self, state: RunState = RunState.RUNNING, error: str = "") -> RunSnapshot:
        sampler = self._sampler
        found = self._told_by_job() if self._facts.one_job else None
        if sampler and not found:
            return sampler.sample(state, error)
        ended = time.time() if state.final else 0.0
        return replace(found or self._facts.snapshot(), state=state, error=error, ended=ended)

    def _told_by_job(self) -> RunSnapshot | None:
        """Where it is by the word of the one job that it runs in."""
        with suppress(OarError):
            found, job = self._directory.snapshot(), next(iter(self.jobs()), None)
            if found and found.nodes and job:
                trouble = job.trouble.message if job.trouble else ""
                return replace(found, job=job.id, trouble=trouble)
        return None

    def _keep(self) -> None:
        """Write down where it is, again and again, and heed who wants it to stop."""
        pause = _WRITE
        while not self._over(pause):
            start = time.monotonic()
            if self._directory.is_to_stop:
                self.cancel()
            if not self._facts.one_job:
                with suppress(Exception):  # another Pydra than it knows: its end tells of that
                    self._write(self._sample())
            pause = max(_WRITE, _WRITE_SHARE * (time.monotonic() - start))

    def _over(self, timeout: float) -> bool:
        with suppress(TimeoutError):
            self.ended.result(timeout)
            return True
        return False

    def _write_down(self) -> None:
        """Make its directory, if it is not there."""
        with self._writing:
            if not self._directory.complete:
                self._directory.create(self._facts, self._asked)

    def _write(self, snapshot: RunSnapshot) -> None:
        with self._writing, suppress(OarError):  # on a full disk it may still come to its end
            if self._written:
                return
            self._written = snapshot.state.final
            if not self._directory.complete:
                if self._written:  # it was quick, and leaves nothing
                    return
                self._directory.create(self._facts, self._asked)
            snapshot.write(self._directory.snapshot_file)

    def _clear_up(self) -> None:
        """Leave nothing behind of what was stopped, or was cut off by an error of Pydra's own."""
        assert self._submitter is not None
        assert self._pool is not None
        if loop := self._loop:
            while left := _cancel_all(loop):
                loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        killed = self._pool.kill() if self._stopped else set()
        self._pool.close()
        if self._stopped:
            worker: Any = self._submitter.worker
            worker.close()
            if self._root:
                forget_stopped(self._root, killed)

    @property
    def _stopped(self) -> bool:
        """Whether it was cut off. Exceptions that are none end Pydra's loop wherever it is."""
        return self.error is not None and (
            self._stop.is_set() or not isinstance(self.error, Exception)
        )

    def _finish(self, before: dict[str, BaseException]) -> None:
        """Say how it ended, and let go of all that it needed."""
        last = self._last()
        if last.state is RunState.FAILED:
            last = self._explain(last, before)
        self._write(last)
        self._jobs = self.jobs()
        self._own(None)
        _going.discard(self)
        self.ended.set_result(last)
        self._submitter = self._pool = self._sampler = self._root = None

    def _last(self) -> RunSnapshot:
        state = RunState.DONE
        if self.error:
            cancelled = self._stop.is_set() or isinstance(self.error, KeyboardInterrupt)
            state = RunState.CANCELLED if cancelled else RunState.FAILED
        try:
            return self._sample(state)
        except Exception as error:  # another Pydra than it knows: nobody is to wait for ever
            last = replace(self._facts.snapshot(), state=state, ended=time.time())
            place = str(self._root.cache_dir) if self._root else ""
            return replace(last, cache_dir=place, error=f"its tasks can't be told: {error!r}")

    def _explain(self, last: RunSnapshot, before: dict[str, BaseException]) -> RunSnapshot:
        """Find out what to raise for it; its last snapshot, with that in it if no task tells it."""
        assert self._submitter is not None
        assert self.error is not None
        known = getattr(self._submitter.worker, "failures", {})
        failures = {key: error for key, error in known.items() if before.get(key) is not error}
        told = any(task.error for task in failed_tasks(last))
        begun = told if self._facts.one_job else self._begun
        if not begun or not (failures or told):
            last = replace(last, error=_said(self.error))
            self._failure = failure_of(replace(last, tasks=()), self.error)
        else:
            self._failure = failure_of(last, self.error, failures)
        return last

    @property
    def _begun(self) -> bool:
        """Whether it came so far that tasks can have failed; else it was Pydra itself."""
        root = self._root
        return root is not None and (
            root.task._task_type() != "workflow" or root.return_values.get("exec_graph") is not None
        )


def _said(error: BaseException) -> str:
    return str(error) if isinstance(error, OarError) else f"{type(error).__name__}: {error}"


def _cancel_all(loop: asyncio.AbstractEventLoop) -> list[asyncio.Task[Any]]:
    """Cancel what goes on in a loop; what that was."""
    going = list(asyncio.all_tasks(loop))
    for task in going:
        task.cancel()
    return going


def _leave() -> None:
    for live in list(_going):
        live.leave()


_going: set[Live] = set()
# Before Python's process pools wait there for all that they were given. atexit comes later.
getattr(threading, "_register_atexit", atexit.register)(_leave)
# Threads don't survive a fork, and what they have started is not the child's.
os.register_at_fork(after_in_child=_going.clear)
