"""What a viewer sees of jobs as they go on."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.monitor.keys import array_key, job_key
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydra_oar_jupyter.core.job import Job
    from tests.monitor.conftest import Viewer

    Submit = Callable[..., list[Job]]


def key(job: Job) -> str:
    return job_key(job.directory.id)


def test_a_job_appears_runs_and_ends(submit: Submit, viewer: Viewer, spool: Path) -> None:
    viewer.follow()
    (job,) = submit("while ! [ -e gate ]; do sleep 0.05; done", name="fit <b>")
    row = viewer.row(key(job))
    assert (row["kind"], row["name"], row["parent"], row["mine"]) == ("script", "fit <b>", "", True)
    viewer.until(lambda: viewer.rows[key(job)]["state"] == "Running")
    row = viewer.rows[key(job)]
    assert (row["tone"], row["can"], row["note"]) == ("running", ["cancel"], "")
    assert row["id"] == str(job.id)
    assert row["node"] == job.node
    assert 0 < row["submitted"] <= row["started"] + 1
    (spool.parent / "gate").touch()
    job.wait(60)
    viewer.until(lambda: viewer.rows[key(job)]["state"] == "Terminated")
    row = viewer.rows[key(job)]
    assert (row["tone"], row["can"], row["note"]) == ("done", ["again"], "")
    assert row["ended"] >= row["started"] > 0


def test_after_the_first_push_only_changed_fields_travel(submit: Submit, viewer: Viewer) -> None:
    (done,) = submit("true")
    done.wait(60)
    viewer.follow()
    viewer.row(key(done))
    (job,) = submit("sleep 0.3")
    job.wait(60)
    viewer.until(lambda: viewer.rows.get(key(job), {}).get("tone") == "done")
    first, *rest = viewer.pushes("rows")
    assert first["whole"]
    assert not any(push["whole"] for push in rest)
    changes = [change for push in rest for change in push["changed"]]
    assert key(done) not in [change["key"] for change in changes]
    _, *later = [change for change in changes if change["key"] == key(job)]
    assert all("resources" not in change and len(change) < 12 for change in later)


def test_how_a_job_ended_is_told(submit: Submit, viewer: Viewer) -> None:
    viewer.follow()
    failed, deleted = *submit("exit 3"), *submit("sleep 60")
    deleted.cancel()
    viewer.until(lambda: viewer.rows.get(key(failed), {}).get("tone") == "failed")
    viewer.until(lambda: viewer.rows.get(key(deleted), {}).get("tone") == "stopped")
    assert viewer.rows[key(failed)]["note"] == "it exited with 3"
    assert viewer.rows[key(deleted)]["note"].startswith("it was deleted")


def test_what_a_job_reports_of_its_progress_is_shown(submit: Submit, viewer: Viewer) -> None:
    viewer.follow()
    report = '{"event": "progress", "bar": "1", "label": "epoch", "done": 3, "total": 10}'
    (job,) = submit(f"echo '{report}' >>\"$job/events\"; sleep 60")
    viewer.until(lambda: viewer.rows.get(key(job), {}).get("progress") == 0.3)
    assert viewer.rows[key(job)]["progressText"] == "epoch 3/10"
    job.cancel()
    viewer.until(lambda: viewer.rows[key(job)]["progress"] == -1)


def test_no_report_of_a_job_can_break_the_channel(submit: Submit, viewer: Viewer) -> None:
    viewer.follow()
    reports = [
        '{"event": "progress", "bar": "1", "label": ["x"], "done": NaN, "total": 10}',
        '{"event": "progress", "bar": "2", "label": "x", "done": 1e999, "total": 1e999}',
        '{"event": "progress", "bar": "3", "done": 1' + 400 * "0" + ', "total": null}',
        '{"event": "start", "time": Infinity, "host": {"<b>": 1}}',
        '{"event": "progress", "bar": "4", "label": "\\u0000\\u001b[1m", "done": 1, "total": 4}',
    ]
    lines = "\n".join(reports)
    (job,) = submit(f"cat >>\"$job/events\" <<'END'\n{lines}\nEND\nsleep 60")
    viewer.until(lambda: viewer.rows.get(key(job), {}).get("progress") == 0.25)
    row = viewer.rows[key(job)]
    assert json.loads(json.dumps(row), parse_constant=pytest.fail) == row
    assert row["progressText"].endswith(" 1/4")
    assert row["progressText"].isprintable()
    job.cancel()
    viewer.until(lambda: viewer.rows[key(job)]["tone"] == "stopped")


def test_a_held_job_can_be_resumed(submit: Submit, viewer: Viewer) -> None:
    viewer.follow()
    (job,) = submit("true", options="-l core=1 --hold")
    viewer.until(lambda: viewer.rows.get(key(job), {}).get("state") == "Hold")
    row = viewer.rows[key(job)]
    assert (row["tone"], row["can"]) == ("idle", ["cancel", "resume"])
    assert "held" in row["note"]
    job.resume()
    viewer.until(lambda: viewer.rows[key(job)]["tone"] == "done")


def test_an_array_opens_to_its_elements(submit: Submit, viewer: Viewer) -> None:
    viewer.follow()
    jobs = submit("true", "exit 1", "while ! [ -e gate ]; do sleep 0.05; done", name="scan")
    array = array_key(jobs[0].spec.group)
    viewer.until(
        lambda: viewer.rows.get(array, {}).get("counts") == {"running": 1, "done": 1, "failed": 1}
    )
    assert list(viewer.rows) == [array]
    row = viewer.rows[array]
    assert (row["state"], row["tone"], row["name"]) == ("Running", "running", "scan")
    assert (row["progress"], row["opens"], row["can"]) == (2 / 3, True, ["cancel"])
    assert row["id"] == f"{jobs[0].id}–{jobs[-1].id}"
    viewer.follow(array)
    viewer.until(lambda: len(viewer.rows) == 4)
    elements = [viewer.rows[key(job)] for job in jobs]
    assert [element["parent"] for element in elements] == [array] * 3
    assert [element["name"] for element in elements] == ["scan[0]", "scan[1]", "scan[2]"]
    viewer.follow()
    viewer.until(lambda: list(viewer.rows) == [array])
    jobs[2].cancel()
    viewer.until(lambda: viewer.rows[array]["progress"] == 1)
    row = viewer.rows[array]
    assert (row["tone"], row["can"]) == ("failed", ["again"])
    assert len([push for push in viewer.pushes("rows") if push["whole"]]) == 1


def test_jobs_that_are_removed_are_gone(submit: Submit, viewer: Viewer, spool: Path) -> None:
    jobs = [*submit("true"), *submit("true"), *submit("true", "true", "true")]
    for job in jobs:
        job.wait(60)
    viewer.follow(array := array_key(jobs[2].spec.group))
    viewer.until(lambda: len(viewer.rows) == 6)
    all_jobs().discard(jobs[0])
    viewer.until(lambda: key(jobs[0]) not in viewer.rows)
    # Another process removes what this one still has a handle of.
    shutil.rmtree(jobs[2].directory.path)
    viewer.until(lambda: key(jobs[2]) not in viewer.rows)
    viewer.until(lambda: viewer.rows[array]["counts"] == {"done": 2})
    all_jobs().forget(0)
    viewer.until(lambda: not viewer.rows)


def test_jobs_of_another_process_are_seen(viewer: Viewer, spool: Path, backend: str) -> None:
    viewer.follow()
    viewer.until(lambda: viewer.pushes("rows"))
    subprocess.run([sys.executable, "-c", _SUBMIT, backend], check=True, timeout=120)
    viewer.until(lambda: [row["tone"] for row in viewer.rows.values()] == ["done"])
    (row,) = viewer.rows.values()
    assert (row["name"], row["kind"], row["source"]) == ("elsewhere", "cell", "fit.ipynb [3]")


# Ends as soon as its job was taken.
_SUBMIT = """
import sys
from pydra_oar_jupyter.core.origin import Origin
from pydra_oar_jupyter.core.pack import new_pack
from pydra_oar_jupyter.core.request import Request

