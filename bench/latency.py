"""From a cell to its value, beside the floor: oarsub, and a file that the job touches."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.kernel import kernel
from bench.table import Table

_CELLS = 10

_LOAD = """
%load_ext pydra_oar_jupyter
import time, json
from pydra_oar_jupyter import jobs
"""
# The cell is run from a cell, so that the clock is read in the kernel when the value is there.
_CELL = """
_start = time.time()
_value = get_ipython().run_cell_magic("oar", "-l core=1", "1+1")
_there = time.time()
_job = jobs()[0]
_done = [json.loads(line) for line in _job.directory.events.open()]
_wrote = next(event["time"] for event in _done if event["event"] == "done")
print((_job.id, _start, _wrote, _there))
"""


def run() -> Table:
    floors, waits, totals, leads = [], [], [], []
    with kernel() as notebook:
        notebook.run(_LOAD)
        for _ in range(_CELLS):
            floors.append(_floor())
            job, start, wrote, there = notebook.value(_CELL)
            waits.append(there - wrote)
            totals.append(there - start)
            leads.append(_terminated(job) - there)
    table = Table(f"The value of 1+1, medians of {_CELLS}")
    table.add("from the job's last write to the notebook", median(waits), "s", most=0.4)
    table.add("oarstat says Terminated after the value came", median(leads), "s", least=0)
    table.add("from the cell to its value", median(totals), "s")
    table.add("the floor: from oarsub to a file the job touches", median(floors), "s")
    # A job that just missed OAR's round waits ten seconds for the next: the fastest did not.
    table.add("from the cell to its value, the fastest", min(totals), "s")
    table.add("the floor, the fastest", min(floors), "s")
    table.add("ratio of the fastest", min(totals) / min(floors))
    return table


def _floor() -> float:
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder:
        touched = Path(folder, "touched")
        start = time.time()
        command = ["oarsub", "-l", "core=1", "-d", folder, "-O", "/dev/null", "-E", "/dev/null"]
        command.append(f"touch {touched}")
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        while not touched.exists():
            pass
        took = time.time() - start
        # The next one meets OAR as this one did: how long a job waits hangs on that.
        _terminated(int(said.rpartition("OAR_JOB_ID=")[2]))
        return took


def _terminated(job: int) -> float:
    """When oarstat says so, asked without a pause, in seconds since the epoch."""
    while True:
        asked = time.time()
        said = subprocess.run(
            ["oarstat", "-J", "-f", "-j", str(job)], check=True, capture_output=True, text=True
        ).stdout
        state = json.loads(said)[str(job)]["state"] if re.search(r"\{", said) else ""
        if state == "Terminated":
            return asked
