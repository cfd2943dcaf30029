"""The command line: what it prints where, and how it exits."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys

import httpx
import pytest

from pydra_oar_jupyter.pairio.apps import APPS
from tests.waiting import wait_until

PROGRAM = [sys.executable, "-m", "pydra_oar_jupyter", "pairio"]


@pytest.fixture
def pairio(spool, tmp_path):
    """Runs a command on a service's data."""

    def run(*words, code=0):
        place = [] if words[0] in ("spec", "compute-client") else ["--data", str(tmp_path / "data")]
        done = subprocess.run(
            [*PROGRAM, *words, *place], capture_output=True, text=True, timeout=200, check=False
        )
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    return run


def test_accounts(pairio, tmp_path):
    key = pairio("user", "add", "alice").strip()
    assert re.fullmatch(r"[\w-]{40,}", key)
    other = pairio("user", "reset-key", "alice").strip()
    assert other != key
    assert key not in (tmp_path / "data" / "pairio.sqlite").read_bytes().decode("latin-1")
    pairio("user", "add", "bob")
    assert pairio("user", "list") == "alice\nbob\n"
    pairio("service", "add", "ours", "--owner", "alice")
    pairio("service", "allow", "ours", "bob", "--create-jobs", "--process-jobs")
    assert pairio("service", "list") == "ours  owner alice\n    bob  create-jobs, process-jobs\n"
    pairio("service", "allow", "ours", "bob")
    assert pairio("service", "list").endswith("    bob  nothing\n")


def test_apps(pairio, tmp_path):
    pairio("user", "add", "alice")
    pairio("service", "add", "ours", "--owner", "alice")
    text = pairio("spec", str(APPS["hello_world"]))
    spec = json.loads(text)
    assert spec["name"] == "hello_world"
    pairio("app", "add", "ours", str(APPS["hello_world"].parent))
    spec["processors"] = spec["processors"][:1]
    (tmp_path / "spec.json").write_text(json.dumps(spec))
    pairio("app", "add", "ours", str(tmp_path / "spec.json"))
    assert pairio("app", "list", "ours") == "ours  hello_world: hello_world_1\n"


WRONG = [
    (["user", "add", "a b"], 1, "A user can't be named 'a b'"),
    (["user", "reset-key", "nobody"], 1, "There is no user 'nobody'"),
    (["service", "add", "x", "--owner", "nobody"], 1, "There is no user 'nobody'"),
    (["app", "add", "x", "/nowhere/main.py"], 1, "/nowhere/main.py"),
    (["user", "list", "--database-url", "nonsense"], 1, "The database can't be used"),
    (["serve", "--files", "/tmp"], 1, "/tmp"),
    (["serve", "--host", "203.0.113.1"], 1, "can't listen at 203.0.113.1"),
    (["spec", "/etc/hostname"], 1, "does not tell its specification"),
    (["serve", "--port", "99999"], 2, "'99999' is no port"),
    (["user", "add"], 2, "the following arguments are required: user"),
    (["nothing"], 2, "invalid choice: 'nothing'"),
    (["compute-client"], 1, "set PAIRIO_API_URL"),
]


@pytest.mark.parametrize(("words", "code", "told"), WRONG, ids=[" ".join(w) for w, _, _ in WRONG])
def test_what_is_wrong_is_said_without_a_traceback(pairio, monkeypatch, words, code, told):
    monkeypatch.delenv("PAIRIO_API_URL", raising=False)
    said = pairio(*words, code=code)
    assert told in said
    assert "pydra_oar_jupyter/pairio" not in said


def _demo(tmp_path, port=0, *options):
    """A shell that takes over what a demonstration prints, and says so."""
    return subprocess.run(
        [
            "bash", "-c",
            f'eval "$({" ".join(PROGRAM)} serve --demo --port {port} --data {tmp_path}/demo '
            f'{" ".join(options)} '
            f'2>{tmp_path}/log & echo "echo $!" )"; echo $PAIRIO_API_URL $PAIRIO_API_KEY',
        ],
        stdout=subprocess.PIPE, text=True, timeout=200, check=True,
    ).stdout.split()  # fmt: skip


def test_a_demonstration_is_handed_to_a_shell(spool, tmp_path):
    pid, url, key = _demo(tmp_path)
    try:
        code = (
            "from pydra_oar_jupyter.pairio.client import service\n"
            "job = service('hello_world_service').hello_world.hello_world_2(name='x').submit()\n"
            "print(job.result(100)['output'].text())\n"
        )
        env = {**os.environ, "PAIRIO_API_URL": url, "PAIRIO_API_KEY": key}
        done = subprocess.run(
            [sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True, check=True
        )
        assert done.stdout == "Hello, x!\n"
        assert key not in (tmp_path / "log").read_text()
    finally:
        _end(pid, url)
    again, url, same = _demo(tmp_path, url.rpartition(":")[2])
    _end(again, url)
    assert same == key


def test_accounts_are_made_while_the_service_runs(spool, tmp_path):
    """Several programs are at the database at once; the first to end takes nothing from others."""
    pid, url, _ = _demo(tmp_path)
    try:
        for words in (
            ["service", "add", "ours", "--owner", "demo"],
            ["app", "add", "ours", str(APPS["hello_world"])],
        ):
            subprocess.run([*PROGRAM, *words, "--data", str(tmp_path / "demo")], check=True)
        for _ in range(3):
            asked = {"type": "getServiceRequest", "serviceName": "ours"}
            answer = httpx.post(f"{url}/api/getService", json=asked)
            assert answer.is_success, answer.text
            assert answer.json()["service"]["userId"] == "demo"
    finally:
        _end(pid, url)


def test_a_directory_is_served_once(spool, tmp_path):
    pid, url, _ = _demo(tmp_path)
    try:
        again = subprocess.run(
            [*PROGRAM, "serve", "--port", "0", "--data", str(tmp_path / "demo")],
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert again.returncode == 1
        assert again.stderr.strip() == f"A service runs with {tmp_path / 'demo'} already."
    finally:
        _end(pid, url)


def test_a_lease_that_compute_clients_can_not_keep_is_told(spool, tmp_path):
    pid, url, _ = _demo(tmp_path, 0, "--lease", "6")
    _end(pid, url)
    assert "--lease 6 is short" in (tmp_path / "log").read_text()


def _end(pid, url):
    os.kill(int(pid), signal.SIGTERM)
    wait_until(lambda: not _answers(url))


def _answers(url):
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


def test_a_compute_client(spool, tmp_path, monkeypatch, service):
    """It registers, runs what there is, and ends when it is told so."""
    monkeypatch.setenv("PAIRIO_API_URL", service.url)
    monkeypatch.setenv("PAIRIO_API_KEY", service.key)
    words = [
        *PROGRAM, "compute-client", "--dir", str(tmp_path / "client"), "--name", "mine",
        "--cpus", "2", "--jobs", "3", "--exit-when-idle",
    ]  # fmt: skip
    done = subprocess.run(words, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stdout
    assert service.key not in done.stderr
    found = httpx.post(
        f"{service.url}/api/getComputeClients", json={"type": "getComputeClientsRequest"},
        headers={"Authorization": f"Bearer {service.key}"},
    ).json()["computeClients"]  # fmt: skip
    slots = [(s["numCpus"], s["multiplicity"]) for one in found for s in one["computeSlots"]]
    assert ("mine", (2, 3)) in zip([one["computeClientName"] for one in found], slots, strict=True)
