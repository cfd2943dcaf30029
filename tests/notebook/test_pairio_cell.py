"""Pairio's jobs in cells, seen from a real kernel that starts its own service."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from pydra_oar_jupyter.pairio.embedded import embedded_folder, join, known
from tests.in_cells import later
from tests.waiting import wait_until

HELLO = '%%pairio --time 60\nhello_world.hello_world_2(name="{}")'


@pytest.fixture
def pairio(spool, new_kernel):
    """Starts kernels; at the end, the service that they share has ended."""
    started = []

    def start():
        started.append(new_kernel())
        return started[-1]

    yield start
    for kernel in started:
        kernel.stop()
    found = known(embedded_folder())
    if found:
        (embedded_folder() / "kernels" / str(os.getpid())).unlink(missing_ok=True)
        wait_until(lambda: not found.runs)


@pytest.fixture
def cells(pairio):
    """One kernel."""
    return pairio()


def texts(ran):
    """What the cell shows, and the value last."""
    return [out["data"]["text/plain"] for out in ran.outputs if "data" in out]


def test_the_outputs_are_shown_and_the_value_is_the_job(cells):
    cell = cells.start(HELLO.format("world"))
    seen = cells.until(cell, lambda ran: ran.displays)
    assert seen.status == "◌ starting a Pairio service for this notebook…"
    ran = cells.finish(cell, seen)
    assert ran.error is None, ran.traceback
    status, head, output, value = texts(ran)
    assert re.match(r"✓ hello_world\.hello_world_2 · completed on \S+ · .* s.* · job \w+\n", status)
    assert head.startswith("── output (output) · 13 bytes")
    assert output == "Hello, world!"
    assert value.endswith('.outputs["output"]')
    assert 'target="_blank"' in ran.displays[0]["text/html"]
    assert cells.eval("_.outputs['output'].text()") == "Hello, world!"
    assert cells.eval("'hello_world' in globals(), type(Out[2]).__name__") == (False, "PairioJob")

    again = cells.run(HELLO.format("world") + ";")
    assert "from cache" in again.status
    assert again.value == {}
    ran = cells.run("%%pairio\nfirst = Out[2]\nhello_world.count_characters(input=first)")
    assert ran.error is None, ran.traceback
    assert json.loads(texts(ran)[2]) == {"num_characters": 13}
    assert cells.eval("_.jobDependencies == [first.jobId]")
    # The user's key is in nothing that a notebook saves.
    key = known(embedded_folder()).key
    assert key not in json.dumps([seen.messages, ran.messages], default=str)


def test_what_a_job_prints_and_why_it_failed(cells):
    ran = cells.run('%%pairio\nhello_world.hello_world_1(name="<b>you</b>")')
    assert ran.error is None, ran.traceback
    assert ran.stream() == "Hello, <b>you</b>!\n"
    assert "it only prints" in ran.value["text/plain"]

    ran = cells.run(
        "%%pairio --tag broken\n"
        'hello_world.count_characters(input=_.job_url.replace("job", "none"))'
    )
    assert ran.error["ename"] == "PairioJobFailed"
    assert ran.status.startswith("✗ hello_world.count_characters · ")
    lines = ran.traceback.splitlines()
    assert re.match(r"Job \w+ \(hello_world\.count_characters\) failed: .*Input 'input'", lines[0])
    traceback = "Traceback (most recent call last):"
    assert traceback in ran.stream()
    assert traceback not in lines  # it is said once
    assert re.match(r"See http://127\.0\.0\.1:\d+/job/\w+$", lines[-1])
    assert "notebook/" not in ran.traceback
    cells.run("from pydra_oar_jupyter.pairio.client import jobs")
    id_ = cells.eval("(job := jobs(tags=['broken'])[0]).jobId")
    again = cells.run("%%pairio\nhello_world.count_characters(input=job.inputFileUrlList[0])")
    assert again.error["evalue"].partition(" ")[2].startswith(id_)
    again = cells.run(
        "%%pairio --delete-failing\nhello_world.count_characters(input=job.inputFileUrlList[0])"
    )
    assert id_ not in again.traceback
    assert "There is no job" in cells.run(f"%pairio job {id_}").traceback


def test_several_outputs(cells):
    ran = cells.run("%%pairio\nspikes.simulate_recording(duration_sec=1.0)")
    assert ran.error is None, ran.traceback
    _, recording, spikes, times, value = texts(ran)
    assert recording.startswith("── recording (recording) · ")
    assert spikes.startswith("── spikes (spikes) · ")
    assert times.startswith("time_sec")
    assert value.endswith('has .outputs["recording"], .outputs["spikes"]')

    ran = cells.run('%%pairio\nspikes.detect_spikes(recording=_.outputs["recording"])')
    assert any('<img src="data:image/svg+xml;' in data["text/html"] for data in ran.displays)


def test_an_interrupt_cancels_or_leaves(cells):
    assert cells.run("%pairio services").error is None
    cell = cells.start('%%pairio --gpus 99\nhello_world.hello_world_1(name="a")')
    ran = cells.until(cell, lambda ran: "waiting for a compute client" in str(texts(ran)))
    cells.interrupt()
    ran = cells.finish(cell, ran)
    assert ran.error["ename"] == "KeyboardInterrupt"
    assert re.fullmatch(r"KeyboardInterrupt: job \w+ was cancelled\.", ran.traceback.strip())
    assert ran.status.startswith("■ hello_world.hello_world_1 · Cancelled by ")

    cell = cells.start('%%pairio --gpus 99 --keep\nhello_world.hello_world_1(name="b")')
    ran = cells.until(cell, lambda ran: "waiting for a compute client" in str(texts(ran)))
    cells.interrupt()
    ran = cells.finish(cell, ran)
    id_ = re.match(r"KeyboardInterrupt: job (\w+) goes on\.", ran.traceback)[1]
    assert id_ in cells.run("%pairio jobs pending").value["text/plain"]
    assert cells.complete("%pairio cancel ") == [id_]
    told = cells.run(f"%pairio cancel {id_}").stream()
    assert told == f"Job {id_} (hello_world.hello_world_1) is cancelled.\n"
    assert id_ in cells.run("%pairio jobs failed").value["text/plain"]


def test_a_job_that_nobody_can_take_says_so(cells):
    cell = cells.start('%%pairio --gpus 99\nhello_world.hello_world_1(name="a")')
    ran = cells.until(cell, lambda ran: "No compute client takes a job" in str(texts(ran)))
    assert "CPUs 1, GPUs 99" in ran.status
    cells.interrupt()
    assert "No compute client" not in cells.finish(cell, ran).status


def test_a_detached_job_is_shown_on(cells):
    assert cells.run("%pairio services").error is None
    cell = cells.start('%%pairio --detach\nhello_world.hello_world_1(name="d")')
    ran = cells.finish(cell)
    assert ran.error is None, ran.traceback
    assert ran.displays
    assert "%pairio job" in ran.value["text/plain"]
    later(cells, cell, ran, lambda ran: ran.status.startswith("✓"))
    id_ = cells.eval("(job := _).jobId")
    shown = cells.run("%pairio job job")
    assert shown.stream() == "Hello, d!\n"
    assert id_ in shown.value["text/plain"]


def test_verbs(cells):
    assert cells.run(HELLO.format("verbs") + "\n").error is None
    id_ = cells.eval("(one := _).jobId")
    assert "%%pairio [options]" in cells.run("%pairio").stream()
    cells.run("%pairio services --json")
    assert cells.eval("_[0]['service'], 'hello_world' in _[0]['apps']") == (
        "hello_world_service", True,
    )  # fmt: skip
    assert "count_characters" in cells.run("%pairio apps").value["text/html"]
    cells.run("%pairio jobs completed hello_world --json")
    assert cells.eval("[row['id'] for row in _]") == [id_]
    assert cells.run("%pairio jobs running").value["text/plain"] == "No such jobs."
    assert cells.run("%pairio jobs some-tag").value["text/plain"] == "No such jobs."
    assert "Hello, verbs!" in texts(cells.run("%pairio job one"))
    assert "has completed already" in cells.run("%pairio cancel one").stream()
    for line, words in [
        ("jbos", "Did you mean 'jobs'?"),
        ("job", "required: job"),
        ("job nothing", "There is no job 'nothing'"),
        ("apps no_service", "no_service"),
    ]:
        ran = cells.run(f"%pairio {line}")
        assert words in ran.traceback
        assert "notebook/" not in ran.traceback


WRONG = {
    "%%pairio -l core=1\nhello_world.hello_world_1()": "-l is an option of oarsub",
    "%%pairio --service none\n1": "none",
    "%%pairio\n# nothing": "The cell is empty",
    "%%pairio\nx = 1": "Write x in a line of its own",
    "%%pairio\n42": "This is of type int, and no job.",
    "%%pairio\nhello_world.hello_world_1": "which is not called",
    "%%pairio\nhello_world.hello_world_1(nam=1)": "Did you mean 'name'?",
    '%%pairio\nhello_world.hello_world_1("you")': "takes its arguments by name.\nIt takes name=…",
    "%%pairio\nhello_world.hello_wrld_1()": "Did you mean 'hello_world_1'?",
    "%%pairio\n1 / 0  # here": "----> 2 1 / 0  # here",
}


def test_what_is_wrong_is_said_before_anything_is_sent(cells):
    for cell, words in WRONG.items():
        ran = cells.run(cell)
        assert words in ran.traceback, cell
        assert "pydra_oar_jupyter/notebook" not in ran.traceback
    assert cells.run("%pairio jobs").value["text/plain"] == "No jobs."


def test_names_of_the_notebook_come_first(cells):
    cells.run("hello_world = 5")
    ran = cells.run("%%pairio\nhello_world + spikes")
    assert "TypeError" in ran.traceback
    assert cells.eval("hello_world, 'spikes' in globals()") == (5, False)
    assert cells.run("%%pairio\nspikes?").error is None


TABS = {
    "%%pairio --skip": ["--skip-cache"],
    "%%pairio --reserv": [],
    "%%pairio --service hello": ["hello_world_service"],
    "%%pairio\nhello_": ["hello_world"],
    "%%pairio --time 60\nx = hello_world.co": ["count_characters"],
    "%%pairio\nhello_world.hello_world_2(na": ["name="],
    "%%pairio\nhello_world.count_characters(input=1, incl": ["include_whitespace="],
    "%pairio ca": ["cancel"],
    "%pairio apps hello": ["hello_world_service"],
    "%pairio jobs hel": ["hello_world"],
    "%pairio jobs --us": ["--user"],
}


def test_tab(cells):
    assert cells.run("%pairio services").error is None
    assert {line: cells.complete(line) for line in TABS} == TABS


def test_kernels_share_a_service_that_survives_them(pairio):
    first, second = pairio(), pairio()
    assert first.run(HELLO.format("shared")).error is None
    where = first.eval("_.connection.url")
    first.stop(now=True)
    ran = second.run(HELLO.format("shared"))
    assert "from cache" in ran.status
    assert second.eval("_.connection.url") == where


def test_a_service_that_is_named(spool, new_kernel, monkeypatch):
    named = join()
    try:
        monkeypatch.setenv("PAIRIO_API_URL", named.url)
        monkeypatch.setenv("PAIRIO_API_KEY", str(named.key))
        kernel = new_kernel()
        ran = kernel.run(HELLO.format("named"))
        assert ran.error is None, ran.traceback
        assert "starting a Pairio service" not in str(ran.messages)
        using = [path.name for path in (embedded_folder() / "kernels").iterdir()]
        assert using == [str(os.getpid())]
        kernel.run("%env PAIRIO_API_KEY=wrong")
        ran = kernel.run(HELLO.format("other"))
        assert "does not take your key" in ran.traceback
        assert named.key not in str(ran.messages)
    finally:
        (embedded_folder() / "kernels" / str(os.getpid())).unlink()
        wait_until(lambda: not named.runs)


def test_another_service_may_be_named_at_any_time(cells):
    assert cells.run(HELLO.format("ours")).error is None
    ours = cells.eval("_.connection.url")
    for url in ("nonsense", "ftp://there"):
        cells.run(f"%env PAIRIO_API_URL={url}")
        assert f"{url!r} is no URL of a Pairio service" in cells.run("%pairio jobs").traceback
    cells.run(f"%env PAIRIO_API_URL={ours}\n%env PAIRIO_API_KEY=wrong")
    assert "does not take your key" in cells.run(HELLO.format("named")).traceback
    cells.run("import os\ndel os.environ['PAIRIO_API_URL'], os.environ['PAIRIO_API_KEY']")
    ran = cells.run(HELLO.format("ours"))
    assert "from cache" in ran.status
    cells.run("from pydra_oar_jupyter.pairio.client import jobs")
    assert cells.eval("len(jobs())") == 1


def test_without_what_pairio_needs(spool, kernel):
    kernel.run("import sys\nsys.modules['httpx'] = None")
    for line in ("%%pairio\n1", "%pairio jobs"):
        assert 'pip install "pydra-oar-jupyter[pairio]"' in kernel.run(line).traceback
    assert kernel.run("%pairio").error is None


def test_in_plain_ipython(spool, tmp_path):
    script = tmp_path / "session.ipy"
    script.write_text(
        "%load_ext pydra_oar_jupyter\n"
        "get_ipython().run_cell_magic('pairio', '', 'hello_world.hello_world_2(name=\"you\")\\n')\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", str(script)],
        capture_output=True,
        text=True,
        timeout=200,
        env={**os.environ, "IPYTHONDIR": str(tmp_path / "ipython")},
        check=False,
    )
    found = known(embedded_folder())
    wait_until(lambda: not found.runs)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("◌ starting a Pairio service")
    assert re.search(r"^✓ hello_world\.hello_world_2 · completed", done.stdout, re.MULTILINE)
    assert "Hello, you!" in done.stdout
    assert "<div" not in done.stdout
