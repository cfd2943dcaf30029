"""What the core must stand: kernels killed at any instant, a scheduler that does not answer."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.errors import Refused, SpoolError
from pydra_oar_jupyter.core.jobs import Jobs, all_jobs, jobs
from pydra_oar_jupyter.core.outcome import Ending
from pydra_oar_jupyter.core.process import alive, identity
from pydra_oar_jupyter.core.spool import JobSpec, Submission
from pydra_oar_jupyter.core.state import JobState
from tests.faults import fault
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydra_oar_jupyter.core.job import Job
    from tests.commands import Commands

    Run = Callable[..., list[Job]]

LONG = 120
oar_only = pytest.mark.parametrize(
    "backend", [pytest.param("oar", marks=pytest.mark.cluster)], indirect=True
)

# A kernel in small: it submits a job that appends a line to a file, and says what it does.
KERNEL = """
import os, signal, sys, time
from pathlib import Path
from pydra_oar_jupyter.core import spool as spools, tracker
from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.core.script import job_script

def die():
    os.kill(os.getpid(), signal.SIGKILL)

jobs = all_jobs()
directory = jobs.spool.new_job()
work = f"echo ran >>{sys.argv[1]}; sleep 2; echo done"
directory.script.write_text(job_script(directory, work))
spec = spools.JobSpec("killed", "script", ("-l", "core=1"), os.getcwd(), work)
jobs.spool.add_job(directory, spec)
INSTANT
"""
INSTANTS = {
    "before the submission is written down": "die()",
    "when it is written down": """
        new = jobs.spool.new_submission
        jobs.spool.new_submission = lambda *args: (new(*args), die())
        jobs.submit([directory])
        time.sleep(60)""",
    "once the scheduler has it": """
        from pydra_oar_jupyter.core import delivery
        write = spools.Submission.write
        spools.Submission.write = lambda self: die() if self.ids else write(self)
        jobs.submit([directory])
        time.sleep(60)""",
    "while the job runs": """
        job, = jobs.submit([directory])
        while not job.started:
            time.sleep(0.02)
        die()""",
}


@pytest.mark.parametrize("instant", INSTANTS)
def test_a_kernel_is_killed(
    instant: str,
    spool: Path,
    backend: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trace = spool.parent / f"trace-{spool.name}"
    code = KERNEL.replace("INSTANT", textwrap.dedent(INSTANTS[instant]))
    monkeypatch.setattr("pydra_oar_jupyter.core.delivery._ARRIVING", 3.0)
    monkeypatch.setattr("pydra_oar_jupyter.core.jobs._ON_ITS_WAY", 0.0)
    killed = subprocess.run([sys.executable, "-c", code, str(trace)], timeout=LONG)
    assert killed.returncode == -signal.SIGKILL

    found = jobs()
    assert [job.name for job in found] == ["killed"]
    end = found[0].wait(LONG)
    if "written down" in instant:
        assert end.ending is Ending.NEVER_SENT
        assert not trace.exists()
    else:
        assert end.ok
        assert found[0].stdout == "done\n"
        assert trace.read_text() == "ran\n"
    trace.unlink(missing_ok=True)


@oar_only
def test_a_kernel_is_killed_while_oarsub_goes_on(
    spool: Path, backend: str, commands: Commands
) -> None:
    trace = spool.parent / f"trace-{spool.name}"
    commands.set("hang", "oarsub")
    code = KERNEL.replace("INSTANT", "jobs.submit([directory])\ntime.sleep(60)")
    kernel = subprocess.Popen([sys.executable, "-c", code, str(trace)])
    wait_until(lambda: commands["oarsub"] == 1, LONG)
    kernel.kill()
    kernel.wait()
    (found,) = jobs()
    assert found.id is None
    commands.clear("hang", "oarsub")
    assert found.wait(LONG).ok
    assert commands["oarsub"] == 1
    assert trace.read_text() == "ran\n"
    trace.unlink()


@oar_only
@pytest.mark.parametrize("fault", ["fail", "hang"])
def test_results_come_while_oarstat_does_not_answer(
    run: Run, commands: Commands, fault: str
) -> None:
    commands.set(fault, "oarstat")
    (one,) = run("sleep 3; echo done")
    if fault == "fail":
        wait_until(lambda: one.trouble, LONG)
        assert "oarstat" in one.trouble.message
    assert one.result(LONG) == 0
    assert one.stdout == "done\n"
    commands.clear(fault, "oarstat")


@oar_only
def test_a_deletion_is_told_once_oarstat_answers_again(run: Run, commands: Commands) -> None:
    (one,) = run("sleep 300")
    wait_until(lambda: one.state is JobState.RUNNING, LONG)
    commands.set("fail", "oarstat")
    get_backend("oar").delete([one.submitted()])
    wait_until(lambda: one.trouble, LONG)
    assert not one.done()
    commands.clear("fail", "oarstat")
    assert one.wait(LONG).ending is Ending.DELETED
    assert one.trouble is None


@oar_only
@pytest.mark.alone
def test_the_database_restarts_during_a_submission_and_a_run(run: Run) -> None:
    (running,) = run("sleep 5; echo first")
    wait_until(lambda: running.state is JobState.RUNNING, LONG)
    fault("stop-database")
    try:
        (waiting,) = run("echo second")
        with pytest.raises(TimeoutError):
            waiting.submitted(3)
    finally:
        fault("start-database")
    assert running.result(LONG) == 0
    assert waiting.result(LONG) == 0
    assert (running.stdout, waiting.stdout) == ("first\n", "second\n")
    assert len([job for job in jobs() if job.id]) == 2


@oar_only
@pytest.mark.alone
def test_a_preempted_job_is_followed_to_the_one_in_its_place(run: Run) -> None:
    options = "-t besteffort -t idempotent -l host=2/core=4"
    (cheap,) = run(
        "[ -e again ] || hold=1; echo $OAR_JOB_ID; sleep ${hold:+300} 0", options=options
    )
    first = cheap.submitted(LONG)
    wait_until(lambda: cheap.stdout, LONG)
    again = all_jobs().spool.root.parent / "again"
    again.touch()
    (dear,) = run("true", options="-l host=1/core=1")
    try:
        assert dear.wait(LONG).ok
        assert cheap.wait(LONG).ok
    finally:
        again.unlink()
    assert cheap.id != first
    assert cheap.stdout == f"{first}\n{cheap.id}\n"


@oar_only
@pytest.mark.alone
def test_a_preempted_job_that_is_not_run_again_says_so(run: Run) -> None:
    (cheap,) = run("sleep 300", options="-t besteffort -l host=2/core=4")
    wait_until(lambda: cheap.state is JobState.RUNNING, LONG)
    (dear,) = run("true", options="-l host=1/core=1")
    assert dear.wait(LONG).ok
    end = cheap.wait(LONG)
    assert end.ending is Ending.PREEMPTED
    assert "idempotent" in end.advice


@oar_only
@pytest.mark.alone
def test_a_node_that_dies_is_no_deletion(run: Run) -> None:
    (one,) = run("sleep 300", options="-l host=1/core=1 -p \"host='oarnode2'\"")
    wait_until(lambda: one.state is JobState.RUNNING, LONG)
    try:
        fault("kill-node", "oarnode2")
        end = one.wait(LONG)
    finally:
        fault("return-node", "oarnode2")
    assert end.ending is Ending.NODE_LOST
    assert "oarnode2" in str(end)


def test_a_spool_that_cannot_be_read_for_a_while(run: Run) -> None:
    if os.getuid() == 0:
        pytest.skip("root reads everything: run it as another account")
    (one,) = run("sleep 3; echo done")
    wait_until(lambda: one.started, LONG)
    one.directory.path.chmod(0)
    try:
        wait_until(lambda: one.trouble, LONG)
        assert "Permission denied" in one.trouble.message
    finally:
        one.directory.path.chmod(0o700)
    assert one.result(LONG) == 0


def test_a_job_whose_directory_is_gone_is_no_riddle(run: Run) -> None:
    (one,) = run("true")
    one.wait(LONG)
    shutil.rmtree(one.directory.path)
    assert one.stdout == ""
    all_jobs.cache_clear()
    assert jobs() == []


@oar_only
def test_a_full_disk_at_the_submission_loses_no_job(run: Run, commands: Commands) -> None:
    """What oarsub says can't be kept, and neither can the ids: its job is found by its name."""
    commands.set("mute", "oarsub")
    (one,) = run("sleep 1; echo done")
    assert one.result(LONG) == 0
    assert one.stdout == "done\n"
    assert commands["oarsub"] == 1
    assert one.state is JobState.TERMINATED


