"""Claimed jobs in the core: what they find around them, and what is left of them."""

from __future__ import annotations

import json
import os
import secrets
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.job import Job
from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.pairio.compute.config import Registration
from pydra_oar_jupyter.pairio.compute.containers import Container, Runtime
from pydra_oar_jupyter.pairio.compute.launch import Launcher
from pydra_oar_jupyter.pairio.compute.resources import Site
from pydra_oar_jupyter.pairio.keys import Key
from tests.conftest import PATIENCE
from tests.pairio.compute.jobs import claim
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydra_oar_jupyter.pairio.compute.launch import Claim

# A program that tells what it has found, and ends when it may.
_APP = """\
import json, os, sys, time
from pathlib import Path
place = Path({place!r})
told = place / (os.environ["JOB_ID"] + ".json")
facts = {{"env": dict(os.environ), "cwd": os.getcwd(), "argv": sys.argv}}
Path("left").touch()
told.with_suffix(".new").write_text(json.dumps(facts))
told.with_suffix(".new").rename(told)
while (place / "stay").exists():
    time.sleep(0.05)
sys.exit((place / "fail").exists())
"""
ODD = "a 'quoted' \"value\" with $HOME, `id`, \\\\ and\nlines; é€ \t"


class Machine:
    """A launcher with one app, and where that tells what it found."""

    def __init__(self, place: Path, backend: str, client: str = "client1") -> None:
        self.place, self.backend = place, backend
        self.directory = place / "client"
        app = place / "main.py"
        app.write_text(_APP.format(place=str(place)))
        registration = Registration("http://127.0.0.1:1/secret", client, Key("k"), "name")
        site = Site.of(get_backend(backend).resources())
        runtime = Runtime(Container.NONE, sys.executable)
        self.launcher = Launcher(
            registration, self.directory, backend, runtime, {"mine": app}, site
        )

    def launch(self, *claims: Claim) -> list[Job]:
        jobs = self.launcher.launch(claims)
        assert all(isinstance(job, Job) for job in jobs), jobs
        return [job for job in jobs if isinstance(job, Job)]

    def told(self, number: int = 1) -> dict:
        path = self.place / f"job{number}.json"
        wait_until(path.exists, PATIENCE)
        return json.loads(path.read_text())

    @property
    def work(self) -> list[Path]:
        """The directories that jobs have."""
        return list((self.directory / "work").iterdir())


@pytest.fixture
def machine(backend: str, spool: Path) -> Machine:
    return Machine(spool.parent, backend)


def refusal(machine: Machine, one: Claim) -> str:
    (error,) = machine.launcher.launch([one])
    assert isinstance(error, OarError)
    assert machine.work == []
    return str(error)


