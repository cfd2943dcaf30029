"""The tracker looks after all jobs, whatever one of them or a scheduler does."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.errors import BackendError
from pydra_oar_jupyter.core.jobs import all_jobs, job
from pydra_oar_jupyter.core.outcome import Ending
from pydra_oar_jupyter.core.spool import JobSpec
from pydra_oar_jupyter.core.state import JobState
from pydra_oar_jupyter.core.workers import Workers
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydra_oar_jupyter.core.job import Job

    Run = Callable[..., list[Job]]

LONG = 120
local_only = pytest.mark.parametrize("backend", ["local"], indirect=True)


@local_only
def test_a_job_that_breaks_the_tracker_does_not_stop_the_others(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = run("sleep 2", "sleep 2; echo good")
    bad.submitted(LONG)

    def broken() -> None:
        raise MemoryError("broken")

    monkeypatch.setattr(bad._record, "read_events", broken)
    assert good.result(LONG) == 0
    assert bad.trouble
    assert "broken" in bad.trouble.message
    monkeypatch.undo()
    assert bad.result(LONG) == 0


@local_only
def test_the_scheduler_s_word_reaches_the_jobs_after_one_that_can_t_be_read(run: Run) -> None:
    unreadable, deleted = run("sleep 300", "sleep 300")
    wait_until(lambda: unreadable.started and deleted.started, LONG)
    # A file that no account can read, root neither.
    unreadable.directory.events.unlink()
    unreadable.directory.events.mkdir()
    unreadable.cancel()
    deleted.cancel()
    assert deleted.wait(LONG).ending is Ending.DELETED
    unreadable.directory.events.rmdir()
    assert unreadable.wait(LONG).ending is Ending.DELETED


@local_only
def test_a_deletion_that_is_refused_is_told_and_the_job_goes_on(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = run("sleep 2")
    one.submitted(LONG)

    def no(ids: object) -> None:
        raise BackendError(f"You are not the right user of {ids}")

    monkeypatch.setattr(get_backend("local"), "delete", no)
    with pytest.raises(BackendError, match="right user"):
        one.cancel()
    assert not one._record.urgent  # or the scheduler would be asked without a pause
    assert one.result(LONG) == 0


@pytest.mark.alone
def test_a_preempted_job_is_deleted_where_it_is_now(run: Run) -> None:
    (cheap,) = run("sleep 300", options="-t besteffort -t idempotent -l host=2/core=4")
    first = cheap.submitted(LONG)
    wait_until(lambda: cheap.state is JobState.RUNNING, LONG)
    (dear,) = run("sleep 5", options="-l host=2/core=4")
    again = wait_until(
        lambda: [one.id for one in cheap.backend.jobs() if one.resubmitted_from == first], LONG
    )
    cheap.cancel()
    assert cheap.wait(LONG).ending is Ending.DELETED
    wait_until(lambda: all(one.state.final for one in cheap.backend.status(again).values()), LONG)
    assert job(first) is cheap
    assert dear.wait(LONG).ok


def test_few_submissions_are_on_their_way_at_a_time() -> None:
    workers = Workers(3)
    lock = threading.Lock()
    running = most = done = 0

    def call() -> None:
        nonlocal running, most, done
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1
            done += 1

    for _ in range(30):
        workers.do(call)
    wait_until(lambda: done == 30, LONG)
    assert most == 3
    workers.do(call)  # also when the threads have ended
    wait_until(lambda: done == 31, LONG)


@local_only
def test_a_fork_has_a_tracker_of_its_own(run: Run) -> None:
    (one,) = run("sleep 1; exit 7")
    job_id = one.submitted(LONG)
    child = os.fork()
    if not child:
        code = 1
        try:
            code = job(job_id).wait(LONG).exit_code or 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7
    assert partial(all_jobs)().get(job_id) is one


def test_a_stream_of_jobs_does_not_wait_for_its_end(spool: Path, backend: str) -> None:
    here = all_jobs()
    directories = [here.spool.new_job() for _ in range(100)]
    for directory in directories:
        words = ("-l", "core=1", "--hold")
        here.spool.add_job(directory, JobSpec("stream", "script", words, str(spool), "true"))
    for directory in directories:
        here.submit([directory])
        time.sleep(0.01)
    assert len(here.spool.submission_ids()) >= 1


def test_an_interpreter_that_ends_lets_its_jobs_leave_first(spool: Path, backend: str) -> None:
    code = f"""
from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.core.script import job_script
from pydra_oar_jupyter.core.spool import JobSpec
spool = all_jobs().spool
job = spool.new_job()
job.script.write_text(job_script(job, "echo done"))
spool.add_job(job, JobSpec("parting", "script", ("-l", "core=1"), {str(spool.parent)!r}, ""))
all_jobs().submit([job])
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=LONG)
    assert (ended.returncode, ended.stderr) == (0, b"")
    (one,) = all_jobs().all()
    assert one.id
    assert one.result(LONG) == 0
