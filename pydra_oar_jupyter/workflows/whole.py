"""A whole workflow inside one job: its tasks run on the job's cores, by Pydra's own pool."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydra.workers.cf import ConcurrentFuturesWorker

from pydra_oar_jupyter.core.errors import SpoolError
from pydra_oar_jupyter.workflows.errors import TaskFailed
from pydra_oar_jupyter.workflows.locks import note_processes
from pydra_oar_jupyter.workflows.sampler import Sampler
from pydra_oar_jupyter.workflows.snapshot import RunState, TaskState

if TYPE_CHECKING:
    from pydra.engine.job import Job as PydraJob

    from pydra_oar_jupyter.core.spool import JobDirectory

# How often the run's snapshot is written, in seconds.
_EVERY = 1.0


def run_whole(job: PydraJob[Any], directory: JobDirectory, facts: dict[str, Any]) -> None:
    """Run it to its end, and show meanwhile how far it is.

    Raises what Pydra raises for a workflow of which something failed.
    """
    submitter = job.submitter
    assert submitter is not None
    pool = submitter.worker = ConcurrentFuturesWorker(n_procs=cores())
    pool.loop = submitter.loop
    reporter = Reporter(job, directory, facts)
    state, error = RunState.FAILED, ""
    try:
        submitter.submit(job, rerun=facts["rerun"])
        state = RunState.DONE
    except Exception as failure:
        error = str(failure)
        raise reporter.first_failure() or failure from None
    finally:
        reporter.stop(state, error)
        pool.pool.shutdown()


def cores() -> int:
    """How many cores of this host the job has: its lines in OAR's file of nodes."""
    try:
        hosts = Path(os.environ["OAR_NODEFILE"]).read_text().split()
    except (KeyError, OSError):
        return len(os.sched_getaffinity(0))
    return max(1, hosts.count(hosts[0])) if hosts else 1


class Reporter:
    """Writes the run's snapshot, and notes the pool's processes, from a thread of its own."""

    def __init__(self, job: PydraJob[Any], directory: JobDirectory, facts: dict[str, Any]) -> None:
        self._directory = directory
        self._path = Path(facts["snapshot"]) if facts["snapshot"] else None
        self._sampler = Sampler(job, name=facts["name"], worker="oar", started=time.time())
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="oar-report", daemon=True)
        self._thread.start()

    def stop(self, state: RunState, error: str) -> None:
        """Write the last snapshot."""
        self._stopped.set()
        self._thread.join()
        self._write(state, error)

    def first_failure(self) -> TaskFailed | None:
        """What the first task that failed has said; Pydra tells all that failed in one text."""
        tasks = self._sampler.sample(RunState.FAILED).tasks
        failed = next((task for task in tasks if task.state is TaskState.FAILED), None)
        if failed is None or not failed.traceback:
            return None
        return TaskFailed(f"{failed.name} ({failed.inputs}) failed:\n{failed.traceback}")

    def _work(self) -> None:
        noted: set[int] = set()
        while not self._stopped.wait(_EVERY):
            pids = {os.getpid(), *(child.pid or 0 for child in multiprocessing.active_children())}
            if pids != noted:
                note_processes(self._directory, pids)
                noted = pids
            self._write(RunState.RUNNING)

    def _write(self, state: RunState, error: str = "") -> None:
        if self._path is None:
            return
        try:
            self._sampler.sample(state, error).write(self._path)
        except SpoolError:
            return  # the disk is full: the run may still come to its end
