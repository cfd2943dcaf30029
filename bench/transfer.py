"""A gigabyte of float64 into a cell and out of it, beside numpy's own files on the same disk."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from bench.kernel import kernel
from bench.table import Table

_BYTES = 1_000_000_000
_ROUNDS = 5

# Each is a process of its own, so that its peak of memory is its own too.
_START = f"""
import resource, sys, time
from pathlib import Path
import numpy as np
from pydra_oar_jupyter.core.pickles import Pickles, save
path = Path(sys.argv[1])
def done(start):
    print((time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))
def fresh():
    array = np.arange({_BYTES // 8}, dtype=float)
    return array, time.perf_counter()
"""
_STEPS = {
    "numpy.save": "array, start = fresh(); np.save(path, array); done(start)",
    "numpy.load": "start = time.perf_counter(); array = np.load(path); done(start)",
    "save": "array, start = fresh(); save(path, {'array': array}, {}, namespace={}); done(start)",
    "load": "start = time.perf_counter(); found = Pickles(path).load({}); done(start)",
}


def run() -> Table:
    took: dict[str, list[float]] = {step: [] for step in _STEPS}
    peak: dict[str, float] = {}
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder:
        for turn in range(_ROUNDS + 1):  # the first is not counted: memory is new to the machine
            for step, code in _STEPS.items():
                path = Path(folder, "theirs.npy" if step.startswith("numpy") else "ours.pkl")
                if step.endswith("save"):  # as in the spool, where no file is replaced
                    path.unlink(missing_ok=True)
                seconds, memory = _step(code, path)
                if turn:
                    took[step].append(seconds)
                peak[step] = max(peak.get(step, 0), memory)
    into, out = _through_a_cell()
    table = Table(f"{_BYTES / 1e9:g} GB of float64, medians of {_ROUNDS}")
    for ours, theirs in (("save", "numpy.save"), ("load", "numpy.load")):
        speed = median(took[theirs]) / median(took[ours])
        table.add(f"speed of {ours}, over {theirs}'s", speed, "", least=0.5)
        table.add(f"peak memory of {ours}, over the data's", peak[ours] / _BYTES, "", most=1.5)
    table.add("peak memory of the kernel, sending", into[0] / _BYTES, "", most=1.5)
    table.add("peak memory of the job, receiving", into[1] / _BYTES, "", most=1.5)
    table.add("peak memory of the job, sending back", out[1] / _BYTES, "", most=1.5)
    table.add("peak memory of the kernel, receiving", out[0] / _BYTES, "", most=1.5)
    return table


def _step(code: str, path: Path) -> tuple[float, float]:
    command = [sys.executable, "-c", _START + code, os.fspath(path)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, memory = ast.literal_eval(printed)
    return seconds, memory


_PEAK = "resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024"


def _through_a_cell() -> tuple[tuple[float, float], tuple[float, float]]:
    """The peaks of kernel and job: for an array that goes, and for one that comes back."""
    peaks = []
    for before, cell in (
        (f"array = np.arange({_BYTES // 8}, dtype=float)", "last = array[-1]"),
        ("", f"array = np.arange({_BYTES // 8}, dtype=float)"),
    ):
        with kernel() as notebook:
            notebook.run("%load_ext pydra_oar_jupyter\nimport resource\nimport numpy as np")
            notebook.run(before)
            notebook.run(f"%%oar -l core=1\nimport resource\n{cell}\npeak = {_PEAK}")
            peaks.append((notebook.value(f"print({_PEAK})"), notebook.value("print(peak)")))
    return peaks[0], peaks[1]
