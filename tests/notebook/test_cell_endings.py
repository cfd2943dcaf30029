"""Cells that are interrupted, fail, or whose kernel or scheduler is gone."""

from __future__ import annotations

import pytest


def test_interrupt_deletes(backend, kernel, until_running):
    cell = kernel.start("%%oar -l core=1\nprint('up', flush=True)\nimport time; time.sleep(600)")
    ran = kernel.until(cell, lambda ran: "up" in ran.stream())
    until_running()
    kernel.interrupt()
    ran = kernel.finish(cell, ran)
    assert ran.error is not None
    assert ran.error["ename"] == "KeyboardInterrupt"
    assert "was deleted" in ran.traceback
    assert "notebook/wait.py" not in ran.traceback
    assert "deleted" in ran.status
    job = "__import__('pydra_oar_jupyter').jobs()[0]"
    assert kernel.eval(f"str({job}.wait(100).ending)") == "deleted"


def test_interrupt_keeps(spool, kernel):
    cell = kernel.start(
        "%%oar --keep\nprint('up', flush=True)\nimport os, time\n"
        "while not os.path.exists('go'): time.sleep(.1)\nb = 5"
    )
    ran = kernel.until(cell, lambda ran: "up" in ran.stream())
    kernel.interrupt()
    ran = kernel.finish(cell, ran)
    assert "goes on" in ran.traceback
    number = int(ran.status.split()[2])
    assert f"%oar get {number}" in ran.traceback
    (spool.parent / "work" / "go").touch()
    assert kernel.run(f"%oar get {number}").error is None
    assert kernel.eval("b") == 5


def test_interrupt_while_it_is_submitted(spool, kernel, monkeypatch):
    """The job is deleted once its number is known."""
    kernel.run(
        "import threading, time\n"
        "from pydra_oar_jupyter.core.backend import get_backend\n"
        "backend, go = get_backend(), threading.Event()\n"
        "submit = backend.submit\n"
        "backend.submit = lambda submission: (go.wait(100), submit(submission))[1]"
    )
    cell = kernel.start("%%oar\nimport time; time.sleep(600)")
    ran = kernel.until(cell, lambda ran: "submitting… · cell" in str(ran.displays))
    kernel.interrupt()
    ran = kernel.finish(cell, ran)
    assert "is deleted as soon as the scheduler has it" in ran.traceback
    job = "__import__('pydra_oar_jupyter').jobs()[0]"
    kernel.run(f"go.set(); {job}.wait(100)")
    assert kernel.eval(f"str({job}.outcome.ending)") == "deleted"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os; os._exit(3)", "it exited with 3"),
        ("import os; os._exit(0)", "has left no result"),
        ("import os; os.kill(os.getpid(), 9)", "it was killed by SIGKILL"),
        ("import sys; sys.exit(3)", "its code raised an exception"),
    ],
)
def test_a_job_that_ends_in_its_own_way(spool, kernel, code, words):
    ran = kernel.run(f"%%oar\nprint('<b>before', flush=True)\n{code}")
    assert ran.error is not None
    assert words in ran.status + ran.traceback
    assert ran.stream() == "<b>before\n"


def test_walltime_reached(spool, kernel):
    ran = kernel.run("%%oar -l core=1,walltime=0:0:2\nimport time; time.sleep(600)")
    assert ran.error is not None
    assert ran.error["ename"] == "JobFailed"
    assert "walltime ran out" in ran.status
    assert "Ask for more with -l" in ran.traceback


def test_the_kernel_is_killed_while_the_cell_waits(backend, new_kernel, spool):
    kernel = new_kernel()
    cell = kernel.start(
        "%%oar -l core=1\nimport os, time\nprint('up', flush=True)\n"
        "while not os.path.exists('go'): time.sleep(.1)\nb = 6\nprint('down')\nb * 7"
    )
    ran = kernel.until(cell, lambda ran: "up" in ran.stream() and "running" in ran.status)
    number = int(ran.status.split()[2])
    kernel.manager.signal_kernel(9)
    kernel.stop()
    (spool.parent / "work" / "go").touch()
    kernel = new_kernel()
    ran = kernel.run(f"%oar get {number}")
    assert ran.error is None, ran.traceback
    assert ran.stream() == "up\ndown\n"
    assert kernel.eval("b, _") == (6, 42)
    assert kernel.eval("len(__import__('pydra_oar_jupyter').jobs())") == 1


def test_a_scheduler_that_does_not_answer(spool, kernel):
    """It is said, and the job goes on."""
    kernel.run(
        "from pydra_oar_jupyter.core.backend import get_backend\n"
        "from pydra_oar_jupyter.core.errors import Unreachable\n"
        "backend = get_backend()\n"
        "def silent(ids): raise Unreachable('<oarstat> has given no answer')\n"
        "backend.status = silent"
    )
    cell = kernel.start(
        "%%oar\nimport os, time\nwhile not os.path.exists('go'): time.sleep(.1)\n6 * 7"
    )
    ran = kernel.until(cell, lambda ran: ran.displays and "no answer" in ran.status)
    assert "<oarstat> has given no answer; the job goes on (for" in ran.status
    assert "&lt;oarstat&gt;" in ran.displays[0]["text/html"]
    (spool.parent / "work" / "go").touch()
    ran = kernel.finish(cell, ran)
    assert ran.value["text/plain"] == "42"
    assert "no answer" not in ran.status
