"""What the embedded cluster stands: processes killed at bad moments, crowds, a full disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pydra_oar_jupyter
from pydra_oar_jupyter.backends.local.processes import of_job, start_apart
from pydra_oar_jupyter.core.errors import SpoolError
from pydra_oar_jupyter.core.outcome import Ending, from_status
from pydra_oar_jupyter.core.spool import Spool, Submission
from pydra_oar_jupyter.core.state import JobState
from tests.waiting import wait_until

if TYPE_CHECKING:
    from tests.backends.conftest import Machine

ROOT = Path(pydra_oar_jupyter.__file__).parents[1]


def other(program: str, *words: str) -> subprocess.Popen[str]:
    """Another Python, as another kernel would be."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def found_again(submission: Submission) -> Submission:
    [again] = [one for one in Spool().submissions() if one.id == submission.id]
    return again


def supervisor_of(machine: Machine, job: int) -> int:
    """The process that watches over a running job."""
    machine.running(job)

    def named_so() -> list[int]:
        return [pid for pid, name in machine.processes().items() if name == f"oar-job-{job}"]

    # The job's own process has that name too, until it has become the job's shell.
    wait_until(lambda: len(named_so()) == 1)
    return named_so()[0]


def test_a_job_whose_supervisor_was_killed_is_lost_and_its_processes_go(machine: Machine) -> None:
    job = machine.submit("setsid sleep 600 & touch ready; sleep 600")
    wait_until((machine.home / "ready").exists)
    os.kill(supervisor_of(machine, job), signal.SIGKILL)
    [status] = machine.ended(job)
    assert (status.state, status.exit_code) == (JobState.ERROR, None)
    assert from_status(status).ending is Ending.NODE_LOST
    wait_until(lambda: not machine.processes())


def test_a_mark_that_nobody_has_names_nobody() -> None:
    assert of_job("OAR_NODEFILE=/nowhere/1.nodes") == []


def test_the_next_job_starts_after_a_supervisor_was_killed(machine: Machine) -> None:
    job = machine.submit("sleep 600", "-l host=2")
    following = machine.submit("true")
    os.kill(supervisor_of(machine, job), signal.SIGKILL)
    assert machine.ended(following)[0].exit_code == 0


def test_a_supervisor_that_is_told_to_stop_ends_its_job(machine: Machine) -> None:
    job = machine.submit("sleep 600")
    os.kill(supervisor_of(machine, job), signal.SIGTERM)
    assert from_status(machine.ended(job)[0]).ending is Ending.NODE_LOST


# A kernel that is killed when its jobs are entered, and nobody knows it yet.
SUBMIT_AND_DIE = """
import os, signal, sys
from pydra_oar_jupyter.backends.local import Backend
from pydra_oar_jupyter.core.spool import Spool

class Dying(Backend):
    def _obey(self, orders):
        os.kill(os.getpid(), signal.SIGKILL)

[submission] = [one for one in Spool().submissions() if one.id == sys.argv[1]]
Dying().submit(submission)
"""


def test_a_submission_whose_sender_died_before_the_answer_is_found_and_runs_once(
    machine: Machine,
) -> None:
    submission = machine.submission(["echo once >>ran"] * 2, "-l host=1/core=1")
    assert machine.backend.find(submission) == []
    assert other(SUBMIT_AND_DIE, submission.id).wait() == -signal.SIGKILL
    ids = machine.backend.find(found_again(submission))
    assert ids == [1, 2]
    assert machine.backend.submit(found_again(submission)) == ids
    machine.ended(*ids)
    assert (machine.home / "ran").read_text() == "once\nonce\n"
    assert machine.backend.find(submission) == ids


def test_a_job_that_is_launched_several_times_runs_once(machine: Machine) -> None:
    submission = machine.submission(["echo once >>ran"])
    other(SUBMIT_AND_DIE, submission.id).wait()
    database = next((machine.spool.root / "local").glob("*.db"))
    start_apart([str(database), "1", "1", "1"], machine.log, {})
    machine.ended(1)
    wait_until(lambda: not machine.processes())
    assert (machine.home / "ran").read_text() == "once\n"


# A kernel that submits and goes away.
SUBMIT_AND_LEAVE = """
import sys
from pydra_oar_jupyter.backends.local import Backend
from pydra_oar_jupyter.core.spool import Spool

[submission] = [one for one in Spool().submissions() if one.id == sys.argv[1]]
print(*Backend().submit(submission))
"""


def test_jobs_outlive_the_kernel(machine: Machine) -> None:
    submission = machine.submission(["sleep 0.2; echo $OAR_JOB_ID >>ran"] * 9, "-l core=1")
    kernel = other(SUBMIT_AND_LEAVE, submission.id)
    printed, said = kernel.communicate()
    assert (kernel.returncode, said) == (0, "")
    ran = machine.home / "ran"
    wait_until(lambda: ran.exists() and len(ran.read_text().split()) == 9)
    assert sorted(ran.read_text().split()) == sorted(printed.split())


# A kernel that submits many jobs, one at a time.
SUBMIT_MANY = """
import sys
from pydra_oar_jupyter.backends.local import Backend
from pydra_oar_jupyter.core.spool import Spool

wanted = sys.argv[1:]
for submission in [one for one in Spool().submissions() if one.id in wanted]:
    for id_ in Backend().submit(submission):
        print(id_)
"""


