"""The life of jobs on the embedded cluster: how they start, what they see, how they end."""

from __future__ import annotations

import os
import pwd
import shlex
import signal
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.core.errors import BackendError, Refused
from pydra_oar_jupyter.core.state import JobState, JobStatus
from tests.waiting import wait_until

if TYPE_CHECKING:
    from tests.backends.conftest import Machine

ALL = "-l host=2/core=2"


def kinds(status: JobStatus) -> list[str]:
    return [event.type for event in status.events]


@pytest.mark.parametrize(
    ("work", "code"),
    [("true", 0), ("exit 3", 768), ("nosuchcommand", 127 << 8), ("kill -9 $$", 9)],
)
def test_a_command_that_ends_is_terminated_with_its_wait_status(
    machine: Machine, work: str, code: int
) -> None:
    [status] = machine.ended(machine.submit(work))
    assert (status.state, status.exit_code) == (JobState.TERMINATED, code)
    assert kinds(status) == ["SWITCH_INTO_TERMINATE_STATE"]
    assert status.submitted <= status.started <= status.ended
    assert status.nodes == ("node1",)


def test_the_walltime_ends_a_job(machine: Machine) -> None:
    [status] = machine.ended(machine.submit("sleep 600", "-l core=1,walltime=0:0:1"))
    assert (status.state, status.exit_code) == (JobState.ERROR, None)
    assert kinds(status) == [
        "FRAG_JOB_REQUEST",
        "WALLTIME",
        "SEND_KILL_JOB",
        "SWITCH_INTO_ERROR_STATE",
    ]
    assert status.walltime == 1
    assert status.ended - status.started >= 1


def test_a_checkpoint_is_signalled_before_the_walltime(machine: Machine) -> None:
    work = "trap 'echo saved; exit 5' USR1; sleep 600 & wait"
    options = "-l core=1,walltime=0:0:30 --checkpoint 29 --signal 10"
    [status] = machine.ended(machine.submit(work, options))
    assert status.exit_code == 5 << 8
    assert kinds(status)[:2] == ["CHECKPOINT", "CHECKPOINT_SUCCESSFULL"]


def test_a_waiting_job_is_deleted_at_once(machine: Machine) -> None:
    machine.running(machine.submit("sleep 600", ALL))
    waiting = machine.submit("true")
    machine.backend.delete([waiting])
    status = machine.status(waiting)
    assert status.state is JobState.ERROR
    assert (status.started, status.exit_code) == (0, None)
    assert kinds(status) == ["FRAG_JOB_REQUEST"]


def test_a_running_job_is_deleted_with_all_its_processes(machine: Machine) -> None:
    stubborn = (
        "trap '' TERM HUP; touch ready; setsid sh -c 'trap \"\" TERM; sleep 600; sleep 600' &"
    )
    job = machine.submit(f"{stubborn} while :; do sleep 600; done")
    wait_until((machine.home / "ready").exists)
    machine.backend.delete([job])
    [status] = machine.ended(job)
    assert (status.state, status.exit_code) == (JobState.ERROR, None)
    assert kinds(status) == ["FRAG_JOB_REQUEST", "SEND_KILL_JOB", "SWITCH_INTO_ERROR_STATE"]
    user = pwd.getpwuid(os.getuid()).pw_name
    assert status.events[0].description == f"User {user} requested to frag the job {job}"
    wait_until(lambda: not machine.processes())


def test_no_trap_runs_at_a_deletion_as_none_does_on_oar(machine: Machine) -> None:
    job = machine.submit("trap 'touch cleaned; exit' TERM; touch ready; sleep 600 & wait")
    wait_until((machine.home / "ready").exists)
    machine.backend.delete([job])
    machine.ended(job)
    assert not (machine.home / "cleaned").exists()


def test_what_a_job_leaves_behind_is_killed_at_its_end(machine: Machine) -> None:
    machine.ended(machine.submit("setsid sleep 600 & (sleep 600 &) ; env -i sleep 600 &"))
    wait_until(lambda: not machine.processes())