class TestSurroundings:
    def test_a_program_finds_what_the_protocol_says(self, machine: Machine) -> None:
        (machine.place / "stay").touch()
        (job,) = machine.launch(claim(1, {"ODD": ODD, "OTHER": ""}, timeSec=599.5))
        told = machine.told()
        (place,) = machine.work
        env = told["env"]
        assert env["ODD"] == ODD
        assert env["OTHER"] == ""
        assert env["JOB_ID"] == "job1"
        assert env["JOB_PRIVATE_KEY"] == "key-of-job 1"
        assert env["JOB_TIMEOUT_SEC"] == "600"
        assert env["COMPUTE_CLIENT_ID"] == "client1"
        assert env["PROCESSOR_EXECUTABLE"] == str(machine.place / "main.py")
        assert env["PAIRIO_API_URL"] == "http://127.0.0.1:1/secret"
        assert env["PYTHONUNBUFFERED"] == "1"
        assert env["PAIRIO_JOB_CLEANUP_DIR"] == str(place)
        assert env["PAIRIO_JOB_WORKING_DIR"] == told["cwd"] == str(place / "working")
        assert env["TMPDIR"] == str(place / "tmp")
        assert env["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
        (machine.place / "stay").unlink()
        assert job.wait(PATIENCE).ok

    def test_nothing_of_this_process_s_own_comes_along(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PAIRIO_API_KEY", "of its owner")
        (job,) = machine.launch(claim())
        assert job.wait(PATIENCE).ok
        assert "PAIRIO_API_KEY" not in machine.told()["env"]

    def test_keys_and_secrets_are_in_no_command_line_and_in_files_of_ours_alone(
        self, machine: Machine
    ) -> None:
        (machine.place / "stay").touch()
        secret = secrets.token_hex(8)
        (job,) = machine.launch(claim(1, {"TOKEN": secret}))
        machine.told()
        hidden = secret, "key-of-job 1"
        assert _command_lines_with("main.py"), "the program is not to be seen in /proc"
        assert not [line for word in hidden for line in _command_lines_with(word)]
        holding = _files_with(machine.place, hidden)
        assert [path.name for path in holding] == ["_pairio_run.sh", "job1.json"]
        script = holding[0]
        assert stat.S_IMODE(script.stat().st_mode) == 0o600
        for above in (script.parent, script.parent / "working", machine.directory):
            assert stat.S_IMODE(above.stat().st_mode) == 0o700
        (machine.place / "stay").unlink()
        assert job.wait(PATIENCE).ok

    @pytest.mark.parametrize(
        "name", ["PATH", "LD_PRELOAD", "PYTHONPATH", "JOB_ID", "OAR_NODEFILE", "BASH_ENV"]
    )
    def test_a_secret_can_t_make_a_program_another(self, machine: Machine, name: str) -> None:
        assert f"A secret can't be called {name}" in refusal(machine, claim(1, {name: "x"}))

    @pytest.mark.parametrize("name", ["A B", "A;id", "1", "", "Ä", "A\n"])
    def test_a_secret_s_name_must_be_one(self, machine: Machine, name: str) -> None:
        assert "can't be a variable" in refusal(machine, claim(1, {name: "x"}))

    def test_a_value_without_an_end(self, machine: Machine) -> None:
        assert "can't be a variable" in refusal(machine, claim(1, {"A": "x\0y"}))

    def test_an_app_that_is_not_here(self, machine: Machine) -> None:
        assert "There is no app 'other'" in refusal(machine, claim(app="other"))

    def test_more_than_the_site_has(self, machine: Machine) -> None:
        assert "no GPUs" in refusal(machine, claim(numGpus=1))
        (job,) = machine.launch(claim(numCpus=1000))
        assert not job.wait(PATIENCE).ok
        assert "enough resources" in str(job.outcome)


class TestTogether:
    def test_jobs_that_need_the_same_are_one_array(self, machine: Machine) -> None:
        jobs = machine.launch(claim(1), claim(2, numCpus=2), claim(3), claim(4))
        for job in jobs:
            assert job.wait(PATIENCE).ok
        assert [machine.told(number)["env"]["JOB_ID"] for number in range(1, 5)] == [
            job.spec.source.split(":")[1].split("@")[0] for job in jobs
        ]
        sizes = [len(one.jobs) for one in all_jobs().spool.submissions()]
        assert sorted(sizes) == [1, 3]

    def test_one_that_can_t_run_does_not_keep_the_others(self, machine: Machine) -> None:
        first, wrong, last = machine.launcher.launch([claim(1), claim(2, app="other"), claim(3)])
        assert isinstance(wrong, OarError)
        for job in (first, last):
            assert isinstance(job, Job)
            assert job.wait(PATIENCE).ok


class TestAfterwards:
    def test_of_a_job_that_went_well_nothing_is_left(self, machine: Machine) -> None:
        (job,) = machine.launch(claim())
        assert job.wait(PATIENCE).ok
        machine.launcher.clean(job, keep=False)
        assert machine.work == []
        assert not job.directory.path.exists()

    def test_submissions_of_which_nothing_is_left_go_at_the_next_start(
        self, machine: Machine
    ) -> None:
        done, other = machine.launch(claim(1), claim(2, numCpus=2))
        for job in (done, other):
            assert job.wait(PATIENCE).ok
        machine.launcher.clean(done, keep=False)
        Machine(machine.place, machine.backend).launcher.sweep([other])
        (left,) = all_jobs().spool.submissions()
        assert [job.id for job in left.jobs] == [other.directory.id]

    def test_of_one_that_failed_what_it_said_is_left_and_no_secret(self, machine: Machine) -> None:
        (machine.place / "fail").touch()
        (job,) = machine.launch(claim(1, {"TOKEN": "s3cr3t-value"}))
        assert not job.wait(PATIENCE).ok
        machine.launcher.clean(job, keep=True)
        (machine.place / "job1.json").unlink()
        assert machine.work == []
        assert job.directory.stderr.exists()
        assert _files_with(machine.place, ("s3cr3t-value", "key-of-job 1")) == []

    def test_another_process_finds_them_again(self, machine: Machine) -> None:
        (machine.place / "stay").touch()
        jobs = machine.launch(claim(1), claim(2))
        machine.told(1), machine.told(2)
        all_jobs.cache_clear()  # what a process keeps in memory
        again = Machine(machine.place, machine.backend)
        other = Machine(machine.place, machine.backend, "client2")
        found = again.launcher.recall()
        assert {name: [j.directory.id for j in told] for name, told in found.items()} == {
            "job1": [jobs[0].directory.id],
            "job2": [jobs[1].directory.id],
        }
        assert other.launcher.recall() == {}
        again.launcher.sweep(found["job1"])
        assert [path.name for path in again.work] == [jobs[0].directory.id]
        (machine.place / "stay").unlink()
        for (job,) in found.values():
            assert job.wait(PATIENCE).ok


def _command_lines_with(word: str) -> list[str]:
    """The command lines of all processes in which a word is."""
    found = []
    for path in Path("/proc").glob("[1-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if word in line and path.parent.name != str(os.getpid()):
            found.append(line)
    return found


def _files_with(folder: Path, words: Sequence[str]) -> list[Path]:
    """The files in which one of these words is, by their names."""
    files = (path for path in folder.rglob("*") if path.is_file())
    holding = [path for path in files if any(w.encode() in path.read_bytes() for w in words)]
    return sorted(holding, key=lambda path: path.name)