def test_ids_that_cannot_be_written_are_no_refusal(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Submission) -> None:
        if self.ids:
            raise SpoolError("No space left on device")
        write(self)

    write = Submission.write
    monkeypatch.setattr(Submission, "write", full)
    (one,) = run("sleep 1; echo done")
    assert one.result(LONG) == 0
    assert one.stdout == "done\n"
    monkeypatch.undo()
    assert Jobs(all_jobs().spool).all()[0].wait(LONG).ok


@oar_only
def test_a_part_of_an_array_is_not_taken_for_it(run: Run, spool: Path, commands: Commands) -> None:
    jobs_ = all_jobs()
    directories = [jobs_.spool.new_job(), jobs_.spool.new_job()]
    for directory in directories:
        jobs_.spool.add_job(directory, JobSpec("part", "script", (), str(spool), "true"))
    submission = jobs_.spool.new_submission("oar", directories)
    words = ["oarsub", "-n", submission.tag, "-d", str(spool), "-l", "core=1", "--hold", "sleep 60"]
    submission.answer.touch()
    subprocess.run(words, check=True, capture_output=True)
    assert get_backend("oar").find(submission) == []
    # It was cut short in the middle: it must not run.
    mine = [one for one in get_backend("oar").jobs() if one.name == submission.tag]
    wait_until(lambda: not [one for one in get_backend("oar").jobs() if one in mine], LONG)


