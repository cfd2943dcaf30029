"""Jobs from their submission to their end, on every backend."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import textwrap
import weakref
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.core.array import JobArray
from pydra_oar_jupyter.core.errors import JobFailed, Refused
from pydra_oar_jupyter.core.jobs import all_jobs, job, jobs
from pydra_oar_jupyter.core.outcome import Ending
from pydra_oar_jupyter.core.state import JobState
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydra_oar_jupyter.core.job import Job

    Run = Callable[..., list[Job]]

LONG = 90  # seconds that a busy machine is given for what takes two


def test_each_way_to_end_is_told_apart(run: Run) -> None:
    works = {
        "echo out; echo err >&2": (Ending.FINISHED, 0),
        "exit 3": (Ending.EXITED, 3),
        "no-such-command": (Ending.EXITED, 127),
        "exec sh -c 'kill -SEGV $$'": (Ending.KILLED, -11),
        "kill -KILL $$": (Ending.KILLED, -9),  # $$ is the script itself
    }
    ended = [job.wait(LONG) for job in run(*works)]
    assert [(end.ending, end.exit_code) for end in ended] == list(works.values())
    assert {end.state for end in ended} == {JobState.TERMINATED}


def test_a_job_tells_its_output_node_and_times(run: Run) -> None:
    (one,) = run("echo out; echo err >&2")
    assert one.result(LONG) == 0
    assert (one.stdout, one.stderr) == ("out\n", "err\n")
    assert one.node
    assert one.ended >= one.started > 0
    assert one.id == one.submitted()


def test_a_failed_job_raises_words_and_the_end_of_its_stderr(run: Run) -> None:
    (one,) = run("echo the reason >&2; exit 5", name="fit <model>")
    with pytest.raises(JobFailed) as failure:
        one.result(LONG)
    text = str(failure.value)
    assert f"Job {one.id} 'fit <model>'" in text
    assert "exited with 5" in text
    assert "the reason" in text


def test_the_walltime_that_runs_out(run: Run) -> None:
    (one,) = run("sleep 300", options="-l core=1,walltime=0:0:3")
    end = one.wait(LONG)
    assert (end.ending, end.state) == (Ending.WALLTIME, JobState.ERROR)
    assert "walltime" in end.advice


def test_a_running_job_is_deleted(run: Run) -> None:
    (one,) = run("trap '' TERM; sleep 300")
    wait_until(lambda: one.state is JobState.RUNNING, LONG)
    one.cancel()
    end = one.wait(LONG)
    assert end.ending is Ending.DELETED
    assert "deleted by" in str(end)
    one.cancel()  # once more is no error


def test_a_job_is_deleted_before_the_scheduler_has_it(run: Run) -> None:
    (one,) = run("sleep 300")
    one.cancel()
    assert one.wait(LONG).ending is Ending.DELETED


def test_hold_and_resume(run: Run) -> None:
    (one,) = run("true", options="-l core=1 --hold")
    one.submitted(LONG)
    wait_until(lambda: one.state is JobState.HOLD, LONG)
    one.resume()
    assert one.wait(LONG).ok


def test_jobs_that_arrive_together_are_one_array_in_order(run: Run) -> None:
    works = [f"echo {index} $OAR_ARRAY_INDEX" for index in range(5)]
    array = JobArray(run(*works))
    assert array.result(LONG) == [0] * 5
    assert [job.stdout for job in array] == [f"{index} {index + 1}\n" for index in range(5)]
    assert (
        len({job.backend.status([job.submitted()])[job.submitted()].array_id for job in array}) == 1
    )


@pytest.mark.parametrize("options", ["-q no-such-queue", "-l core=1000", "-p no_such_property=1"])
def test_what_the_scheduler_refuses_is_said_in_its_words(run: Run, options: str) -> None:
    (one,) = run("true", options=options)
    with pytest.raises(Refused) as refusal:
        one.submitted(LONG)
    assert "ADMISSION" not in str(refusal.value)
    assert one.wait(LONG).ending is Ending.REFUSED
    assert one.state is JobState.ERROR
    with pytest.raises(JobFailed):
        one.result()


def test_a_job_can_be_awaited(run: Run) -> None:
    async def both() -> list[object]:
        one, two = run("true", "exit 4")
        return list(await asyncio.gather(one, two, return_exceptions=True))

    first, second = asyncio.run(both())
    assert first == 0
    assert isinstance(second, JobFailed)


def test_a_wait_that_is_too_short_leaves_the_job(run: Run) -> None:
    (one,) = run("sleep 2")
    with pytest.raises(TimeoutError, match="goes on"):
        one.wait(0.1)
    assert one.wait(LONG).ok


def test_a_dependency_runs_after_the_other(run: Run) -> None:
    (first,) = run("sleep 2; date +%s.%N")
    (second,) = run("date +%s.%N", options=f"-l core=1 -a {first.submitted(LONG)}")
    second.wait(LONG)
    assert float(second.stdout) > float(first.stdout)


def test_the_checkpoint_signal_reaches_the_command(run: Run) -> None:
    work = f"""exec {sys.executable} -c '
