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
from pydra_oar_jupyter.core.state import JobState

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
    job = Job(record, directory.spec, all_jobs().tracker)

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