def test_two_kernels_submit_at_once_and_no_core_is_given_twice(machine: Machine) -> None:
    # Each job takes its cores for its time: a directory can be made by one only.
    work = """
        mine=cores.$OAR_JOB_ID
        sed -E "s/.* core = '([0-9]+)'.*/\\1/" "$OAR_RESOURCE_PROPERTIES_FILE" >$mine
        for core in $(cat $mine); do mkdir taken.$core || echo $core >>clash; done
        sleep 0.0$((OAR_JOB_ID % 9))
        for core in $(cat $mine); do rmdir taken.$core; done
    """
    shapes = ("core=1", "core=2", "host=1", "host=2/core=1", "host=1/core=1")
    crowds = [
        [machine.submission([work], f"-l {shapes[i % len(shapes)]}") for i in range(50)]
        for _ in range(2)
    ]
    kernels = [other(SUBMIT_MANY, *(one.id for one in crowd)) for crowd in crowds]
    answers = [kernel.communicate() for kernel in kernels]
    assert [said for _, said in answers] == ["", ""]
    ids = [int(word) for printed, _ in answers for word in printed.split()]
    assert sorted(ids) == list(range(1, 101))
    statuses = machine.ended(*ids)
    assert {status.exit_code for status in statuses} == {0}
    assert len(list(machine.home.glob("cores.*"))) == 100
    assert not (machine.home / "clash").exists()
    found = [machine.backend.find(one) for crowd in crowds for one in crowd]
    assert sorted(id_ for ids in found for id_ in ids) == sorted(ids)


def test_many_ask_at_once(machine: Machine) -> None:
    ids = machine.array(["sleep 0.05"] * 40, "-l core=1")

    def ask(_: int) -> None:
        for _ in range(20):
            assert set(machine.backend.status(ids)) == set(ids)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    assert {status.exit_code for status in machine.ended(*ids)} == {0}


# No file may grow beyond some kilobytes: what a full disk does.
SUBMIT_WITHOUT_ROOM = """
import resource, sys
from pydra_oar_jupyter.backends.local import Backend
from pydra_oar_jupyter.core.errors import SpoolError
from pydra_oar_jupyter.core.spool import Spool

[submission] = [one for one in Spool().submissions() if one.id == sys.argv[1]]
resource.setrlimit(resource.RLIMIT_FSIZE, (48 << 10, 48 << 10))
try:
    Backend().submit(submission)
except SpoolError as error:
    print(error)
"""


def test_a_full_disk_is_told_and_breaks_nothing(machine: Machine) -> None:
    before = machine.submit("true")
    machine.ended(before)
    submission = machine.submission(["true"] * 1000)
    printed, said = other(SUBMIT_WITHOUT_ROOM, submission.id).communicate()
    assert said == ""
    assert "can't be used" in printed
    assert "PYDRA_OAR_SPOOL" in printed
    assert machine.backend.find(submission) == []
    assert machine.status(before).state is JobState.TERMINATED
    assert machine.ended(machine.submit("true"))[0].exit_code == 0


def test_a_damaged_database_is_told(machine: Machine) -> None:
    machine.ended(machine.submit("true"))
    wait_until(lambda: not machine.processes())
    database = next((machine.spool.root / "local").glob("*.db"))
    whole = database.read_bytes()
    database.write_bytes(b"nonsense" * 1000)
    with pytest.raises(SpoolError, match="is damaged"):
        machine.submit("true")
    with pytest.raises(SpoolError, match="is damaged"):
        machine.backend.jobs()
    database.write_bytes(whole)


def test_the_database_is_private(machine: Machine) -> None:
    machine.ended(machine.submit("true"))
    folder = machine.spool.root / "local"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_a_spool_that_it_is_the_first_to_use_is_private(machine: Machine) -> None:
    own, machine.spool = machine.spool, Spool(machine.home / "other")
    machine.ended(machine.submit("true"))
    wait_until(lambda: not machine.processes())
    machine.spool = own
    assert own.root.stat().st_mode & 0o777 == 0o700
    machine.ended(machine.submit("true"))


def test_nothing_runs_and_nothing_is_written_where_nothing_was_submitted(machine: Machine) -> None:
    assert machine.backend.jobs() == []
    assert machine.backend.status([1, 2]) == {}
    assert len(machine.backend.resources()) == 4
    assert not machine.spool.root.exists()


def test_a_supervisor_imports_little() -> None:
    program = (
        "import sys; sys.path.append(sys.argv[1]);"
        "import pydra_oar_jupyter.backends.local.supervisor;"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    words = [sys.executable, "-I", "-S", "-c", program, str(ROOT)]
    imported = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    heavy = {"IPython", "asyncio", "cloudpickle", "ipykernel", "ssl", "traitlets"}
    assert not heavy.intersection(imported)


def test_two_hundred_jobs(machine: Machine) -> None:
    submission = machine.submission(["true"] * 200, "-l core=1")
    for job in submission.jobs:
        job.script.write_text("exec /bin/true\n")
    began = time.monotonic()
    ids = machine.backend.submit(submission)
    submitted = time.monotonic()
    statuses = machine.ended(*ids)
    took = time.monotonic() - began
    print(f"\n200 jobs of /bin/true: submitted in {submitted - began:.3f} s, ended in {took:.2f} s")
    assert {status.exit_code for status in statuses} == {0}


def test_a_thousand_jobs_are_asked_about_at_once(machine: Machine) -> None:
    blocker = machine.submit("sleep 600", "-l host=2")
    ids = machine.array(["true"] * 1000)
    machine.running(blocker)
    times = []
    for _ in range(10):
        began = time.perf_counter()
        assert len(machine.backend.status(ids)) == 1000
        times.append(time.perf_counter() - began)
    print(f"\nthe status of 1,000 jobs: {sorted(times)[5] * 1000:.1f} ms (median of 10)")
    machine.backend.delete(ids)
    assert {status.state for status in machine.ended(*ids)} == {JobState.ERROR}