@pytest.mark.parametrize("sender", ["elsewhere:1:1", f"{os.uname().nodename}:1:0"])
def test_a_sender_that_cannot_be_seen_is_given_up_late(
    spool: Path, backend: str, sender: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pydra_oar_jupyter.core.delivery._ARRIVING", 1.0)
    monkeypatch.setattr("pydra_oar_jupyter.core.delivery._ARRIVING_FROM_ELSEWHERE", 3.0)
    there = all_jobs().spool
    directory = there.new_job()
    there.add_job(directory, JobSpec("lost", "script", (), str(spool), "true"))
    submission = there.new_submission(backend, [directory])
    submission.sender = sender
    submission.write()
    before = time.monotonic()
    assert jobs()[0].wait(LONG).ending is Ending.NEVER_SENT
    assert time.monotonic() - before > (3 if sender.startswith("else") else 1)


def test_a_zombie_does_not_run() -> None:
    process = subprocess.Popen(["true"])
    wait_until(lambda: not alive(identity_or_none(process.pid)), LONG)
    process.wait()


def identity_or_none(pid: int) -> str:
    try:
        return identity(pid)
    except ProcessLookupError:
        return ""


SSH = """#!/bin/sh
# As ssh does: a host, and words that a shell at the other end is given in one line.
shift
case "$*" in oarsub*) if [ -e "$0-cut" ]; then
    rm "$0-cut"
    (sleep 4; exec sh -c "$*") </dev/null >/dev/null 2>&1 &
    echo "Connection to frontend closed by remote host." >&2
    exit 255
fi;; esac
exec sh -c "$*"
"""


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What hands words on as ssh does; the backend ``oar`` uses it."""
    script = tmp_path / "ssh"
    script.write_text(SSH)
    script.chmod(0o755)
    monkeypatch.setenv("PYDRA_OAR_PREFIX", f"{script} frontend")
    return script


@oar_only
def test_commands_behind_ssh_are_quoted(run: Run, ssh: Path) -> None:
    name = 'a "b" $(touch x) `y` ; & # ü'
    (one,) = run("echo $OAR_JOB_ID", name=name, options="-l \"{host != 'a b'}/core=1\"")
    assert one.result(LONG) == 0
    assert one.stdout == f"{one.id}\n"
    assert one.status is None or one.status.name.startswith(name)
    found = one.backend.status([one.submitted()])
    assert found[one.submitted()].name.startswith(name)
    with pytest.raises(Refused, match="queue"):
        run("true", options="-q no-such-queue")[0].submitted(LONG)


@oar_only
def test_a_connection_that_is_lost_during_oarsub_submits_once(
    run: Run, ssh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pydra_oar_jupyter.backends.oar.commands._STRAY", 20.0)
    ssh.with_name("ssh-cut").touch()
    (one,) = run("echo done")
    assert one.result(LONG) == 0
    named = f"job_name like '%~{all_jobs().spool.submission_ids()[0]}'"
    listed = subprocess.run(["oarstat", "-J", "--sql", named], check=True, capture_output=True)
    assert len(json.loads(listed.stdout)) == 1
