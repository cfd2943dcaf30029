"""All that is told of one row, on every backend."""

from __future__ import annotations

import json
import os
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from pydra_oar_jupyter.core.backend import get_backend
from pydra_oar_jupyter.core.errors import OarError, RequestError
from pydra_oar_jupyter.core.origin import Origin
from pydra_oar_jupyter.core.outcome import Ending
from pydra_oar_jupyter.core.spool import JobDirectory
from pydra_oar_jupyter.core.state import SchedulerEvent
from pydra_oar_jupyter.monitor.details.events import in_words
from pydra_oar_jupyter.monitor.details.verb import details
from pydra_oar_jupyter.monitor.keys import (
    array_key,
    job_key,
    node_key,
    other_key,
    run_key,
    task_keys,
)
from pydra_oar_jupyter.workflows.runs.run import submit as submit_run
from tests.conftest import PATIENCE
from tests.monitor.conftest import forget_handles
from tests.waiting import wait_until
from tests.workflows.flows import End

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydra_oar_jupyter.core.job import Job
    from tests.conftest import Kernel

    Submit = Callable[..., list[Job]]

HOSTILE = "<img src=x onerror=alert(1)>\x1b]0;t\x07\u202e"


def of(job: Job) -> dict[str, Any]:
    found = details(key=job_key(job.directory.id))
    json.dumps(found)  # it travels
    return found


def facts(found: dict[str, Any]) -> dict[str, str]:
    return {fact["label"]: fact["value"] for fact in found["facts"]}


def test_a_job_that_is_done(submit: Submit, backend: str, spool: Path) -> None:
    (job,) = submit("echo out", name="fit", options="-l core=1,walltime=0:10:00 --project thesis")
    job.wait(PATIENCE)
    # What the job says itself comes before what the scheduler does.
    found = wait_until(lambda: [d for d in [of(job)] if d["events"]], PATIENCE)[0]
    assert shlex.split(found["asked"]) == list(job.spec.words)
    assert job.submission
    assert found["command"] == get_backend(backend).command(job.submission)
    assert found["command"].startswith("oarsub ")
    assert found["folder"] == str(job.directory.path)
    assert found["directory"] == job.spec.directory
    assert found["streams"] == ["stdout", "stderr"]
    assert (found["error"], found["advice"], found["origin"]) == ("", "", None)
    told = facts(found)
    assert told["How it ended"] == "done"
    assert told["Exit code"] == "0"
    assert told["Project"] == "thesis"
    assert not told.keys() & {"Submitted", "Node", "Walltime", "Queue"}  # the row has them


def test_each_end_is_explained(submit: Submit) -> None:
    (failed,) = submit("echo the reason >&2; exit 3")
    (deleted,) = submit("sleep 300")
    deleted.submitted(PATIENCE)
    wait_until(lambda: deleted.started, PATIENCE)
    deleted.cancel()
    assert failed.wait(PATIENCE).ending is Ending.EXITED
    assert deleted.wait(PATIENCE).ending is Ending.DELETED
    assert "it exited with 3" in of(failed)["error"]
    assert "the reason" in of(failed)["error"]
    found = of(deleted)
    assert f"it was deleted by {os.environ.get('USER', 'root')}" in found["error"]
    said = [event["text"] for event in found["events"]]
    assert any(text.endswith(" asked to delete it.") for text in said), found["events"]
    assert [e["time"] for e in found["events"]] == sorted(e["time"] for e in found["events"])


def test_a_job_that_waits_for_another(submit: Submit, backend: str) -> None:
    (first,) = submit("sleep 300", name="first")
    (second,) = submit("true", options=f"-l core=1 -a {first.submitted(PATIENCE)}")
    second.submitted(PATIENCE)
    assert of(second)["dependencies"] == [
        {"key": job_key(first.directory.id), "id": str(first.id), "name": "first"}
    ]
    first.cancel()