def test_deleting_what_has_ended_changes_nothing(machine: Machine) -> None:
    job = machine.submit("true")
    [before] = machine.ended(job)
    machine.backend.delete([job])
    assert machine.status(job) == before


def test_an_unknown_job_cannot_be_deleted_but_others_with_it_are(machine: Machine) -> None:
    job = machine.submit("sleep 600")
    with pytest.raises(BackendError, match="Cannot delete 999: there is no such job"):
        machine.backend.delete([999, job])
    [status] = machine.ended(job)
    assert status.state is JobState.ERROR


def test_one_element_of_an_array_is_deleted(machine: Machine) -> None:
    ids = machine.array(["sleep 600", "sleep 600", "sleep 600"], "-l host=1")
    machine.running(ids[0])
    machine.backend.delete(ids[:1])
    machine.running(ids[2])
    assert machine.ended(ids[0])[0].state is JobState.ERROR
    assert machine.state(ids[1]) is JobState.RUNNING


def test_hold_and_resume(machine: Machine) -> None:
    held = machine.submit("true", "--hold")
    later = machine.submit("true")
    machine.ended(later)
    assert machine.state(held) is JobState.HOLD
    machine.backend.resume([held])
    assert machine.ended(held)[0].exit_code == 0

    machine.running(machine.submit("sleep 600", ALL))
    waiting = machine.submit("true")
    machine.backend.hold([waiting])
    assert machine.state(waiting) is JobState.HOLD
    machine.backend.resume([waiting])
    assert machine.state(waiting) is JobState.WAITING
    assert kinds(machine.status(waiting)) == ["HOLD_WAITING_JOB", "RESUME_JOB"]


def test_only_waiting_jobs_can_be_held_and_only_held_ones_resumed(machine: Machine) -> None:
    job = machine.submit("sleep 600")
    machine.running(job)
    with pytest.raises(BackendError, match=f"Cannot hold {job}"):
        machine.backend.hold([job])
    with pytest.raises(BackendError, match=f"Cannot resume {job}"):
        machine.backend.resume([job])


def test_a_job_waits_for_those_it_depends_on_however_they_end(machine: Machine) -> None:
    first = machine.submit("while ! [ -e go ]; do sleep 0.05; done; exit 1")
    second = machine.submit("true", f"-a {first}")
    third = machine.submit("true", f"-a {first} -a {second}")
    machine.running(first)
    status = machine.status(third)
    assert status.state is JobState.WAITING
    assert status.dependencies == (first, second)
    assert status.scheduled >= machine.status(second).scheduled > time.time()
    (machine.home / "go").touch()
    one, two, three = machine.ended(first, second, third)
    assert one.ended <= two.started
    assert two.ended <= three.started


def test_a_dependency_on_a_job_that_never_was_is_refused(machine: Machine) -> None:
    with pytest.raises(Refused, match="no job 4711"):
        machine.submit("true", "-a 4711")


def test_an_array_has_consecutive_ids_and_indices(machine: Machine) -> None:
    machine.submit("true")
    submission = machine.submission(
        ['echo "$OAR_JOB_ID $OAR_ARRAY_ID $OAR_ARRAY_INDEX"'] * 3, "-l core=1"
    )
    ids = machine.backend.submit(submission)
    assert ids == [2, 3, 4]
    statuses = machine.ended(*ids)
    assert [status.array_id for status in statuses] == [2, 2, 2]
    assert [status.array_index for status in statuses] == [1, 2, 3]
    assert [job.stdout.read_text() for job in submission.jobs] == ["2 2 1\n", "3 2 2\n", "4 2 3\n"]