origin = Origin("fit.ipynb [3]")
pack = new_pack(Request.parse("-l core=1"), "cell", "elsewhere", origin, array=False)
pack.add()
pack.work("sleep 0.5")
(job,) = pack.submit(sys.argv[1])
job.submitted(60)
"""


def test_two_viewers_see_what_each_has_opened(
    submit: Submit, new_viewer: Callable[[], Viewer]
) -> None:
    jobs = submit("true", "true")
    array = array_key(jobs[0].spec.group)
    one, other = new_viewer(), new_viewer()
    one.follow(array)
    other.follow()
    one.until(lambda: len(one.rows) == 3)
    other.until(lambda: list(other.rows) == [array])
    one.until(lambda: one.rows[array]["tone"] == "done")
    other.until(lambda: other.rows[array]["tone"] == "done")
    assert len(other.rows) == 1


def test_the_output_of_a_watched_job_is_told_as_it_grows(submit: Submit, viewer: Viewer) -> None:
    (job,) = submit("echo 12345; while ! [ -e gate ]; do sleep 0.05; done; echo 67890 >&2")
    viewer.ask("watch", keys=[key(job)])
    viewer.until(lambda: [p for p in viewer.pushes("grown") if p["stdout"] == 6])
    assert not any(push["ended"] for push in viewer.pushes("grown"))
    (job.directory.path.parents[2] / "gate").touch()
    last = viewer.until(lambda: [p for p in viewer.pushes("grown") if p["ended"]])[-1]
    assert last == {"push": "grown", "key": key(job), "stdout": 6, "stderr": 6, "ended": True}
    assert not viewer.pushes("rows")
    pushes = viewer.pushes("grown")
    assert all(one != other for one, other in itertools.pairwise(pushes))


def test_the_change_follows_the_event_soon(submit: Submit, viewer: Viewer, spool: Path) -> None:
    viewer.follow()
    (job,) = submit("touch begun; while ! [ -e gate ]; do sleep 0.02; done")
    viewer.until(lambda: viewer.rows.get(key(job), {}).get("state") == "Running")
    # The scheduler says so a moment before the job does, which begins a new account with that.
    wait_until((spool.parent / "begun").exists)
    took = []
    for number in range(5):
        event = {"event": "progress", "bar": "1", "done": number + 1, "total": 10}
        begun = time.monotonic()
        with job.directory.events.open("a") as file:
            file.write(json.dumps(event) + "\n")
        share = (number + 1) / 10
        viewer.until(lambda share=share: viewer.rows[key(job)]["progress"] == share)
        took.append(time.monotonic() - begun)
    (spool.parent / "gate").touch()
    assert min(took) < 0.3, took