import signal
signal.signal(signal.SIGUSR2, lambda *_: (print("saved", flush=True), exit(0)))
print("ready", flush=True)
while True: signal.pause()'"""
    (one,) = run(work, options="-l core=1,walltime=0:1:0 --checkpoint 57")
    assert one.wait(LONG).ok
    assert one.stdout == "ready\nsaved\n"


def in_a_new_process(code: str) -> str:
    """What the code prints in a process that knows only the spool."""
    code = "from pydra_oar_jupyter.core.jobs import job, jobs\n" + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=LONG, env=os.environ
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_jobs_are_found_again_in_a_new_process(run: Run) -> None:
    ended, going = run("echo first; exit 2", "sleep 3; echo second")
    ended.wait(LONG)
    told = in_a_new_process(
        f"""
        print(job({ended.submitted()}).wait(), job({ended.submitted()}).stdout)
        print(job({going.submitted()}).result(60), job({going.submitted()}).stdout)
        print([found.id for found in jobs()])
        """
    )
    assert told.split("\n") == [
        "it exited with 2 first",
        "",
        "0 second",
        "",
        str([going.id, ended.id]),
        "",
    ]


def test_jobs_lists_the_newest_first_and_each_once(run: Run) -> None:
    (old,) = run("true")
    old.wait(LONG)
    (new,) = run("true")
    assert jobs()[:2] == [new, old]
    new.wait(LONG)
    assert jobs()[:2] == [new, old]
    assert job(old.submitted()) is old


def test_jobs_are_discarded_and_their_submission_with_the_last(run: Run, spool: Path) -> None:
    array = run("true", "exit 3")
    for one in array:
        one.wait(LONG)
    refused = run("true", options="-q no-such-queue")[0]
    refused.wait(LONG)
    first, last = array
    all_jobs().discard(first)
    assert not first.directory.path.exists()
    assert first.wait(0).ok
    assert set(jobs()) == {last, refused}
    all_jobs().discard(refused)
    assert len(list((spool / "submissions").iterdir())) == 1
    all_jobs().discard(last)
    assert not list((spool / "submissions").iterdir())
    assert jobs() == []


def test_jobs_of_another_process_are_discarded_with_their_submission(run: Run, spool: Path) -> None:
    for one in run("true", "true"):
        one.wait(LONG)
    in_a_new_process(
        """
        from pydra_oar_jupyter.core.jobs import all_jobs
        for one in jobs():
            all_jobs().discard(one)
        """
    )
    assert not list((spool / "submissions").iterdir())
    assert jobs() == []


def test_nothing_is_kept_of_a_discarded_job(run: Run) -> None:
    (one,) = run("true")
    one.wait(LONG)
    all_jobs().discard(one)
    handle = weakref.ref(one)
    del one

    def gone() -> bool:
        gc.collect()
        return handle() is None

    wait_until(gone)
