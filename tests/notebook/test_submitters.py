"""Pydra's own Submitter in cells, with the extension loaded."""

from __future__ import annotations

import re

import pytest

from tests.in_cells import TASKS, head


def test_an_example_of_other_plugins_as_it_stands(spool, flows):
    ran = flows.run(
        "from pydra.engine.submitter import Submitter\n"
        "@python.define\n"
        "def add_two(x):\n"
        "    return x + 2\n"
        "@workflow.define\n"
        "def Workflow(x):\n"
        "    added = workflow.add(add_two(x=x))\n"
        "    return added.out\n"
        "wf1 = Workflow(x=3)\n"
        'with Submitter(worker="oar", cache_root="cache", oarsub_args="-l core=1") as sub:\n'
        "    res = sub(wf1)\n"
        "res.outputs.out"
    )
    assert ran.error is None, ran.traceback
    assert ran.value["text/plain"] == "5"
    assert head(ran).startswith("✓ Workflow")
    assert flows.eval("[j.name for j in __import__('pydra_oar_jupyter').jobs()]") == ["add_two"]


@pytest.mark.parametrize("worker", ["cf", "debug"])
def test_a_task_that_is_called(spool, flows, worker):
    ran = flows.run(f"Mean(xs=[1])(worker='{worker}', cache_root='cache').out")
    assert ran.error is None, ran.traceback
    assert ran.value["text/plain"] == "1.0"
    assert re.match(rf"✓ Mean · 2 tasks · .* · {worker}\n", head(ran))


def test_submitters_can_be_left_alone(spool, flows):
    flows.run("%oar config submitters false")
    code = "Mean(xs=[1])(worker='cf', cache_root='cache').out"
    with_pydras_own = flows.run(code)
    assert "already running" in str(with_pydras_own.outputs)
    assert not with_pydras_own.displays
    assert flows.run("%%pydra --worker cf --cache-root cache\nMean(xs=[2])").error is None
    flows.run("%oar config submitters true")
    assert flows.run(code).value["text/plain"] == "1.0"


def test_unloading_leaves_pydra_as_it_was(spool, new_kernel):
    kernel = new_kernel(load=False)
    look = "sys.meta_path, Submitter.submit, Submitter.__call__, dict(vars(Submitter))"
    kernel.run(f"import sys\nfrom pydra.engine.submitter import Submitter\nbefore = {look}".replace(
        "sys.meta_path", "list(sys.meta_path)"))  # fmt: skip
    kernel.run("%load_ext pydra_oar_jupyter")
    assert kernel.eval("before[1] is Submitter.submit") is False
    kernel.run("%unload_ext pydra_oar_jupyter")
    assert kernel.eval(f"before == ({look})") is True


def test_loading_before_pydra(spool, kernel):
    assert kernel.eval("[m for m in __import__('sys').modules if m.startswith('pydra.')]") == []
    kernel.run("import sys\nbefore = list(sys.meta_path)\n" + TASKS)
    ran = kernel.run("Add(a=1, b=2)(worker='cf', cache_root='cache').out")
    assert ran.value["text/plain"] == "3"
    kernel.run("%unload_ext pydra_oar_jupyter")
    assert kernel.eval("type(sys.meta_path[0]).__module__").startswith("pydra_oar") is False
