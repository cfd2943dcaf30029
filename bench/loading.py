"""What ``%load_ext`` costs a kernel."""

from __future__ import annotations

from statistics import median

from bench.kernel import kernel
from bench.table import Table

_LOAD = """
import sys, time
_before, _start = set(sys.modules), time.perf_counter()
%load_ext pydra_oar_jupyter
_took = time.perf_counter() - _start
_heavy = {"pydra", "httpx", "ipywidgets", "numpy", "pandas", "cloudpickle"}
print((_took, sorted(_heavy & (set(sys.modules) - _before))))
"""


def run() -> Table:
    took, heavy = [], set()
    for _ in range(5):
        with kernel() as fresh:
            seconds, imported = fresh.value(_LOAD)
            took.append(seconds)
            heavy.update(imported)
    table = Table("Loading the extension")
    table.add("%load_ext, median of 5 fresh kernels", median(took), "s", most=0.15)
    table.add("heavy modules that it imports", len(heavy), "", most=0)
    return table
