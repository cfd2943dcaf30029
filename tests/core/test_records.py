"""What is known of a job, told by its events and by the scheduler, in any order and at once."""

from __future__ import annotations

import asyncio
import json
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from pydra_oar_jupyter.core.errors import Refused
from pydra_oar_jupyter.core.job import Job
from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.core.outcome import Ending, Outcome
from pydra_oar_jupyter.core.record import JobRecord
from pydra_oar_jupyter.core.spool import JobDirectory, JobSpec, Spool
from pydra_oar_jupyter.core.state import JobState, JobStatus, SchedulerEvent

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def directory(spool: Path) -> JobDirectory:
    found = Spool(spool).new_job()
    Spool(spool).add_job(found, JobSpec("test", "script", (), "/tmp", "true"))
    return found


def tell(directory: JobDirectory, *events: dict[str, Any] | str) -> None:
    """Write events as the job does; text as it is."""
    with directory.events.open("a") as file:
        for event in events:
            file.write((event if isinstance(event, str) else json.dumps(event)) + "\n")


def together(*calls: Any) -> None:
    """Make the calls at the same time, in a thread each; raise what one of them raises."""
    barrier = threading.Barrier(len(calls))
    raised: list[BaseException] = []

    def one(call: Any) -> None:
        barrier.wait()
        try:
            call()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=one, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def test_events_read_by_two_threads_are_all_taken_once(directory: JobDirectory) -> None:
    record = JobRecord(directory, "local", 1)
    for round_ in range(200):
        bar = str(round_)
        tell(directory, *({"event": "progress", "bar": bar, "done": n} for n in range(20)))
        together(record.read_events, record.read_events)
        assert record.progress[bar]["done"] == 19
    tell(directory, {"event": "exit", "code": 0, "time": 5.0})
    record.read_events()
    assert record.outcome == Outcome(Ending.FINISHED, 0)


def test_of_many_bars_those_that_move_are_kept(directory: JobDirectory) -> None:
    record = JobRecord(directory, "local", 1)
    outer = {"event": "progress", "bar": "outer", "done": 0, "total": 1000}
    for number in range(1000):
        inner = {"event": "progress", "bar": f"inner {number}", "done": 5, "total": 5}
        tell(directory, outer | {"done": number}, inner)
    record.read_events()
    assert len(record.progress) == 10
    assert record.progress["outer"]["done"] == 999
    assert "inner 999" in record.progress


def test_a_job_that_two_threads_see_end_ends_once(spool: Path) -> None:
    for _ in range(200):
        record = JobRecord(Spool(spool).new_job(), "local", 1)
        ends = [Outcome(Ending.FINISHED, 0), Outcome(Ending.DELETED)]
        together(*(partial(record.end, end) for end in ends))
        assert record.outcome in ends
        noted = record.directory.read_end()
        assert noted is not None
        assert noted["ending"] == record.outcome.ending


def test_who_gives_up_awaiting_leaves_the_job(directory: JobDirectory) -> None:
    record = JobRecord(directory, "local", 1)
    job = Job(record, all_jobs().tracker)

    async def impatient() -> Any:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(job, 0.01)
        assert not job.done()
        assert job.state is JobState.WAITING
        record.end(Outcome(Ending.FINISHED, 0))
        return await job

    assert asyncio.run(impatient()) == 0


@pytest.mark.parametrize("line", ["[" * 100_000, "\0" * 100, '{"event": 3}', "[]", '{"ev'])
def test_a_line_that_is_no_event_is_left_out(directory: JobDirectory, line: str) -> None:
    record = JobRecord(directory, "local", 1)
    tell(directory, line, {"event": "exit", "code": 0, "time": "soon"})
    record.read_events()
    assert record.outcome == Outcome(Ending.FINISHED, 0)


def test_nobody_waits_for_an_id_that_never_comes(directory: JobDirectory) -> None:
    record = JobRecord(directory, "local")
    record.end(Outcome(Ending.NEVER_SENT))
    again = JobRecord(directory, "local")
    assert again.recall()
    for one in (record, again):
        with pytest.raises(Refused, match="never submitted"):
            one.sent.result(0)


def test_an_end_that_is_not_whole_is_worked_out_again(directory: JobDirectory) -> None:
    directory.end_file.write_text("")
    directory.end_file.chmod(0o600)
    record = JobRecord(directory, "local", 1)
    assert not record.recall()
    tell(directory, {"event": "exit", "code": 3, "time": 5.0})
    record.read_events()
    assert record.outcome == Outcome(Ending.EXITED, 3)


