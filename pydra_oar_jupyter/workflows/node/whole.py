"""A whole workflow inside one job: its tasks run on the job's cores."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import SpoolError
from pydra_oar_jupyter.workflows.node.cores import CoresWorker
from pydra_oar_jupyter.workflows.snapshot import RunState
from pydra_oar_jupyter.workflows.watch.sampler import Sampler

if TYPE_CHECKING:
    from pydra.engine.job import Job as PydraJob

    from pydra_oar_jupyter.core.spool import JobDirectory

# How often the run's snapshot is written, in seconds.
_EVERY = 1.0


def run_whole(job: PydraJob[Any], directory: JobDirectory, facts: dict[str, Any]) -> None:
    """Run it to its end, and show meanwhile how far it is.

    Raises what the first task that failed has raised.
    """
    submitter = job.submitter
    assert submitter is not None
    pool = submitter.worker = CoresWorker(directory, facts["sources"], submitter.max_concurrent)
    pool.loop = submitter.loop
    reporter = Reporter(job, facts)
    state, error = RunState.FAILED, ""
    try:
        submitter.submit(job, rerun=facts["rerun"])
        state = RunState.DONE
    except Exception as failure:
        error = str(failure)
        raise pool.failure or failure from None
    finally:
        reporter.stop(state, error)
        pool.close()


class Reporter:
    """Writes the run's snapshot from a thread of its own."""

    def __init__(self, job: PydraJob[Any], facts: dict[str, Any]) -> None:
        self._path = Path(facts["snapshot"]) if facts["snapshot"] else None
        self._sampler = Sampler(
            job, name=facts["name"], worker="oar", started=time.time(), rerun=facts["rerun"]
        )
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="oar-report", daemon=True)
        self._thread.start()

    def stop(self, state: RunState, error: str) -> None:
        """Write the last snapshot."""
        self._stopped.set()
        self._thread.join()
        self._write(state, error)

    def _work(self) -> None:
        while not self._stopped.wait(_EVERY):
            self._write(RunState.RUNNING)

    def _write(self, state: RunState, error: str = "") -> None:
        if self._path is None:
            return
        try:
            snapshot = self._sampler.sample(state, error)
            replace(snapshot, job=int(os.environ["OAR_JOB_ID"])).write(self._path)
        except SpoolError:
            return  # the disk is full: the run may still come to its end
