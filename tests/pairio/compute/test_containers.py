"""Apps in containers: the command lines, and that nothing is left of a container.

docker and apptainer are stood in for by a program of ours, as tests have neither a daemon nor an
image: see `fake_container`.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.job import Job
from pydra_oar_jupyter.pairio.compute.config import Registration
from pydra_oar_jupyter.pairio.compute.containers import Container, Runtime
from pydra_oar_jupyter.pairio.compute.launch import Launcher
from pydra_oar_jupyter.pairio.compute.resources import Site
from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.keys import Key
from tests.conftest import PATIENCE
from tests.pairio.compute.jobs import claim
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydra_oar_jupyter.pairio.compute.launch import Claim

ODD = "two\nlines, 'quotes' and $HOME"


class Containers:
    """docker or apptainer, and what they were asked for."""

    def __init__(self, place: Path, kind: Container) -> None:
        self.place, self.kind = place, kind
        self.bin = place / "bin"
        self.bin.mkdir()
        command = self.bin / kind
        source = Path(__file__).with_name("fake_container.py").read_text()
        command.write_text(f"#!{sys.executable}\n{source}")
        command.chmod(0o755)
        # The program of the "image": where tests find it, it may not be removed with a job.
        self.program = place / "program"
        self.program.write_text(
            '#!/bin/sh\nenv -0 >"$0.env"\npwd >"$0.pwd"\n'
            'while [ -e "$0.stay" ]; do sleep 0.05; done\n'
        )
        self.program.chmod(0o755)
        self.stay = place / "program.stay"

    def launcher(self, url: str = "http://127.0.0.1:1") -> Launcher:
        runtime = Runtime.found(self.kind, "local", sys.executable)
        registration = Registration(url, "client1", Key("k"), "name")
        site = Site(cores=4, host_cores=4, host_gpus=2)
        return Launcher(registration, self.place / "client", "local", runtime, {}, site)

    def calls(self) -> list[dict[str, Any]]:
        path = self.bin / "calls"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def claim(self, **fields: Any) -> Claim:
        given = {"image": "example/app:1.0", "executable": str(self.program), **fields}
        return claim(1, {"TOKEN": ODD}, **given)

    def told(self) -> dict[str, str]:
        """The environment that the program has."""
        path = self.place / "program.env"
        wait_until(lambda: path.exists() and path.read_text().endswith("\0"), PATIENCE)
        pairs = (line.partition("=") for line in path.read_text().split("\0"))
        return {name: value for name, _, value in pairs}


@pytest.fixture
def made(spool: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Container], Containers]:
    def make(kind: Container) -> Containers:
        found = Containers(spool.parent, kind)
        monkeypatch.setenv("PATH", f"{found.bin}:{os.environ['PATH']}")
        return found

    return make


@pytest.fixture
def docker(made: Callable[[Container], Containers]) -> Containers:
    return made(Container.DOCKER)


@pytest.fixture
def apptainer(made: Callable[[Container], Containers]) -> Containers:
    return made(Container.APPTAINER)


def launch(launcher: Launcher, one: Claim) -> Job:
    (job,) = launcher.launch([one])
    assert isinstance(job, Job), job
    return job


def refusal(launcher: Launcher, one: Claim) -> str:
    (error,) = launcher.launch([one])
    assert isinstance(error, OarError)
    return str(error)


def test_docker_runs_the_image_with_the_job_s_directory_as_its_tmp(docker: Containers) -> None:
    launcher = docker.launcher("https://pairio.example.org")
    job = launch(launcher, docker.claim())
    assert job.wait(PATIENCE).ok, job.stderr
    (call,) = docker.calls()
    place = docker.place / "client" / "work" / job.directory.id
    assert call["words"] == [
        "run", "--rm", "--init", "--volume", f"{place}:/tmp", "--workdir", "/tmp/working",
        "--user", f"{os.getuid()}:{os.getgid()}", "--security-opt", "no-new-privileges",
        "--cpus", "1", "--entrypoint", "/bin/sh", "--cidfile", str(job.directory.path / "cid"),
        "example/app:1.0", "/tmp/_pairio_run.sh",
    ]  # fmt: skip
    assert (docker.place / "program.pwd").read_text().strip() == str(place / "working")


def test_apptainer_does_likewise(apptainer: Containers) -> None:
    job = launch(apptainer.launcher(), apptainer.claim(numGpus=0))
    assert job.wait(PATIENCE).ok, job.stderr
    (call,) = apptainer.calls()
    place = apptainer.place / "client" / "work" / job.directory.id
    node_file = call["env"]["OAR_NODEFILE"]
    assert call["words"] == [
        "exec", "--contain", "--cleanenv", "--bind", f"{place}:/tmp", "--pwd", "/tmp/working",
        "--env", f"OAR_NODEFILE={node_file}", "docker://example/app:1.0",
        "/bin/sh", "/tmp/_pairio_run.sh",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [Container.DOCKER, Container.APPTAINER])
def test_the_program_has_its_secrets_and_the_command_has_none(
    made: Callable[[Container], Containers], kind: Container
) -> None:
    containers = made(kind)
    job = launch(containers.launcher(), containers.claim())
    assert job.wait(PATIENCE).ok, job.stderr
    env = containers.told()
    assert env["TOKEN"] == ODD
    assert env["JOB_PRIVATE_KEY"] == "key-of-job 1"
    assert env["PROCESSOR_EXECUTABLE"] == str(containers.program)
    assert Path(env["PAIRIO_JOB_WORKING_DIR"]) == Path(env["PAIRIO_JOB_CLEANUP_DIR"]) / "working"
    (call,) = containers.calls()
    told = json.dumps(call)
    assert "key-of-job" not in told
    assert "TOKEN" not in told
    assert json.dumps(ODD)[1:-1] not in told


def test_a_service_on_this_machine_needs_the_host_s_network(docker: Containers) -> None:
    for url, shared in (
        ("http://localhost:3000/x", True),
        ("http://127.0.0.1:8050", True),
        ("http://[::1]:8050", True),
        ("http://127.evil.example.org", False),
        ("https://pairio.example.org", False),
    ):
        assert launch(docker.launcher(url), docker.claim()).wait(PATIENCE).ok
        words = docker.calls()[-1]["words"]
        assert ("--network host" in " ".join(words)) is shared, url


def test_gpus_are_asked_for(docker: Containers) -> None:
    runtime = Runtime.found(Container.DOCKER, "local", sys.executable)
    one = docker.claim(numGpus=2, numCpus=10_000)
    job, processor = one.job, one.processor
    from pydra_oar_jupyter.pairio.compute.containers import Program

    program = Program(processor.executable, processor.image, {})
    line = runtime.prepare(docker.place / "there", program, job.requiredResources, "http://x")
    assert "--gpus 2" in line
    assert f"--cpus {os.cpu_count()}" in line


def test_a_job_that_is_ended_takes_its_container_with_it(docker: Containers) -> None:
    docker.stay.touch()
    launcher = docker.launcher()
    job = launch(launcher, docker.claim())
    docker.told()
    job.cancel()
    assert not job.wait(PATIENCE).ok
    launcher.clean(job, keep=True)
    assert docker.calls()[-1]["words"] == ["rm", "--force", "ab" * 32]


def test_what_is_written_in_its_place_is_no_container(docker: Containers) -> None:
    docker.stay.touch()
    launcher = docker.launcher()
    job = launch(launcher, docker.claim())
    docker.told()
    job.cancel()
    job.wait(PATIENCE)
    (job.directory.path / "cid").write_text("--all")
    launcher.clean(job, keep=True)
    assert [call["words"][0] for call in docker.calls()] == ["run"]


@pytest.mark.parametrize("image", ["", "--privileged", "-v/:/host", "a b", "a;b", "a\nb"])
def test_an_image_s_name_is_no_option(docker: Containers, image: str) -> None:
    assert "no image's name" in refusal(docker.launcher(), docker.claim(image=image))
    assert docker.calls() == []


def test_a_directory_that_docker_would_read_otherwise(
    docker: Containers, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker.place = docker.place / "a:b"
    with pytest.raises(OarError, match="choose a path without"):
        docker.launcher()


def test_a_container_of_docker_would_outlive_a_job_of_oar() -> None:
    with pytest.raises(PairioError, match="Use --container apptainer"):
        Runtime.found(Container.DOCKER, "oar", sys.executable)


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PairioError, match="There is no apptainer on PATH"):
        Runtime.found(Container.APPTAINER, "local", sys.executable)


def test_every_option_is_one_of_the_real_docker(docker: Containers) -> None:
    """Where docker's own program is, even without a daemon, it knows all of them."""
    path = os.environ["PATH"].replace(f"{docker.bin}:", "")
    real = shutil.which("docker", path=path)
    if real is None:
        pytest.skip("docker is not installed")
    import subprocess

    help_ = subprocess.run([real, "run", "--help"], capture_output=True, text=True, check=True)
    launch(docker.launcher(), docker.claim()).wait(PATIENCE)
    options = {word for word in docker.calls()[0]["words"] if word.startswith("--")}
    assert options <= set(help_.stdout.replace(",", " ").split())