def test_what_a_job_finds_around_it(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "do not pass on")
    monkeypatch.setenv("TZ", "Europe/Paris")
    monkeypatch.setenv("PATH", "/somewhere/else:" + os.environ["PATH"])
    work = 'pwd; cat "$OAR_NODEFILE"; cat "$OAR_RESOURCE_PROPERTIES_FILE"; env'
    submission = machine.submission([work], "-l host=2/core=1,walltime=1:2:3 --project optics")
    [job] = machine.backend.submit(submission)
    machine.ended(job)
    pwd_, *lines = submission.jobs[0].stdout.read_text().splitlines()
    assert pwd_ == str(machine.home)
    assert lines[:2] == ["node1", "node2"]
    assert " network_address = 'node1' , host = 'node1' , cpu = '1' , core = '1' " in lines[2]
    assert "core = '3'" in lines[3]
    found = dict(line.split("=", 1) for line in lines[4:])
    account = pwd.getpwuid(os.getuid())
    expected = {
        "OAR_JOB_ID": str(job),
        "OAR_JOBID": str(job),
        "OAR_ARRAY_ID": str(job),
        "OAR_ARRAY_INDEX": "1",
        "OAR_JOB_NAME": submission.tag,
        "OAR_PROJECT_NAME": "optics",
        "OAR_JOB_WALLTIME": "1:2:3",
        "OAR_JOB_WALLTIME_SECONDS": "3723",
        "OAR_WORKDIR": str(machine.home),
        "OAR_WORKING_DIRECTORY": str(machine.home),
        "OAR_O_WORKDIR": str(machine.home),
        "OAR_USER": account.pw_name,
        "OAR_NODE_FILE": found["OAR_NODEFILE"],
        "HOME": account.pw_dir,
        "USER": account.pw_name,
        "LOGNAME": account.pw_name,
        "TZ": "Europe/Paris",
    }
    assert {name: found.get(name) for name in expected} == expected
    assert "A_SECRET" not in found
    assert "/somewhere/else" not in found["PATH"]
    assert not Path(found["OAR_NODEFILE"]).exists()


def test_signals_of_a_job_are_as_after_a_login(machine: Machine) -> None:
    submission = machine.submission(["grep -E 'Sig(Ign|Blk)' /proc/self/status"])
    machine.ended(*machine.backend.submit(submission))
    text = submission.jobs[0].stdout.read_text()
    masks = [int(line.split()[1], 16) for line in text.splitlines()]
    ours = ~(1 << 31 | 1 << 32)  # signals 32 and 33 are the C library's own
    assert [mask & ours for mask in masks] == [0, 0]


def test_the_output_around_the_script_is_kept(machine: Machine) -> None:
    submission = machine.submission(["echo out >&3; echo err >&4"])
    submission.jobs[0].script.write_text("echo out; echo err >&2")
    [job] = machine.backend.submit(submission)
    [status] = machine.ended(job)
    assert status.stdout_file == str(submission.path / f"{job}.out")
    assert Path(status.stdout_file).read_text() == "out\n"
    assert Path(status.stderr_file).read_text() == "err\n"

    submission = machine.submission(["true"], "-O run.%jobid%.out -E run.%jobid%.err")
    submission.jobs[0].script.write_text("echo out; echo err >&2")
    [job] = machine.backend.submit(submission)
    machine.ended(job)
    assert (machine.home / f"run.{job}.out").read_text() == "out\n"
    assert (machine.home / f"run.{job}.err").read_text() == "err\n"


@pytest.mark.parametrize(
    ("options", "kind"),
    [("-d /nonexistent", "WORKING_DIRECTORY"), ("-O /nonexistent/out", "OUTPUT_FILES")],
)
def test_a_job_that_cannot_be_started_says_why(machine: Machine, options: str, kind: str) -> None:
    [status] = machine.ended(machine.submit("true", options))
    assert (status.state, status.exit_code) == (JobState.ERROR, None)
    assert kinds(status) == ["SWITCH_INTO_ERROR_STATE", kind]