def says(job_id: int, state: str, *events: str, **facts: Any) -> dict[int, JobStatus]:
    """The scheduler's answer about one job."""
    told = tuple(SchedulerEvent(event) for event in events)
    return {job_id: JobStatus(job_id, JobState(state), events=told, **facts)}


PREEMPTED = ("BESTEFFORT_KILL", "FRAG_JOB_REQUEST", "RESUBMIT_JOB_AUTOMATICALLY")
IDEMPOTENT = ("besteffort", "idempotent")


def test_a_job_that_is_submitted_again_and_again_is_followed(directory: JobDirectory) -> None:
    record = JobRecord(directory, "oar", 1)
    tell(directory, {"event": "start", "time": 1.0, "host": "a", "job_id": 1})
    record.read_events()
    preempted = says(1, "Error", *PREEMPTED, types=IDEMPOTENT)
    record.take(preempted, {}, 100.0)
    assert record.outcome is None  # the one in its place is not there yet
    both = says(2, "Error", *PREEMPTED, types=IDEMPOTENT, resubmitted_from=1)
    record.take(preempted | both | says(3, "Waiting", resubmitted_from=2), {1: 2, 2: 3}, 101.0)
    assert (record.id, record.state, record.started) == (3, JobState.WAITING, 0.0)
    assert record.host == ""
    record.take(says(3, "Waiting"), {0: 3}, 1000.0)
    assert record.outcome is None
    tell(directory, {"event": "start", "time": 9.0, "host": "b", "job_id": 3})
    tell(directory, {"event": "exit", "time": 10.0, "code": 0})
    record.read_events()
    assert (record.id, record.started, record.host) == (3, 9.0, "b")
    assert record.outcome == Outcome(Ending.FINISHED, 0)


def test_a_job_that_starts_again_is_followed_before_the_scheduler_says_so(
    directory: JobDirectory,
) -> None:
    record = JobRecord(directory, "oar", 1)
    tell(directory, {"event": "start", "time": 1.0, "host": "a", "job_id": 1})
    tell(directory, {"event": "exit", "time": 2.0, "code": 137})  # its command died before it
    record.take(says(1, "Error", *PREEMPTED, types=IDEMPOTENT), {}, 50.0)
    tell(directory, {"event": "start", "time": 9.0, "host": "b", "job_id": 2})
    record.read_events()
    assert (record.id, record.state) == (2, JobState.RUNNING)
    record.take(says(2, "Running", resubmitted_from=1), {1: 2}, 100.0)
    assert (record.started, record.host) == (9.0, "b")


def test_a_deletion_holds_for_the_job_that_was_submitted_in_its_place(
    directory: JobDirectory,
) -> None:
    record = JobRecord(directory, "oar", 1)
    record.expect_end(1)
    assert not record.escaped
    record.take(says(1, "Error", *PREEMPTED) | says(2, "Waiting", resubmitted_from=1), {1: 2}, 1.0)
    assert record.escaped
    record.expect_end(2)
    assert not record.escaped


@pytest.mark.parametrize(("took", "again"), [(90.0, True), (30.0, False)])
def test_an_idempotent_job_that_exits_with_99_runs_again_after_a_minute(
    directory: JobDirectory, took: float, again: bool
) -> None:
    record = JobRecord(directory, "oar", 1)
    tell(directory, {"event": "start", "time": 1.0, "job_id": 1})
    tell(directory, {"event": "exit", "time": 1.0 + took, "code": 99})
    record.read_events()
    assert record.urgent
    ended = says(
        1, "Terminated", types=IDEMPOTENT[1:], exit_code=99 << 8, started=1, ended=1 + took
    )
    record.take(ended, {}, 100.0)
    assert record.outcome == (None if again else Outcome(Ending.EXITED, 99))
    record.take(ended | says(2, "Waiting", resubmitted_from=1), {1: 2}, 101.0)
    assert record.id == (2 if again else 1)


def test_a_job_that_starts_again_while_its_end_is_read_goes_on(directory: JobDirectory) -> None:
    record = JobRecord(directory, "oar", 1)
    tell(directory, {"event": "start", "time": 9.0, "host": "b", "job_id": 2})
    record.take(says(1, "Error", "BESTEFFORT_KILL"), {}, 100.0)
    assert (record.id, record.outcome) == (2, None)
