"""What is done with rows, on every backend."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.core.again import can_again
from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.job import Job
from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.core.outcome import Ending
from pydra_oar_jupyter.core.state import JobState
from pydra_oar_jupyter.monitor.actions import act
from pydra_oar_jupyter.monitor.keys import array_key, find, job_key, other_key, run_key
from pydra_oar_jupyter.workflows.runs.run import run
from pydra_oar_jupyter.workflows.runs.run import submit as submit_run
from pydra_oar_jupyter.workflows.snapshot import RunState
from tests.conftest import PATIENCE
from tests.waiting import wait_until
from tests.workflows.flows import End

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.commands import Commands
    from tests.conftest import Kernel

    Submit = Callable[..., list[Job]]

SOURCE = Path(__file__).parents[2]
MISSING = "job:aaaaaaaaaa"


def key(job: Job) -> str:
    return job_key(job.directory.id)


def job_of(key: str) -> Job:
    found = find(key)
    assert isinstance(found, Job)
    return found


def test_many_are_cancelled_at_once(submit: Submit) -> None:
    (one,), array = submit("sleep 300"), submit("sleep 300", "sleep 300")
    (ended,) = submit("true")
    ended.wait(PATIENCE)
    for job in (one, *array):
        job.submitted(PATIENCE)
    keys = [key(one), array_key(array[0].spec.group), MISSING, key(ended), "nonsense"]
    told = act(action="cancel", keys=keys)
    assert told["done"] == [key(ended), keys[0], keys[1]]
    assert set(told["problems"]) == {MISSING, "nonsense"}
    for job in (one, *array):
        assert job.wait(PATIENCE).ending is Ending.DELETED


def test_a_job_is_cancelled_that_is_only_just_submitted(submit: Submit) -> None:
    (job,) = submit("sleep 300")
    assert act(action="cancel", keys=[key(job)]) == {"done": [key(job)], "problems": {}}
    assert job.wait(PATIENCE).ending is Ending.DELETED


@pytest.mark.parametrize("backend", [pytest.param("oar", marks=pytest.mark.cluster)], indirect=True)
def test_one_command_deletes_them_all(commands: Commands, backend: str, submit: Submit) -> None:
    jobs = [submit("sleep 300", name=f"n{i}")[0] for i in range(3)]
    for job in jobs:
        job.submitted(PATIENCE)
    act(action="cancel", keys=[key(job) for job in jobs])
    assert commands["oardel"] == 1
    for job in jobs:
        assert job.wait(PATIENCE).ending is Ending.DELETED


def test_what_the_scheduler_refuses_is_told_and_the_rest_is_done(
    submit: Submit, backend: str
) -> None:
    (job,) = submit("sleep 300")
    mine, stranger = other_key(backend, job.submitted(PATIENCE)), other_key(backend, 10**8)
    told = act(action="cancel", keys=[stranger, mine])
    assert told["done"] == [mine]
    assert list(told["problems"]) == [stranger]
    assert str(10**8) in told["problems"][stranger]
    assert job.wait(PATIENCE).ending is Ending.DELETED


def test_a_held_job_waits_and_goes_on(submit: Submit, backend: str) -> None:
    (first,) = submit("sleep 300")
    (job,) = submit("true", options=f"-l core=1 -a {first.submitted(PATIENCE)}")
    job.submitted(PATIENCE)
    held = act(action="hold", keys=[key(job)])
    assert held == {"done": [key(job)], "problems": {}}
    wait_until(lambda: job.state is JobState.HOLD, PATIENCE)
    wait_until(lambda: first.state is JobState.RUNNING, PATIENCE)
    assert act(action="hold", keys=[key(first), MISSING])["done"] == []
    assert act(action="resume", keys=[key(job)])["done"] == [key(job)]
    wait_until(lambda: job.state is JobState.WAITING, PATIENCE)
    act(action="cancel", keys=[key(first), key(job)])


def test_the_same_again(submit: Submit, spool: Path) -> None:
    (job,) = submit("echo said; echo again >>ran; exit 3", name="fit")
    assert not can_again(job)
    job.wait(PATIENCE)
    assert can_again(job)
    told = act(action="again", keys=[key(job)])
    (new,) = map(job_of, told["done"])
    assert not told["problems"]
    assert new.wait(PATIENCE).exit_code == 3
    assert (spool.parent / "ran").read_text() == "again\nagain\n"
    assert job.stdout == new.stdout == "said\n"
    assert new.directory.path != job.directory.path
    assert new.spec.words == job.spec.words
    assert (new.name, job.exit_code) == ("fit", 3)


def test_an_array_again(submit: Submit, spool: Path) -> None:
    jobs = submit("echo 1 >>ran", "echo 2 >>ran", name="fit")
    for job in jobs:
        job.wait(PATIENCE)
    alone = act(action="again", keys=[key(jobs[0])])
    assert "submit the whole array again" in alone["problems"][key(jobs[0])]
    told = act(action="again", keys=[array_key(jobs[0].spec.group)])
    new = list(map(job_of, told["done"]))
    assert [job.name for job in new] == ["fit[0]", "fit[1]"]
    for job in new:
        job.wait(PATIENCE)
    assert sorted((spool.parent / "ran").read_text().split()) == ["1", "1", "2", "2"]


def test_a_cell_again(kernel: Kernel) -> None:
    kernel.run("data = list(range(1000))")
    kernel.run("%%oar -l core=1 --detach --setup 'export A=1' --env B=2\n"
               "import os\nlen(data), os.environ['A'], os.environ['B']")  # fmt: skip
    kernel.run("job = _\nout = job.wait()")
    old = all_jobs().find(kernel.eval("job.directory.id"))
    assert old is not None
    told = act(action="again", keys=[key(old)])
    (new,) = map(job_of, told["done"])
    assert new.result(PATIENCE) == (1000, "1", "2")
    assert new.spec.origin == old.spec.origin
    old.directory.payload.unlink()
    problem = act(action="again", keys=[key(old)])["problems"][key(old)]
    assert "payload.pkl is missing" in problem
    assert len(all_jobs().spool.job_ids()) == 2  # nothing half is left


def test_what_can_not_be_submitted_again(submit: Submit, backend: str) -> None:
    (job,) = submit("sleep 300", kind="pydra")
    (going,) = submit("sleep 300")
    problems = act(action="again", keys=[key(job), key(going), other_key(backend, 1)])["problems"]
    assert "a part of something else" in problems[key(job)]
    assert "goes on" in problems[key(going)]
    assert len(problems) == 3
    act(action="cancel", keys=[key(job), key(going)])


def test_a_refused_submission_is_told(submit: Submit) -> None:
    (job,) = submit("true")
    job.wait(PATIENCE)
    spec = job.directory.spec_file
    spec.write_text(spec.read_text().replace('"core=1"', '"core=9999"'))
    vars(job).pop("spec", None)
    told = act(action="again", keys=[key(job)])
    assert told["done"] == []
    assert told["problems"][key(job)]


def test_unknown_actions(spool: Path) -> None:
    with pytest.raises(RequestError, match="no action"):
        act(action="destroy", keys=[])


ELSEWHERE = """
    import os, sys, time
    from pathlib import Path
    from pydra_oar_jupyter.workflows.runs.directories import RunDirectory
    from pydra_oar_jupyter.workflows.runs.run import submit
    from tests.workflows.flows import Step
    place = Path(sys.argv[1])
    run = submit(Step(x=1, gate=str(place / "gate")), "oar",
                 cache_root=place / "cache", oarsub_args="-l core=1")
    told = RunDirectory(run.directory)  # what others can see of it
    while not ((seen := told.snapshot()) and seen.tasks and seen.tasks[0].job):
        time.sleep(0.05)
    print(run.id, seen.tasks[0].job, flush=True)
    {then}
