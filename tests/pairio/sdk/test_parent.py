"""A job of an app, from its start as a process to its end at the service."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest
from sqlalchemy import update

from pydra_oar_jupyter.pairio.service.jobs.leases import expire
from pydra_oar_jupyter.pairio.service.tables import Job
from tests.conftest import PATIENCE
from tests.pairio.sdk.started import start
from tests.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path


def gone(pids):
    """Whether none of these processes runs."""
    for pid in pids:
        try:
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                return False
        except psutil.NoSuchProcess:
            pass
    return True


def pids_in(path: Path) -> list[int]:
    return [int(word) for word in path.read_text().split()] if path.exists() else []


def test_a_job_completes_with_its_output_and_its_console(trial, tmp_path):
    run = start(
        trial,
        tmp_path / "job",
        """
        import os, sys
        print("made with", os.environ["GREETING"])
        print("and a word aside", file=sys.stderr)
        open("made.txt", "w").write("what was made")
        context.output.upload("made.txt")
        assert not os.path.exists("made.txt")
        """,
        output="made.txt",
        GREETING="a secret",
    )
    job = run.wait()
    assert (job["status"], job["error"]) == ("completed", None), run.said
    (output,) = job["outputFileResults"]
    assert (output["size"], run.read(output["url"])) == (13, b"what was made")
    assert run.console == "made with a secret\nand a word aside\n"
    assert run.process.returncode == 0
    assert list((tmp_path / "job").iterdir()) == []  # cleaned


def test_inputs_are_downloaded_and_files_beside_the_outputs_are_kept(trial, tmp_path):
    first = start(trial, tmp_path / "first", "import pathlib; pathlib.Path('a').write_text('one');"
                  "context.output.upload('a', delete_local_file=False);"
                  "assert pathlib.Path('a').exists()", output="a.txt").wait()  # fmt: skip
    url = first["outputFileResults"][0]["url"]
    run = start(
        trial,
        tmp_path / "second",
        """
        from pydra_oar_jupyter.pairio.sdk import upload_additional_job_output
        one, two = context.inputs
        assert not one.is_local()
        one.download("here.txt")
        assert one.is_local() and one.get_local_file_name() == "here.txt"
        own = two.download()
        print(open("here.txt").read() + open(own).read(), own.endswith("-input"))
        print(upload_additional_job_output("here.txt", "notes/here.txt") != "")
        """,
        inputs={"inputs[0]": url, "inputs[1]": url},
    )
    job = run.wait()
    assert job["status"] == "completed", job["error"]
    assert run.console == "oneone True\nTrue\n"
    (other,) = job["otherFileOutputs"]
    assert (other["name"], run.read(other["url"])) == ("notes/here.txt", b"one")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise ValueError('too small')", ["ValueError: too small"]),
        ("import ctypes; print('so far', flush=True); ctypes.string_at(0)",
         ["ended by SIGSEGV", "so far", "Segmentation fault"]),
        ("import os; os._exit(3)", ["ended with exit code 3"]),
        ("import sys; sys.exit('no data today')", ["no data today"]),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", ["ended by SIGKILL", "memory"]),
        ("print('no word of the output')", ["without an upload of its output output"]),
        ("import os; os._exit(0)", ["The output 'output' of job", "not uploaded"]),
        ("context.output.upload('nowhere.txt')", ["FileNotFoundError", "nowhere.txt"]),
    ],
)  # fmt: skip
def test_a_job_that_fails_says_why(trial, tmp_path, code, words):
    run = start(trial, tmp_path / "job", code, output="never.txt")
    job = run.wait()
    assert job["status"] == "failed"
    for one in words:
        assert one in job["error"]
    assert run.process.returncode == 1


def test_an_app_that_cannot_begin_fails_its_job(trial, tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text("import nothing_of_that_name\n")
    run = start(trial, tmp_path / "job", "pass", PROCESSOR_EXECUTABLE=str(broken))
    job = run.wait()
    assert job["error"].startswith("ModuleNotFoundError: No module named 'nothing_of_that_name'")
    missing = start(trial, tmp_path / "job2", "pass", PROCESSOR_EXECUTABLE="/nowhere/app")
    assert "/nowhere/app can't be started" in missing.wait()["error"]


def test_console_output_comes_while_the_job_runs(trial, tmp_path):
    run = start(trial, tmp_path / "job", "import time; print('begun'); time.sleep(600)")
    run.when_it_says("begun")
    assert run.job()["status"] == "running"
    wait_until(lambda: run.resources, PATIENCE)
    trial.call("cancelJob", trial.key, jobId=run.id)
    run.wait()


def test_megabytes_and_bytes_that_are_no_text_are_uploaded(trial, tmp_path):
    run = start(
        trial,
        tmp_path / "job",
        r"""
        import os, sys
        for at in range(300):
            sys.stdout.write(f"\r{at} of 300")
        print(flush=True)
        os.write(1, b"caf\xe9 \xff\n")
        for at in range(200_000):
            print(f"line {at:06} " + "x" * 20)
        """,
    )
    assert run.wait()["status"] == "completed"
    lines = run.console.split("\n")
    assert lines[:2] == ["299 of 300", "caf\ufffd \ufffd"]
    assert lines[-2] == "line 199999 " + "x" * 20
    assert len(lines) == 200_003


def test_use_of_the_machine_is_sampled(trial, tmp_path):
    run = start(
        trial,
        tmp_path / "job",
        """
        import subprocess, sys, time
        keep = bytearray(150_000_000)
        busy = "import time; end = time.monotonic() + 2\\nwhile time.monotonic() < end: pass"
        subprocess.run([sys.executable, "-c", busy])
        """,
    )
    assert run.wait()["status"] == "completed"
    samples = run.resources
    assert len(samples) >= 4
    assert max(one["virtual_memory"]["used"] for one in samples) > 150_000_000
    assert all(0 <= one["virtual_memory"]["percent"] <= 100 for one in samples)
    assert max(one["cpu"]["percent"] for one in samples) > 10
    times = [one["timestamp"] for one in samples]
    assert times == sorted(times)
    for field in ("total", "available", "free", "cached"):
        assert samples[0]["virtual_memory"][field] > 0
    assert {"disk_io_counters", "net_io_counters", "gpu"} <= samples[0].keys()


FAMILY = '''
import os, signal, subprocess, sys, time
from pathlib import Path
stay = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
ours = [
    subprocess.Popen([sys.executable, "-c", stay]),
    subprocess.Popen([sys.executable, "-c", stay], start_new_session=True),
]
# One whose own parent ends at once.
orphan = f"""import subprocess, sys
print(subprocess.Popen([sys.executable, '-c', {stay!r}], stdout=subprocess.DEVNULL).pid)
"""
lost = subprocess.run([sys.executable, "-c", orphan], stdout=subprocess.PIPE, text=True,
                      start_new_session=True).stdout
pids = [os.getpid(), *(one.pid for one in ours), int(lost)]
new = Path(PIDS + ".new")
new.write_text(" ".join(map(str, pids)))
new.rename(PIDS)
'''


def family(tmp_path, more: str) -> tuple[Path, str]:
    pids = tmp_path / "pids"
    return pids, FAMILY.replace("PIDS", repr(str(pids))) + more


@pytest.mark.parametrize("end", ["cancelJob", "deleteJobs", "lease", "signal"])
def test_all_processes_end_when_a_running_job_is_ended(trial, tmp_path, end):
    path, code = family(tmp_path, "time.sleep(600)")
    run = start(trial, tmp_path / "job", code)
    pids = wait_until(lambda: pids_in(path), PATIENCE)
    began = time.monotonic()
    if end == "cancelJob":
        trial.call("cancelJob", trial.key, jobId=run.id)
    elif end == "deleteJobs":
        trial.call("deleteJobs", trial.key, userId="alice", jobIds=[run.id])
    elif end == "lease":
        take_away(trial, run.id)
    else:
        run.process.terminate()
    run.process.wait(PATIENCE)
    assert gone(pids)
    assert run.process.returncode == 1
    if end == "cancelJob":
        assert time.monotonic() - began < 30  # by the event: well before many questions
        job = run.wait()
        assert (job["status"], job["canceled"]) == ("failed", True)
        assert job["error"] == "Cancelled by alice."
    elif end == "lease":
        assert run.job()["status"] == "pending"  # for another compute client
    elif end == "signal":
        assert "stopped from outside" in run.wait()["error"]


def take_away(service, job_id):
    """What happens when its compute client was silent for longer than its lease."""
    with service.state.write() as session:
        session.execute(update(Job).where(Job.job_id == job_id).values(lease_until=0.0))
    expire(service.state)


def test_what_a_processor_leaves_behind_ends_with_the_job(trial, tmp_path):
    path, code = family(tmp_path, "print('done')")
    run = start(trial, tmp_path / "job", code)
    assert run.wait()["status"] == "completed"
    assert gone(pids_in(path))
    assert run.console == "done\n"


def test_a_job_that_takes_too_long_is_ended(trial, tmp_path):
    path, code = family(tmp_path, "print('slow'); time.sleep(600)")
    run = start(trial, tmp_path / "job", code, JOB_TIMEOUT_SEC="6")
    job = run.wait()
    assert job["error"] == "The job took longer than 6 s."
    assert gone(pids_in(path))
    assert "[pairio] The job took longer than 6 s." in run.console


def test_a_parent_that_is_killed_takes_its_child_along(trial, tmp_path):
    path, code = family(tmp_path, "time.sleep(600)")
    run = start(trial, tmp_path / "job", code)
    child, *others = wait_until(lambda: pids_in(path), PATIENCE)
    run.process.kill()
    wait_until(lambda: gone([child]), PATIENCE)
    for pid in others:
        os.kill(pid, signal.SIGKILL)
    run.wait()


def test_a_job_that_is_no_longer_its_own_is_not_begun(trial, tmp_path):
    run = start(trial, tmp_path / "job", "print('ran')", JOB_PRIVATE_KEY="another")
    run.wait()
    assert "was not run" in run.said
    assert run.process.returncode == 1
    assert run.job()["status"] == "starting"
    assert run.console == ""


def test_the_key_is_in_no_command_line_and_with_the_secrets_not_on_the_console(trial, tmp_path):
    run = start(
        trial,
        tmp_path / "job",
        """
        import os, psutil
        for process in [psutil.Process(), *psutil.Process().parents()]:
            print(process.cmdline())
        print(dict(os.environ))
        print(repr(context), context.model_dump())
        print("token", os.environ["TOKEN"], "pin", os.environ["PIN"])
        raise ValueError(os.environ["JOB_PRIVATE_KEY"])
        """,
        secrets={"TOKEN": "swordfish", "PIN": "12"},
    )
    job = run.wait()
    assert job["error"].startswith("ValueError: [hidden]")
    assert run.key not in run.console + str(job)
    assert "'JOB_PRIVATE_KEY': '[hidden]'" in run.console
    assert "token [hidden] pin 12\n" in run.console
    assert "swordfish" not in run.console + str(job)


def test_a_process_whose_job_has_begun_anew_elsewhere_ends_by_its_old_key(trial, tmp_path):
    path, code = family(tmp_path, "time.sleep(600)")
    run = start(trial, tmp_path / "job", code)
    pids = wait_until(lambda: pids_in(path), PATIENCE)
    run.process.send_signal(signal.SIGSTOP)
    take_away(trial, run.id)
    (again,) = trial.ask()["runnableJobs"]
    for status in ("starting", "running"):
        assert trial.tell(again, status).status_code == 200
    run.process.send_signal(signal.SIGCONT)
    run.process.wait(PATIENCE)
    assert gone(pids)
    job = run.wait()
    assert (job["status"], job["error"]) == ("running", None)
    assert "isn't the private key of job" in run.said
    assert run.process.returncode == 1


def test_environment_that_is_incomplete_is_said(trial, tmp_path):
    run = start(trial, tmp_path / "job", "pass", COMPUTE_CLIENT_ID="")
    run.wait()
    assert "COMPUTE_CLIENT_ID is not set" in run.said
    late = start(trial, tmp_path / "job2", "pass", JOB_TIMEOUT_SEC="soon")
    late.wait()
    assert "JOB_TIMEOUT_SEC is no number of seconds: 'soon'" in late.said


def test_a_public_url_is_enough_for_an_input(trial, tmp_path):
    """Nobody else's server gets the job's key."""
    import http.server
    import threading

    seen: list[str] = []

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(str(self.headers))
            self.send_response(200)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"data")

    server = http.server.HTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/data"
    run = start(trial, tmp_path / "job", "print(open(context.inputs[0].download()).read())",
                inputs={"inputs[0]": url})  # fmt: skip
    run.wait()
    server.shutdown()
    server.server_close()
    assert run.console == "data\n"
    assert run.key not in seen[0]
    assert "Authorization" not in seen[0]
    assert httpx.URL(url).host in seen[0]
