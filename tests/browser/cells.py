"""Cells that the notebooks of tests are made of."""

from __future__ import annotations

LOAD = "%load_ext pydra_oar_jupyter"

# A job that says so when it has begun, and goes on when a file is there.
GATED = """\
%%oar -n {name} -l core=1
import os, time
print("begun", flush=True)
while not os.path.exists({gate!r}):
    time.sleep(0.05)
print("gone on", flush=True)
while not os.path.exists({gate!r} + "2"):
    time.sleep(0.05)
print("ended")
"""

# A Pydra workflow, one of whose tasks divides by zero: that of the sample {fails}.
CAMPAIGN = """\
from pydra.compose import python, workflow

@python.define
def Calibrate(sample: int) -> float:
    return 1 / (sample - {fails})

@python.define
def Average(values: list[float]) -> float:
    return sum(values) / len(values)

@workflow.define
def Campaign(samples: list[int]) -> float:
    each = workflow.add(Calibrate().split(sample=samples).combine("sample"), name="calibrate")
    return workflow.add(Average(values=each.out), name="average").out
"""


def gated(lab, name):
    """A cell, and what opens its gates, one after the other."""
    gate = lab.root / f"gate-{name}"
    gates = iter([gate, gate.with_name(gate.name + "2")])
    return GATED.format(name=name, gate=str(gate)), lambda: next(gates).touch()