def test_jobs_queue_in_their_order_when_all_is_taken_and_need_nobody_to_start(
    machine: Machine,
) -> None:
    ids = machine.array(["while ! [ -e go ]; do sleep 0.05; done"], ALL)
    ids += machine.array(["echo $OAR_JOB_ID >>order; sleep 0.1"] * 4, ALL)
    machine.running(ids[0])
    planned = [machine.status(id_).scheduled for id_ in ids[1:]]
    assert planned == sorted(set(planned))
    assert min(planned) > time.time()
    (machine.home / "go").touch()
    order = machine.home / "order"
    # Nobody asks for their states here.
    wait_until(lambda: order.exists() and len(order.read_text().split()) == 4)
    assert order.read_text().split() == [str(id_) for id_ in ids[1:]]


def test_a_reservation_starts_at_its_date_without_anybody_asking(machine: Machine) -> None:
    date = datetime.now().replace(microsecond=0) + timedelta(seconds=3)
    job = machine.submit("touch here", f"-r '{date:%Y-%m-%d %H:%M:%S}'")
    status = machine.status(job)
    assert (status.state, status.scheduled) == (JobState.WAITING, date.timestamp())
    wait_until((machine.home / "here").exists)
    assert machine.ended(job)[0].started >= date.timestamp()


def test_a_reservation_in_the_past_is_refused(machine: Machine) -> None:
    with pytest.raises(Refused, match="is past"):
        machine.submit("true", "-r '2020-01-01 00:00:00'")


def test_a_besteffort_job_gives_way_and_is_run_again_if_idempotent(machine: Machine) -> None:
    ids = machine.array(["sleep 600"], "-t besteffort -t idempotent -l host=2/core=1")
    ids += machine.array(["sleep 600"], "-q besteffort -l host=2/core=1")
    for id_ in ids:
        assert machine.running(id_).queue == "besteffort"
    normal = machine.submit("while ! [ -e go ]; do sleep 0.05; done", ALL)
    machine.running(normal)
    first, second = machine.ended(*ids)
    for status in (first, second):
        assert (status.state, status.exit_code) == (JobState.ERROR, None)
        assert kinds(status)[:4] == [
            "BESTEFFORT_KILL",
            "FRAG_JOB_REQUEST",
            "SEND_KILL_JOB",
            "SWITCH_INTO_ERROR_STATE",
        ]
    assert kinds(first)[4:] == ["RESUBMIT_JOB_AUTOMATICALLY"]
    family = machine.backend.status([ids[0]])
    [again] = set(family) - {ids[0]}
    assert family[again].resubmitted_from == ids[0]
    assert family[again].state is JobState.WAITING
    assert len(machine.backend.status([ids[1]])) == 1
    (machine.home / "go").touch()
    machine.running(again)


def test_a_besteffort_job_is_left_alone_where_there_is_room(machine: Machine) -> None:
    soft = machine.submit("sleep 600", "-t besteffort -l host=1/core=1")
    machine.running(soft)
    machine.ended(machine.submit("true", "-l host=1/core=2"))
    assert machine.state(soft) is JobState.RUNNING


def test_a_program_is_told_what_becomes_of_a_job(machine: Machine, tmp_path: Path) -> None:
    told, program = tmp_path / "told", tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho "$1 $2 $3 $4" >>{shlex.quote(str(told))}\n')
    program.chmod(0o755)
    job = machine.submit("true", f"--notify '[RUNNING,END]exec:{program} extra'")
    wait_until(lambda: told.exists() and len(told.read_text().splitlines()) == 2)
    name = machine.status(job).name
    assert sorted(told.read_text().splitlines()) == sorted(
        f"extra {job} {name} {tag}" for tag in ("RUNNING", "END")
    )


def test_a_job_ended_by_a_signal_to_its_group(machine: Machine) -> None:
    job = machine.submit(f"kill -{signal.SIGSEGV} 0; sleep 600")
    [status] = machine.ended(job)
    assert status.state is JobState.TERMINATED
    assert (status.exit_code or 0) & 0x7F == signal.SIGSEGV
