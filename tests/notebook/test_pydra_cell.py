"""Pydra's tasks in cells, seen from a real kernel."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import pairwise

import pytest

from pydra_oar_jupyter.notebook.pydra_options import OPTIONS
from tests.in_cells import TASKS, head, later, parts


def test_the_value_is_the_outputs(backend, flows):
    ran = flows.run(
        "%%pydra --cache-root cache -l core=1\nfrom operator import neg\nMean(xs=[1, 2, 3])"
    )
    assert ran.error is None, ran.traceback
    assert ran.value["text/plain"] == "MeanOutputs(out=2.0)"
    assert flows.eval("_.out, Out[3].out, neg(1)") == (2.0, 2.0, -1)
    assert head(ran).startswith("✓ Mean · 4 tasks · ")
    assert "each" in head(ran)
    assert "<svg" in ran.displays[2]["text/html"]
    assert not parts(ran)["errors"]
    jobs = flows.eval("[j.name for j in __import__('pydra_oar_jupyter').jobs()]")
    assert sorted(jobs) == ["each[0]", "each[1]", "each[2]", "mean"]
    again = flows.run("%%pydra --cache-root cache\nMean(xs=[1, 2, 3])")
    assert "from cache" in head(again)
    assert flows.eval("_.out") == 2.0
    assert flows.run("%%pydra --cache-root cache --rerun\nMean(xs=[1]);").value == {}


def test_one_job_for_all(spool, flows):
    ran = flows.run("%%pydra --one-job --cache-root cache\nMean(xs=[1, 2, 3])")
    assert ran.error is None, ran.traceback
    assert ran.value["text/plain"] == "MeanOutputs(out=2.0)"
    assert head(ran).startswith("✓ Mean · 4 tasks · ")
    assert "oar (job 1)" in head(ran)
    assert flows.eval("len(__import__('pydra_oar_jupyter').jobs())") == 1

    ran = flows.run("%%pydra --one-job --cache-root cache\nMean(xs=[])")
    assert ran.error["ename"] == "ZeroDivisionError"
    assert parts(ran)["errors"].count("ZeroDivisionError") == 1


@pytest.mark.parametrize("worker", ["cf", "debug"])
def test_other_workers(flows, worker):
    ran = flows.run(f"%%pydra --worker {worker} --cache-root cache\nMean(xs=[1, 2])")
    assert ran.error is None, ran.traceback
    assert ran.value["text/plain"] == "MeanOutputs(out=1.5)"
    assert re.match(rf"✓ Mean · 3 tasks · .* · {worker}\n", head(ran))


def test_options_and_defaults_reach_the_jobs(spool, flows):
    flows.run("%oar config defaults -n by-default\n%oar config env=KEY=a")
    ran = flows.run(
        "%%pydra --cache-root cache --setup PART=b --env THIRD='c d' --max-concurrent 1 -l core=2\n"
        "@python.define\n"
        "def Ask(name: str) -> str:\n"
        "    import os\n"
        "    return os.environ.get(name, '')\n"
        "Ask().split(name=['KEY', 'THIRD', 'OAR_JOB_NAME'])"
    )
    assert ran.error is None, ran.traceback
    key, third, name = flows.eval("_.out")
    assert (key, third) == ("a", "c d")
    assert name.startswith("by-default")
    job = "__import__('pydra_oar_jupyter').jobs()[0]"
    assert "core=2" in " ".join(flows.eval(f"{job}.spec.words"))


def test_a_detached_run_is_shown_on(spool, flows, gate):
    cell = flows.start(f"%%pydra --detach --cache-root cache\nWait(a=5, gate={str(gate)!r})")
    ran = flows.finish(cell)
    assert ran.error is None, ran.traceback
    id_ = flows.eval("(run := _).id")
    assert f"%pydra get {id_} brings its outputs" in ran.value["text/plain"]
    assert "not" not in head(ran)
    assert flows.eval("6 * 7, run.done()") == (42, False)  # the kernel is free
    assert id_ in flows.run("%pydra runs running").value["text/plain"]
    later(flows, cell, ran, lambda ran: "running" in head(ran))
    gate.touch()
    later(flows, cell, ran, lambda ran: "job 1 on node1" in parts(ran)["tasks"])
    assert head(ran).startswith("✓ Wait")
    got = flows.run("%pydra get run")
    assert got.value["text/plain"] == "WaitOutputs(out=5)"


def test_several_runs_at_once(spool, flows, tmp_path):
    code = "%%pydra --detach --cache-root cache\nWait(a={}, gate='{}')"
    cells = [flows.start(code.format(i, tmp_path / str(i))) for i in range(3)]
    shown = [flows.finish(cell) for cell in cells]
    flows.run("from pydra_oar_jupyter.workflows.runs.run import runs\nall_runs = runs()")
    assert flows.eval("[r.done() for r in all_runs]") == [False] * 3
    for i in (2, 0, 1):
        (tmp_path / str(i)).touch()
        later(flows, cells[i], shown[i], lambda ran: head(ran).startswith("✓"))
    assert flows.eval("[r.result().out for r in all_runs]") == [2, 1, 0]


def test_interrupt_cancels(backend, flows, gate, until_running):
    cell = flows.start(f"%%pydra --cache-root cache\nWait(a=5, gate={str(gate)!r})")
    ran = flows.until(cell, lambda ran: "running" in head(ran))
    until_running()
    flows.interrupt()
    ran = flows.finish(cell, ran)
    assert ran.error is not None
    assert ran.error["ename"] == "KeyboardInterrupt"
    assert re.match(r"KeyboardInterrupt: run \w+ was cancelled\.\n", ran.traceback)
    assert "notebook/" not in ran.traceback
    assert head(ran).startswith("■ Wait · cancelled")
    job = "__import__('pydra_oar_jupyter').jobs()[0]"
    assert flows.eval(f"str({job}.wait(100).ending)") == "deleted"
    gate.touch()
    assert flows.run(f"%%pydra --cache-root cache\nWait(a=5, gate={str(gate)!r})").error is None


def test_interrupt_keeps(spool, flows, gate):
    cell = flows.start(f"%%pydra --keep --cache-root cache\nWait(a=5, gate={str(gate)!r})")
    ran = flows.until(cell, lambda ran: "running" in head(ran))
    flows.interrupt()
    ran = flows.finish(cell, ran)
    assert "goes on" in ran.traceback
    advice = ran.traceback.splitlines()[-1]
    assert advice.endswith(" brings its outputs")
    gate.touch()
    later(flows, cell, ran, lambda ran: head(ran).startswith("✓ Wait"))
    assert flows.run(advice.removesuffix(" brings its outputs")).error is None
    assert flows.eval("_.out") == 5


def test_a_failed_task_raises_what_it_raised(spool, flows):
    ran = flows.run("%%pydra --cache-root cache\nDiv(a=1.0).split(b=[1.0, 0.0, 2.0, 0.0])")
    assert ran.error is not None
    assert ran.error["ename"] == "ZeroDivisionError"
    assert "Cell In[2], line 9, in Div\n    return a / b  # here" in ran.traceback
    assert re.search(r"in job \d, task Div\[1\] \(a=1.0, b=0.0\).*stderr", ran.traceback)
    assert "1 other task has failed as well" in ran.traceback
    assert "pydra/" not in ran.traceback
    assert parts(ran)["errors"].startswith("✗ Div[1]: ZeroDivisionError")
    assert "2 done, 2 failed" in head(ran)


def test_a_failed_task_of_another_worker(spool, flows):
    ran = flows.run("%%pydra --worker cf --cache-root cache\nDiv(a=1.0, b=0.0)")
    assert ran.error is not None
    assert "ZeroDivisionError: float division by zero" in ran.traceback
    assert "line 9, in Div\n    return a / b  # here" in ran.traceback
    assert "concurrent" not in ran.traceback


def test_a_workflow_that_can_not_be_made(spool, flows):
    ran = flows.run(
        "%%pydra --worker debug --cache-root cache\n"
        "@workflow.define\n"
        "def Wrong(x: int) -> int:\n"
        "    one = workflow.add(Add(a=x, b='b'), name='one')  # wrong\n"
        "    return one.out\n"
        "Wrong(x=1)"
    )
    assert ran.error["ename"] == "TypeError"
    assert "(a=x, b='b'), name='one')  # wrong" in ran.traceback
    assert "site-packages" not in ran.traceback


WRONG = [
    ("--worker slrum", "Add(a=1, b=2)", "Did you mean 'slurm'?"),
    ("", "Add(a=1)", "Add can't run without its input 'b'"),
    ("", "Add(a=1, b='x')", "Incorrect type for field in 'b'"),
    ("", "Add(a=1, c=2)", "unexpected keyword argument 'c'"),
    ("", "Add", "the class Add"),
    ("", "3 + 4", "This is no Pydra task but an int: 7."),
    ("", "task = Add(a=1, b=2)", "Write task in a line of its own below."),
    ("", "import os", "ends with no expression"),
    ("", "Add(", "SyntaxError in line 2 of the cell"),
    ("-l hots=1", "Add(a=1, b=2)", "Did you mean 'host'?"),
    ("-l core=x", "Add(a=1, b=2)", "This is no count of 'core'."),
    ("-q nope", "Add(a=1, b=2)", "There is no queue 'nope'."),
    ("--array 4", "Add(a=1, b=2)", "--array is for scripts"),
    ("--worker cf -l core=1", "Add(a=1, b=2)", "-l is for the worker oar, not for cf."),
    ("--backend nope", "Add(a=1, b=2)", "There is no backend 'nope'."),
    ("--cache-root /proc/none", "Add(a=1, b=2)", "Results can't be kept in /proc/none: "),
    ("--cache-root /etc/passwd", "Add(a=1, b=2)", "Results can't be kept in /etc/passwd: "),
    ("--detatch", "Add(a=1, b=2)", "Did you mean '--detach'?"),
]


def test_nothing_runs_when_something_is_wrong(spool, flows):
    for line, cell, words in WRONG:
        ran = flows.run(f"%%pydra {line}\n{cell}")
        assert words in ran.traceback, (line, cell, ran.traceback)
        assert "pydra_oar_jupyter/" not in ran.traceback, ran.traceback
        assert len(ran.traceback.splitlines()) < 12, ran.traceback
        assert not ran.displays
    assert not list(spool.glob("jobs/*"))


def test_what_oarsub_refuses_is_said(spool, flows):
    ran = flows.run("%%pydra --cache-root cache -l host=9\nAdd(a=1, b=2)")
    assert ran.error["ename"] == "SubmissionError"
    assert "There are 2 hosts of 4 cores, and 9 hosts were asked for" in ran.traceback
    assert head(ran).startswith("✗ Add")


def test_the_cells_own_error_has_its_lines(spool, flows):
    ran = flows.run("%%pydra\n\ndef f():\n    return {}['key']  # there\nf()")
    assert ran.error["ename"] == "KeyError"
    assert "----> 4     return {}['key']  # there" in ran.traceback
    assert "Cell In[3], line 5" in ran.traceback
    assert "notebook/" not in ran.traceback


def test_a_new_kernel_finds_runs(spool, new_kernel, gate):
    kernel = new_kernel()
    kernel.run(TASKS)
    cell = kernel.start(f"%%pydra --cache-root cache\nWait(a=5, gate={str(gate)!r})")
    kernel.until(cell, lambda ran: "running" in head(ran))
    kernel.manager.signal_kernel(9)
    kernel.stop()
    gate.touch()
    kernel = new_kernel()
    ran = kernel.run("%pydra runs")
    assert "interrupted" in ran.value["text/plain"]
    id_ = ran.value["text/plain"].splitlines()[2].split()[0]
    ran = kernel.run(f"%pydra get {id_}")
    assert ran.error["ename"] == "RunStopped"
    assert head(ran).startswith("■ Wait · interrupted")
    ran = kernel.run(f"%pydra resume {id_}")
    assert ran.error is None, ran.traceback
    assert ran.value["text/plain"] == "WaitOutputs(out=5)"
    assert len(kernel.run("%pydra runs --json").value["text/plain"].split("'id'")) == 3


def test_a_new_kernel_goes_on_from_the_cache(spool, new_kernel):
    kernel = new_kernel()
    kernel.run(TASKS)
    kernel.run("%%pydra --detach --worker cf --cache-root cache\nAdd(a=1, b=2)")
    id_ = kernel.eval("(_.result(), _.id)[1]")
    kernel.stop()
    ran = new_kernel().run(f"%pydra resume {id_}")
    assert ran.value["text/plain"] == "AddOutputs(out=3)"
    assert head(ran).startswith("✓ Add · from cache")


def test_verbs(spool, flows, gate):
    text = flows.run("%pydra").stream()
    assert all(f"--{option.long}" in text and option.example in text for option in OPTIONS)
    flows.run(f"%%pydra --detach --worker cf --cache-root cache\nWait(a=1, gate={str(gate)!r})")
    id_ = flows.eval("(run := _).id")
    assert {line: flows.complete(line) for line in TABS} == TABS
    assert flows.complete("%pydra get ") == [id_, "run"]
    assert flows.complete("%pydra cancel ") == [id_, "run"]
    assert flows.run(f"%pydra cancel {id_}").error is None
    assert flows.eval("str(run.wait(100).state)") == "cancelled"
    assert "cancelled" in flows.run("%pydra runs cancelled Wait").value["text/html"]
    assert "cancelled" in flows.run("%pydra runs done cancelled").value["text/html"]
    assert flows.run("%pydra runs done").value["text/plain"] == "No such runs."
    flows.run("%pydra runs --json")
    assert flows.eval("_[0]['tasks']") == "0 of 1"
    assert flows.complete("%pydra cancel ") == ["run"]
    for line, words in [("rnus", "Did you mean 'runs'?"), ("get", "required: run"),
                        ("get abc", "There is no run 'abc'")]:  # fmt: skip
        ran = flows.run(f"%pydra {line}")
        assert words in ran.traceback
        assert "notebook/" not in ran.traceback


TABS = {
    "%%pydra --one": ["--one-job"],
    "%%pydra --reserv": ["--reservation"],
    "%%pydra --worker sl": ["slurm"],
    "%%pydra -l host=1/co": ["core="],
    "%%pydra --backend lo": ["local"],
    "%pydra ca": ["cancel"],
    "%pydra runs inter": ["interrupted"],
    "%pydra runs --js": ["--json"],
    "%oar config subm": ["submitters"],
}


def test_the_view_does_not_flood(spool, flows):
    ran = flows.run(
        "%%pydra --worker cf --cache-root cache\n"
        "@python.define\n"
        "def Sleep(x: int) -> int:\n"
        "    import time; time.sleep(0.02)\n"
        "    return x\n"
        "Sleep().split(x=range(100))"
    )
    assert ran.error is None, ran.traceback
    updates = [m for m in ran.messages if m["msg_type"] == "update_display_data"]
    heads = [m for m in updates if "of 100 tasks" in m["content"]["data"]["text/plain"]]
    times = [m["header"]["date"].timestamp() for m in heads]
    assert len(times) > 2
    assert all(after - before > 0.18 for before, after in pairwise(times))


def test_without_pydra(spool, kernel):
    kernel.run("import sys\nsys.modules['pydra'] = None")
    ran = kernel.run("%%pydra\n1")
    assert ran.traceback.strip() == (
        'Pydra is not installed here: pip install "pydra-oar-jupyter[pydra]"'
    )
    ran = kernel.run("from pydra_oar_jupyter import submit\nsubmit(1)")
    assert "Pydra is not installed here" in ran.traceback
    assert kernel.run("%pydra").error is None
    assert kernel.run("%pydra runs").error is None


def test_in_plain_ipython(spool, tmp_path):
    """Line by line, in a terminal's IPython."""
    script = tmp_path / "session.ipy"
    script.write_text(
        f"%load_ext pydra_oar_jupyter\n{TASKS}\n"
        "get_ipython().run_cell_magic('pydra', '--worker cf --cache-root cache', "
        "'Add(b=1).split(a=range(50))\\n')\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", str(script)],
        capture_output=True,
        text=True,
        timeout=200,
        cwd=tmp_path,
        env={**os.environ, "IPYTHONDIR": str(tmp_path / "ipython")},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if " Add · " in line]
    assert 2 <= len(lines) <= 14
    assert lines[-1].startswith("✓ Add · 50 tasks")
    assert "<div" not in done.stdout
