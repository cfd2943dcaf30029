"""How often OAR's commands are run for many jobs."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path

from bench.kernel import kernel
from bench.table import Table

_JOBS = 100
# A hundred jobs on eight cores, at OAR's own pace of about one a second: two minutes in all.
_CELL = f"""
%%oar -l core=1 --over "n in range({_JOBS})"
import time
time.sleep(8)
n * n
"""


def run() -> Table:
    with tempfile.TemporaryDirectory() as folder:
        log, prefix = Path(folder, "calls"), Path(folder, "prefix")
        log.touch()
        prefix.write_text(f'#!/bin/sh\necho "$1" >>{log}\nexec "$@"\n')
        prefix.chmod(0o700)
        os.environ["PYDRA_OAR_PREFIX"] = str(prefix)
        try:
            with kernel() as notebook:
                notebook.run("%load_ext pydra_oar_jupyter\nimport time\n_start = time.time()")
                notebook.run(_CELL.strip())
                took = notebook.value("print(time.time() - _start)")
                cpu = notebook.value("print(time.process_time())")
        finally:
            del os.environ["PYDRA_OAR_PREFIX"]
        calls = Counter(log.read_text().split())
    table = Table(f"{_JOBS} jobs submitted together")
    table.add("wall time", took, "s")
    table.add("oarsub", calls["oarsub"], "calls", most=1)
    table.add("oarstat", calls["oarstat"], "calls", most=20)
    table.add("CPU of the kernel, in all", cpu, "s")
    return table
