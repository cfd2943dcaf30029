"""Cells as jobs, seen from a real kernel."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest

import pydra_oar_jupyter


def test_a_cell_gives_and_takes(backend, kernel):
    kernel.run("a = 20\ndef double(x): return 2 * x")
    ran = kernel.run(
        "%%oar -l core=1\n"
        "import sys\n"
        "print('out'); print('err', file=sys.stderr)\n"
        "b = double(a)\n"
        "display({'b': b})\n"
        "b + 2"
    )
    assert ran.error is None, ran.traceback
    assert ran.stream() == "out\n"
    assert ran.stream("stderr") == "err\n"
    assert ran.displays[1]["text/plain"] == "{'b': 40}"
    assert ran.value["text/plain"] == "42"
    assert ran.status.startswith("✓ job ")
    assert kernel.eval("b, _, Out[3]") == (40, 42, 42)


def test_the_value_is_shown_as_on_the_node(spool, kernel):
    kernel.run(
        "class Shown:\n"
        "    def _repr_html_(self):\n"
        "        import os\n"
        "        return '<b>' + os.environ.get('OAR_JOB_ID', 'here') + '</b>'"
    )
    ran = kernel.run("%%oar\nShown()")
    assert ran.error is None, ran.traceback
    assert ran.value["text/html"] == f"<b>{ran.status.split()[2]}</b>"
    assert kernel.eval("type(_) is Shown")
    assert "execute_result" not in [o["output_type"] for o in kernel.run("%%oar\n1;").outputs]


def test_an_exception_has_its_own_type(spool, kernel):
    ran = kernel.run("%%oar\nkept = 1\nprint('before')\n{}['key']")
    assert ran.error is not None
    assert ran.error["ename"] == "KeyError"
    assert "{}['key']" in ran.traceback
    assert "notebook/cell.py" not in ran.traceback
    assert ran.stream() == "before\n"
    assert "✗ job" in ran.status
    assert "its code raised an exception" in ran.status
    assert kernel.eval("kept") == 1


def test_a_traceback_has_the_lines_of_the_notebooks_functions(spool, kernel):
    defined = kernel.run(
        "import functools\n"
        "def inner(x):\n    return 1 / x  # here\n"
        "class Model:\n    @property\n    def fit(self): return inner(0)  # there\n"
        "model = [Model()]\n"
        "def outer(): return model[0].fit\n"
        "@functools.cache\ndef kept(): return outer()  # kept"
    )
    assert defined.error is None, defined.traceback
    ran = kernel.run("%%oar\nModel\nkept()")
    assert ran.error["ename"] == "ZeroDivisionError"
    for line in ("return 1 / x  # here", "return inner(0)  # there", "return outer()  # kept"):
        assert line in ran.traceback
    assert "In[2], line 3" in ran.traceback
    assert "ipykernel" not in ran.traceback


def test_nothing_is_sent_when_something_is_wrong(spool, kernel):
    kernel.run("import threading\nlock = threading.Lock()\nxs = 5")
    for magic, cell, words in [
        ("--detatch", "1", "Did you mean '--detach'?"),
        ("-l host=one", "1", "This is no count of 'host'."),
        ("-l hots=1", "1", "Did you mean 'host'?"),
        ("-q nope", "1", "There is no queue 'nope'."),
        ("--backend nope", "1", "There is no backend 'nope'."),
        ("--env NOT_SET_AT_ALL", "1", "NOT_SET_AT_ALL is not set here"),
        ("--after nothing", "1", "'nothing' is neither the number of a job"),
        ("--in nothing", "1", "there is no nothing"),
        ("--over x in xs", "1", "'int' object is not iterable"),
        ("--array 3", "1", "--array is for scripts."),
        ("--shell bash", "#OAR -l core=x", "This is no count of 'core'."),
        ("", "lock", "lock"),
        ("", "1 +", "invalid syntax"),
    ]:
        ran = kernel.run(f"%%oar {magic}\n{cell}")
        assert words in ran.traceback, (magic, ran.traceback)
        assert "pydra_oar_jupyter/" not in ran.traceback, ran.traceback
        assert all("submitting" not in str(shown) for shown in ran.displays)
    assert not list((spool / "jobs").glob("*")) if spool.exists() else True


def test_a_refusal_is_said(spool, kernel):
    ran = kernel.run("%%oar -l host=5\n1")
    assert ran.error is not None
    assert ran.error["ename"] == "Refused"
    assert "refused" in ran.status
    ran = kernel.run("%%oar --detach -l host=5\n1")
    assert ran.error is not None
    assert ran.error["ename"] == "Refused"


def test_output_as_it_is_made(spool, kernel):
    ran = kernel.run(
        "%%oar\n"
        "from IPython.display import clear_output\n"
        "print('gone')\n"
        "handle = display('first', display_id=True)\n"
        "clear_output(wait=True)\n"
        "handle = display('second', display_id=True)\n"
        "handle.update('third')\n"
        "print('10%\\r20%', end='')"
    )
    assert ran.error is None, ran.traceback
    assert [shown["text/plain"] for shown in ran.displays[1:]] == ["'third'"]
    assert ran.stream() == "10%\r20%"
    assert ran.status.startswith("✓")


def test_what_does_not_come_back_is_named(spool, kernel):
    ran = kernel.run("%%oar\nimport threading\nlock = threading.Lock()\nb = 1")
    assert ran.error is None, ran.traceback
    assert "lock" in ran.stream("stderr")
    assert kernel.eval("b, 'lock' in globals()") == (1, False)


def test_a_script(backend, kernel):
    ran = kernel.run(
        "%%oar --env GREETING='a <b>' --setup 'PART=two'\n"
        "#!/bin/bash\n#OAR -n from-script\n"
        'echo "$GREETING" "${BASH_VERSION:0:1}" "$OAR_JOB_NAME"; exit 3'
    )
    assert ran.stream().startswith("a <b> 5 from-script")
    assert ran.error is not None
    assert ran.error["ename"] == "JobFailed"
    assert "exited with 3" in ran.status
    assert kernel.run("%%oar --shell sh\necho fine").error is None


def test_scripts_as_an_array(spool, kernel):
    (spool.parent / "work" / "params").write_text("one 'two words'\nthree\n")
    ran = kernel.run("%%oar --shell sh --array-param-file params\necho $OAR_ARRAY_INDEX:$1:$2")
    assert ran.error is None, ran.traceback
    assert sorted(ran.stream().split("\n")) == ["", "1:one:two words", "2:three:"]


def test_over_many(backend, kernel):
    kernel.run("xs = [3, 1, 2]")
    ran = kernel.run("%%oar --over x in xs -l core=1\nprint('x is', x)\ny = x * x\n-x")
    assert ran.error is None, ran.traceback
    assert kernel.eval("y, _") == ([9, 1, 4], [-3, -1, -2])
    assert ran.value["text/plain"] == "[-3, -1, -2]"
    assert "✓ array of 3 jobs" in ran.status
    heads = [shown["text/plain"] for shown in ran.displays[1:]]
    assert sorted(head.split(" · ")[0] for head in heads) == ["── x = 1", "── x = 2", "── x = 3"]


def test_over_nothing(spool, kernel):
    ran = kernel.run("%%oar --over x in []\ny = x")
    assert ran.error is None, ran.traceback
    assert kernel.eval("y") == []
    assert not list(spool.glob("submissions/*"))


def test_over_with_a_failure(spool, kernel):
    ran = kernel.run("%%oar --over x in [1,0,2]\ny = 1 / x")
    assert ran.error is not None
    assert ran.error["ename"] == "ZeroDivisionError"
    assert "That is x = 0" in ran.traceback
    assert "1 of 3 failed" in ran.traceback
    advice = ran.traceback.splitlines()[-1].strip()
    assert kernel.run(advice).value["text/plain"] == "{'y': 1.0}"
    ids = kernel.eval("[j.id for j in __import__('pydra_oar_jupyter').jobs()]")
    assert kernel.eval("'y' in globals()") is False
    kept = f"__import__('pydra_oar_jupyter').job({max(ids)})"
    assert kernel.eval(f"{kept}.outcome.ok") is True


def test_detach_and_get(spool, new_kernel):
    kernel = new_kernel()
    ran = kernel.run("%%oar --detach -n later\nprint('seen')\nb = 7\nb + 1")
    assert ran.error is None, ran.traceback
    number = kernel.eval("_.id")
    assert f"%oar get {number}" in ran.value["text/plain"]
    assert f"%oar get {number}" in ran.value["text/html"]
    assert " · as of " in ran.value["text/html"]
    assert "%oar get" not in ran.status  # the handle says it
    kernel.stop()
    kernel = new_kernel()
    ran = kernel.run(f"%oar get {number}")
    assert ran.error is None, ran.traceback
    assert ran.stream() == "seen\n"
    assert ran.value["text/plain"] == "8"
    assert kernel.eval("b, _") == (7, 8)
    assert "later" in kernel.run("%oar jobs").value["text/plain"]
    assert kernel.run(f"%oar logs {number}").stream() == "seen\n"


def test_an_array_is_got_again(spool, new_kernel):
    kernel = new_kernel()
    kernel.run("%%oar --detach --over x in [5, 6]\nprint(x)\ny = -x\nx")
    number = kernel.eval("_[0].id")
    kernel = new_kernel()
    ran = kernel.run(f"%oar get {number}")
    assert ran.error is None, ran.traceback
    assert kernel.eval("y, _") == ([-5, -6], [5, 6])
    assert "── x = 5" in str(ran.displays)


def test_the_status_costs_little(kernel):
    """What is slow to make, as the status of a large array is, is made seldom."""
    kernel.run(
        "import time\n"
        "from pydra_oar_jupyter.notebook.area import StatusArea\n"
        "from pydra_oar_jupyter.notebook.status import View\n"
        "area, made = StatusArea(get_ipython()), []\n"
        "def make():\n"
        "    time.sleep(0.1)\n"
        "    made.append(View('running', ('the same',)))\n"
        "    return made[-1]\n"
        "end = time.monotonic() + 1\n"
        "while time.monotonic() < end:\n"
        "    area.refresh(make)"
    )
    assert kernel.eval("len(made)") == 1


def test_the_status_does_not_flood(spool, kernel):
    """At most four updates a second, and none where nothing changes."""
    ran = kernel.run(
        "%%oar\nfrom pydra_oar_jupyter import progress\nimport time\n"
        "for i in progress(range(200)): time.sleep(.01)\ntime.sleep(2)"
    )
    assert ran.error is None, ran.traceback
    updates = [m for m in ran.messages if m["msg_type"] == "update_display_data"]
    shown = [m["content"]["data"]["text/plain"] for m in updates]
    assert any("/200 it" in text for text in shown)
    assert "it" not in ran.status.split()
    times = [m["header"]["date"].timestamp() for m in updates]
    # The last one comes at once.
    assert all(after - before > 0.2 for before, after in pairwise(times[:-1]))
    assert len(shown) == len(set(shown))


def test_much_output_is_cut(spool, kernel):
    ran = kernel.run("%%oar\nfor i in range(400_000): print(i, 'x' * 20)\nprint('the end')")
    assert ran.error is None, ran.traceback
    assert len(ran.stream()) < 1_100_000
    assert "left out here" in ran.stream()
    assert ran.stream().endswith("the end\n")


def test_an_exception_of_a_type_that_is_not_here(spool, kernel):
    ran = kernel.run(
        "%%oar\n"
        "class Local(Exception):\n"
        "    def __reduce__(self): raise TypeError\n"
        "raise Local('why')"
    )
    assert ran.error is not None
    assert "Local" in ran.traceback
    assert "raise Local('why')" in ran.traceback


def test_the_place_in_the_queue(spool, kernel):
    """It is shown where the scheduler has no plan yet."""
    kernel.run(
        "import dataclasses\n"
        "from pydra_oar_jupyter.core.backend import get_backend\n"
        "from pydra_oar_jupyter.notebook import wait\n"
        "wait._TURN_FIRST = 0\n"
        "backend = get_backend()\n"
        "status = backend.status\n"
        "def no_plan(ids):\n"
        "    found = status(ids)\n"
        "    return {n: dataclasses.replace(one, scheduled=0.0) for n, one in found.items()}\n"
        "backend.status = no_plan\n"
        "first = %oarsub -l host=2 'sleep 600'\n"
        "second = %oarsub -l host=2 'sleep 600'"
    )
    cell = kernel.start("%%oar -l host=2\n1")
    ran = kernel.until(cell, lambda ran: "1 ahead in the queue" in str(ran.displays))
    kernel.interrupt()
    assert kernel.finish(cell, ran).error is not None


def test_the_saved_notebook(spool, kernel, tmp_path):
    """It is valid, and shows without a kernel what was done; Run all stops at an error."""
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    cells = ["%load_ext pydra_oar_jupyter", "%%oar\nprint('a')\n1 / 0", "print('never')"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    client = nbclient.NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}})
    client.create_kernel_manager()
    place = Path(pydra_oar_jupyter.__file__).parents[1]
    with pytest.raises(nbclient.exceptions.CellExecutionError, match="ZeroDivisionError"):
        client.execute(env={**os.environ, "PYTHONPATH": str(place)})
    nbformat.validate(notebook)
    status, printed, error = notebook.cells[1].outputs
    assert status["data"]["text/plain"].startswith("✗ job 1 on node1: its code raised")
    assert "<script" not in status["data"]["text/html"]
    assert printed["text"] == "a\n"
    assert error["ename"] == "ZeroDivisionError"
    assert not notebook.cells[2].outputs


def test_dry_run(spool, kernel):
    kernel.run("data = bytes(1000)")
    ran = kernel.run("%%oar -l core=2 --dry-run --env TOKEN=sesame\nsize = len(data)")
    assert ran.error is None, ran.traceback
    shown = ran.displays[0]["text/plain"]
    assert "core=2" in shown
    assert "data: 1,0" in shown
    assert "size" in shown
    assert "pydra_oar_jupyter.runner" in shown
    assert "sesame" not in str(ran.displays)
    assert not [*spool.glob("jobs/*"), *spool.glob("submissions/*")]


def test_defaults_of_the_session(spool, kernel):
    kernel.run("%oar config defaults -n by-default -l core=3")
    kernel.run("%oar config env=KEY=secret")
    ran = kernel.run("%%oar -l core=1\nimport os\nos.environ['OAR_JOB_NAME'], os.environ['KEY']")
    assert ran.error is None, ran.traceback
    assert "by-default" in ran.value["text/plain"]
    assert "'secret'" in ran.value["text/plain"]
    assert "secret" not in kernel.run("%oar config").value["text/html"]
    assert kernel.run("%oar config nothing 3").error is not None


def test_values_of_the_notebook_in_the_line(spool, kernel):
    kernel.run("n = 2\nwhat = 'a <b>'")
    ran = kernel.run(
        "%%oar -l core=$n -n \"$what\" --env LITERAL='$n'\nimport os\n"
        "len(open(os.environ['OAR_NODEFILE']).readlines()), os.environ['LITERAL']"
    )
    assert ran.error is None, ran.traceback
    assert ran.value["text/plain"] == "(2, '$n')"
    assert all("<b>" not in shown.get("text/html", "") for shown in ran.displays)
