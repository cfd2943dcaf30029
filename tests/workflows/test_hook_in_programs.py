"""Pydra's Submitter in programs of their own, and in a real kernel."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.waiting import wait_until
from tests.workflows.conftest import LONG, settled

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Kernel
    from tests.workflows.conftest import Trace


SOURCE = Path(__file__).parents[2]

IMPORTS = """
import sys
from contextlib import nullcontext
from pydra_oar_jupyter.workflows.runs import hook

usual = list(sys.meta_path)
hook.attach(nullcontext)
hook.attach(nullcontext)
assert "pydra.engine" not in sys.modules
assert len(sys.meta_path) == len(usual) + 1
{first}
from pydra.engine.submitter import Submitter
assert sys.meta_path == usual
assert "exec_module" not in vars(Submitter.submit.__globals__["sys"].modules[
    "pydra.engine.submitter"].__spec__.loader)
ours = Submitter.submit
assert ours.__module__ == "pydra.engine.submitter" and ours.__wrapped__ is not ours
hook.detach()
assert Submitter.submit is ours.__wrapped__
"""

FAILS_FIRST = """
sys.modules["attrs"] = None  # an import of Pydra's fails
try:
    import pydra.engine.submitter
except ImportError:
    pass
else:
    raise AssertionError
del sys.modules["attrs"]
for name in [name for name in sys.modules if name.startswith("pydra.")]:
    del sys.modules[name]
"""

NEVER = """
import sys
from contextlib import nullcontext
from pydra_oar_jupyter.workflows.runs import hook

usual = list(sys.meta_path)
hook.attach(nullcontext)
hook.detach()
assert sys.meta_path == usual
from pydra_oar_jupyter.workflows.runs.run import runs
runs()
assert not [name for name in sys.modules if name.startswith("pydra.")]
from pydra.engine.submitter import Submitter
assert not hasattr(Submitter.submit, "__wrapped__")
"""


@pytest.mark.parametrize(
    "code", [IMPORTS.format(first=""), IMPORTS.format(first=FAILS_FIRST), NEVER]
)
def test_it_waits_for_pydra_to_be_imported(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, cwd=SOURCE)


SETUP = f"""
import sys
sys.path.insert(0, {str(SOURCE)!r})
from contextlib import contextmanager
from pathlib import Path
from pydra_oar_jupyter.workflows.runs import hook
seen = []
@contextmanager
def observe(run):
    seen.append(run)
    print("begins", flush=True)
    try:
        yield
    finally:
        print(run.state, flush=True)
hook.attach(observe)
"""

CELL = """
from pydra.engine.submitter import Submitter
from pydra.compose import python, workflow

@python.define
def add_two(x):
    return x + 2

@workflow.define
def wf(x, trace="", gate=""):
    from tests.workflows.flows import Step
    added = workflow.add(add_two(x=x))
    return workflow.add(Step(x=added.out, trace=trace, gate=gate)).out

with Submitter(worker="cf", cache_root=cache) as sub:
    res = sub(wf(x=3))
print(res.outputs.out)
"""
BACKGROUND = """
from pydra_oar_jupyter.workflows.runs.run import submit
run = submit(wf(x=1, trace=trace, gate=gate), "cf", cache_root=cache, n_procs=2)
"""
WAITS = "Submitter(worker='cf', cache_root=cache)(wf(x=2, trace=trace, gate=gate))"


def test_in_a_kernel(new_kernel: Callable[..., Kernel], place: Path, trace: Trace) -> None:
    kernel, cache, gate = new_kernel(load=False), place / "cache", place / "gate"
    names = f"cache, trace, gate = {str(cache)!r}, {str(trace)!r}, {str(gate)!r}\n"
    assert kernel.run(SETUP + names).error is None
    assert kernel.run(CELL).stream() == "begins\ndone\n10\n"

    assert kernel.run(BACKGROUND).error is None
    waits = kernel.start(WAITS)
    wait_until(lambda: trace.ran == {3: 1, 4: 1}, LONG)
    kernel.interrupt()
    ran = kernel.finish(waits)
    assert ran.stream() == "begins\ncancelled\n"
    assert ran.error
    assert ran.error["ename"] == "KeyboardInterrupt"
    assert kernel.eval("str(run.state), str(seen[-1].state)") == ("running", "cancelled")
    gate.touch()
    assert kernel.eval("run.result(120).out") == 6
    assert kernel.eval("(await run).out") == 6
    assert settled(cache)
    assert trace.ran == {3: 1, 4: 1}

    kernel.run("hook.detach()")
    failed = kernel.run("Submitter(worker='cf', cache_root=cache)(wf(x=5))")
    assert failed.error
    assert "already running" in failed.error["evalue"]