@pytest.mark.parametrize("backend", [pytest.param("oar", marks=pytest.mark.cluster)], indirect=True)
def test_the_rest_is_told_while_the_scheduler_is_silent(
    submit: Submit, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (job,) = submit("echo out")
    job.wait(PATIENCE)
    with monkeypatch.context() as patched:
        patched.setattr(get_backend("oar"), "prefix", ["/bin/false"])
        found = of(job)
        assert details(key=other_key("oar", 1))["facts"][0]["label"] == "Scheduler"
    assert found["asked"]
    assert facts(found)["Scheduler"].startswith("It does not answer: ")


def test_hostile_words_are_plain_text(submit: Submit) -> None:
    (job,) = submit(f"printf %s {shlex.quote(HOSTILE)} >&2; exit 3", name="a<b>\x07")
    job.wait(PATIENCE)
    error = of(job)["error"]
    assert "<img src=x onerror=alert(1)>" in error
    assert not set(error) & set("\x1b\x07\u202e")


def test_an_array(submit: Submit) -> None:
    jobs = submit("true", "exit 3", "true", name="fit")
    for job in jobs:
        job.wait(PATIENCE)
    found = details(key=array_key(jobs[0].spec.group))
    assert facts(found)["Jobs"] == "3 Terminated"
    assert facts(found)["Failed"] == str(jobs[1].id)
    assert found["error"].startswith(f"Of job {jobs[1].id} fit[1]:")
    assert "--array-param-file" in found["command"]


def test_a_job_that_was_not_submitted_from_here(submit: Submit, backend: str) -> None:
    (job,) = submit("sleep 300")
    number = job.submitted(PATIENCE)
    found = details(key=other_key(backend, number))
    assert found["command"].startswith("/bin/sh ")
    assert found["streams"] == []
    assert "Scheduler" in facts(details(key=other_key(backend, 10**9)))
    job.cancel()


def test_what_there_is_not(spool: Path) -> None:
    with pytest.raises(OarError, match="not there any more"):
        details(key="job:aaaaaaaaaa")
    for key in ("", "job:", "job:../x", "run:1", "oar:oar/1;id", "nope:1", "pairio:<b>"):
        with pytest.raises(RequestError, match="no key"):
            details(key=key)


def test_a_cell_that_raised(kernel: Kernel) -> None:
    kernel.run("%%oar -l core=1 --detach\ndef f(): return 1 / 0\nf()")
    kernel.run("job = _\nout = job.wait()")
    found = details(key=job_key(kernel.eval("job.directory.id")))
    assert "ZeroDivisionError: division by zero" in found["error"]
    assert "def f(): return 1 / 0" in found["error"]
    assert "\x1b" not in found["error"]


def test_a_cell_is_found_again_in_its_notebook(
    new_kernel: Callable[[], Kernel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/alice/a b/fit.ipynb")
    kernel = new_kernel()
    content = {"code": "%%oar -l core=1 --detach\n1", "silent": False, "store_history": True,
               "user_expressions": {}, "allow_stdin": False, "stop_on_error": False}  # fmt: skip
    message = kernel.client.session.msg("execute_request", content, metadata={"cellId": "ab-1_c"})
    kernel.client.shell_channel.send(message)
    kernel.finish(message["header"]["msg_id"])
    kernel.run("job = _\nout = job.wait()")
    found = details(key=job_key(kernel.eval("job.directory.id")))
    assert facts(found)["Value"] == "1"
    label = f"fit.ipynb [{kernel.eval('job.spec.source').split('[')[1][:-1]}]"
    assert found["origin"] == {
        "notebook": "/home/alice/a b/fit.ipynb", "cellId": "ab-1_c", "label": label,
    }  # fmt: skip


def test_what_was_written_before_there_were_origins(submit: Submit, tmp_path: Path) -> None:
    (job,) = submit("true")
    job.wait(PATIENCE)
    written = json.loads(job.directory.spec_file.read_text())
    del written["origin"]
    job.directory.spec_file.write_text(json.dumps({**written, "source": "old.ipynb [3]"}))
    assert JobDirectory(job.directory.path).spec.source == "old.ipynb [3]"
    forget_handles()
    assert of(job)["origin"] == {"notebook": "", "cellId": "", "label": "old.ipynb [3]"}


def test_a_run_that_failed(spool: Path, backend: str) -> None:
    run = submit_run(
        End(how="raise"),
        "oar",
        cache_root=spool.parent / "cache",
        oarsub_args="-l core=1",
        source=Origin("w.ipynb \x1b[1m[1]", "w.ipynb", "c1"),
    )
    run.wait(PATIENCE)
    found = details(key=run_key(run.id))
    assert "Lost: nothing is left of 'raise'" in found["error"]
    assert "resume()" in found["advice"]
    assert found["origin"] == {"notebook": "w.ipynb", "cellId": "c1", "label": "w.ipynb [1]"}
    ((task, of_task),) = task_keys(run.id, run.progress).items()
    found = details(key=task)
    assert "in End" in found["error"]
    assert "raise Lost(" in found["error"]
    assert found["command"].startswith("oarsub ")
    assert found["streams"] == ["stdout", "stderr"]
    assert facts(found)["Job"] == str(of_task.job)
    found = details(key=node_key(run.id, run.progress.nodes[0].path))
    assert facts(found)["Tasks"] == "1 failed"
    assert "Lost" in found["error"]


@pytest.mark.parametrize(
    ("kind", "said", "words"),
    [
        ("WALLTIME", "[sarko] Job [3] from 1 with 2; current time=3 (Elapsed)", "walltime ran out"),
        ("FRAG_JOB_REQUEST", "User alice requested to frag the job 3", "User alice asked to"),
        ("FRAG_JOB_REQUEST", "User root requested to frag the job 3", "The scheduler began to"),
        ("HOLD_WAITING_JOB", "User bob launched oarhold on the job 3", "User bob held it"),
        ("SIGNAL_10", "User bob requested the signal 10 on the job 3", "bob sent it the signal 10"),
        ("NODE_LOST", "node1 is Dead", "Its node was lost: node1 is Dead."),
        ("NEW_TYPE", "[bipbip 3] \x1b[1mit <b>rains</b>", "it <b>rains</b>"),
        ("NEW_TYPE", "", "NEW_TYPE"),
    ],
)
def test_events_in_words(kind: str, said: str, words: str) -> None:
    assert words in in_words(SchedulerEvent(kind, said, 1.0))
    assert "\x1b" not in in_words(SchedulerEvent(kind, said, 1.0))
