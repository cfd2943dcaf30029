"""Which resources a request gets on the embedded cluster, and what is refused."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.backends.local import Backend
from pydra_oar_jupyter.backends.local.cluster import Cluster
from pydra_oar_jupyter.core.errors import Refused, RequestError

if TYPE_CHECKING:
    from pydra_oar_jupyter.core.state import JobStatus
    from tests.backends.conftest import Machine


def cores(machine: Machine, options: str) -> list[int]:
    """The cores that a job with these options gets on the idle cluster."""
    submission = machine.submission(['cat "$OAR_RESOURCE_PROPERTIES_FILE"'], options)
    machine.ended(*machine.backend.submit(submission))
    lines = submission.jobs[0].stdout.read_text().splitlines()
    return [int(line.split(" core = '")[1].split("'")[0]) for line in lines]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", [1]),
        ("-l core=3", [1, 2, 3]),
        ("-l /nodes=1/core=1", [1]),
        ("-l host=2/core=1", [1, 3]),
        ("-l host=1", [1, 2]),
        ("-l /cpu=2/core=1", [1, 3]),
        ("-l host=ALL", [1, 2, 3, 4]),
        ("-l nodes=1/core=ALL", [1, 2]),
        ("-l host=BEST/core=1", [1, 3]),
        ("-l host=1/core=1 -p \"host='node2'\"", [3]),
        ("-l \"{host='node2'}/core=1+{cpuset='1'}/core=1\"", [2, 3]),
        ("-l \"{core > 2}/core=1,walltime=0:1\" -p 'core != 3'", [4]),
        ("-p \"mem > 1 and host LIKE 'node_' and lower(HOST) = 'node2'\"", [3]),
        ("-l host=2,walltime=2 -l core=1,walltime=1", [1]),
    ],
)
def test_a_request_gets_its_resources(machine: Machine, options: str, expected: list[int]) -> None:
    assert cores(machine, options) == expected


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            "-l host=3",
            "There are not enough resources for your request. "
            "There are 2 hosts of 2 cores, and 3 hosts were asked for.",
        ),
        ("-l host=1/core=3", "2 hosts of 2 cores, and 1 host with 3 cores was asked for."),
        ("-l core=1 -p 'core > 4'", "of which 0 cores match 'core > 4', and 1 core was asked for."),
        ("-l '{core=1}/core=1+{core=1}/core=1'", "of which 1 core matches 'core=1'"),
        ("-l core=1 -l core=5", "5 cores were asked for"),
        ("-l rack=1", "no property 'rack'. They have: resource_id, network_address, host"),
        ("-p 'memory > 1'", "no property 'memory'"),
        ("-p 'host=\"node1\"'", "no property 'node1'"),
        ("-p 'mem >'", "Bad resource request"),
        ("-p 'core IN (SELECT name FROM sqlite_master)'", "Bad resource request"),
        ("-p 'core = load_extension(1)'", "Bad resource request"),
        ("-p 'randomblob(1000000000) IS NULL'", "Bad resource request"),
        ("-q fast", "The queue fast does not exist. There are: admin, besteffort, default."),
        ("-t besteffort -r '2037-01-01 00:00:00'", "cannot both be of type besteffort"),
        ("--resubmit 1", "can't resubmit"),
    ],
)
def test_what_cannot_run_is_refused_in_a_plain_sentence(
    machine: Machine, options: str, said: str
) -> None:
    submission = machine.submission(["true"], options)
    with pytest.raises(Refused) as refusal:
        machine.backend.submit(submission)
    assert said in str(refusal.value)
    assert machine.backend.find(submission) == []
    assert machine.backend.jobs() == []


def test_a_condition_sees_nothing_but_the_resources(machine: Machine) -> None:
    machine.ended(machine.submit("true"))
    for table in ("jobs", "submissions", "events", "sqlite_master"):
        with pytest.raises(Refused):
            machine.submit("true", f"-p 'EXISTS (SELECT 1 FROM {table})'")


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        # So many combinations that nobody waits for the last one.
        (
            "EXISTS (SELECT 1 FROM "
            + ", ".join(f"resources r{n}" for n in range(12))
            + f" WHERE {' + '.join(f'r{n}.mem' for n in range(12))} < 0)",
            "it took longer than",
        ),
        (
            "(WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT n FROM x)",
            "not",
        ),
        ("mem = '\ud800'", "surrogates"),
        ("mem = '\0'", "null character"),
    ],
)
def test_a_condition_that_has_no_end_is_refused(condition: str, said: str) -> None:
    there = Cluster([
        {"resource_id": n, "host": f"node{n // 8}", "mem": 1 + n % 8} for n in range(64)
    ])  # fmt: skip
    with pytest.raises(Refused, match=said):
        there.matching(condition)


def test_what_was_asked_for_is_in_the_status(machine: Machine) -> None:
    options = "-l \"{core > 0}/core=1,walltime=0:10\" -p 'mem > 1' -t token:licence=1"
    status: JobStatus = machine.ended(machine.submit("true", f"{options} --project optics"))[0]
    assert status.resources == "-l {core > 0}core=1,walltime=0:10:00"
    assert status.properties == "mem > 1"
    assert status.types == ("token:licence=1",)
    assert (status.project, status.queue, status.walltime) == ("optics", "default", 600)
    assert machine.ended(machine.submit("true"))[0].walltime == 7200


def test_the_resources_show_who_holds_them(machine: Machine) -> None:
    before = machine.backend.resources()
    assert [one.host for one in before] == ["node1", "node1", "node2", "node2"]
    assert {one.state for one in before} == {"Alive"}
    job = machine.submit("sleep 600", "-l host=2/core=1")
    machine.running(job)
    assert [one.jobs for one in machine.backend.resources()] == [(job,), (), (job,), ()]


def test_without_a_shape_it_is_this_machine(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYDRA_OAR_LOCAL")
    resources = Backend().resources()
    assert {one.host for one in resources} == {os.uname().nodename}
    assert len(resources) == len(os.sched_getaffinity(0))


def test_a_shape_that_is_none_is_refused(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYDRA_OAR_LOCAL", "many")
    with pytest.raises(RequestError, match="HOSTSxCORES"):
        machine.submit("true")


def test_the_shape_can_change_while_jobs_run(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = machine.array(["sleep 600"] * 2, "-l host=2/core=2")
    machine.running(wide[0])
    monkeypatch.setenv("PYDRA_OAR_LOCAL", "1x2")
    small = machine.submit("true")
    machine.backend.delete(wide[:1])
    machine.ended(small)
    status = machine.status(wide[1])
    assert (status.state, status.scheduled) == ("Waiting", 0)


def test_the_command_is_one_that_a_person_could_type(machine: Machine) -> None:
    submission = machine.submission(["true"], "-l core=2")
    [job] = submission.jobs
    *words, last = shlex.split(machine.backend.command(submission))
    directory = str(machine.home)
    assert words == ["oarsub", "-l", "core=2", "-n", submission.tag, "-d", directory]
    assert shlex.split(last) == ["/bin/sh", str(job.script)]