"""


@contextmanager
def elsewhere(spool: Path, then: str) -> Iterator[tuple[str, Job, subprocess.Popen[str]]]:
    """The id of a run of another process, its job, and that process."""
    code = textwrap.dedent(ELSEWHERE.format(then=then))
    env = {**os.environ, "PYTHONPATH": str(SOURCE)}
    with subprocess.Popen(
        [sys.executable, "-c", code, str(spool.parent)], env=env, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            id_, number = process.stdout.readline().split()
            yield id_, all_jobs().get(int(number)), process
        finally:
            process.kill()


@pytest.mark.parametrize("then", ["run.wait()", "os._exit(0)", "os.kill(os.getpid(), 19)"])
def test_a_run_of_another_process(backend: str, spool: Path, then: str) -> None:
    """One that lives, one that has died, one that is stopped and won't listen."""
    with elsewhere(spool, then) as (id_, job, process):
        if then == "os._exit(0)":
            process.wait(PATIENCE)
        told = act(action="cancel", keys=[run_key(id_)])
        assert told == {"done": [run_key(id_)], "problems": {}}
        assert job.wait(PATIENCE).ending is Ending.DELETED
        if then == "run.wait()":
            assert run(id_).wait(PATIENCE).state is RunState.CANCELLED


@pytest.mark.parametrize("backend", ["local"])
def test_a_run_that_can_not_be_read_holds_up_nothing_else(submit: Submit, spool: Path) -> None:
    with elsewhere(spool, "os.kill(os.getpid(), 19)") as (id_, job, process):
        (held,) = submit("sleep 300", options="-l core=1 --hold")
        wait_until(lambda: held.state is JobState.HOLD, PATIENCE)
        stat = Path(f"/proc/{process.pid}/stat")
        wait_until(lambda: stat.read_text().split()[2] == "T", PATIENCE)
        (run(id_).directory / "snapshot.json").write_text("{")
        for action in ("resume", "cancel"):
            told = act(action=action, keys=[run_key(id_), key(held)])
            assert told["done"] == [key(held)]
            assert "snapshot.json" in told["problems"][run_key(id_)]
        job.cancel()


def test_a_run_again(spool: Path, backend: str) -> None:
    failed = submit_run(
        End(how="raise"), "oar", cache_root=spool.parent / "cache", oarsub_args="-l core=1"
    )
    failed.wait(PATIENCE)
    told = act(action="again", keys=[run_key(failed.id)])
    (new,) = told["done"]
    assert new != run_key(failed.id)
    assert run(new.partition(":")[2]).wait(PATIENCE).state is RunState.FAILED
    here = submit_run(End(how="raise"), "cf", cache_root=spool.parent / "other", n_procs=1)
    here.wait(PATIENCE)
    problems = act(action="again", keys=[run_key(here.id)])["problems"]
    assert "resume() in a notebook" in problems[run_key(here.id)]
