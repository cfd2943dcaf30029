"""A split of a Pydra task, beside the floor: one array of as many jobs that only import Pydra."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.table import Table

_FEW, _MANY = 30, 100
# How long the section may take, in seconds: rounds are repeated while there is time for one more.
_BUDGET = 500.0
# After its last job, OAR goes through its queue once more; what comes within that round waits for
# the next, ten seconds later. In seconds.
_REST = 3.0
# What the floor's jobs do, each with the name of a file that it touches at its end.
_FLOOR = "{python} -c 'import pydra.engine.job' && : >\"$1\"\n"


@dataclass
class _Figures:
    """What was measured with one number of tasks, a figure for each round."""

    splits: list[float] = field(default_factory=list)
    floors: list[float] = field(default_factory=list)
    cpus: list[float] = field(default_factory=list)
    calls: list[Counter[str]] = field(default_factory=list)


def run() -> Table:
    figures = {_FEW: _Figures(), _MANY: _Figures()}
    start = time.monotonic()
    rounds, longest = 0, 0.0
    while time.monotonic() - start + longest < _BUDGET:
        begun = time.monotonic()
        for tasks, measured in figures.items():
            # Each comes first in every other round.
            for measure in (_split, _floor) if rounds % 2 else (_floor, _split):
                with tempfile.TemporaryDirectory(dir=Path.home()) as folder:
                    measure(Path(folder), tasks, measured)
        rounds += 1
        longest = max(longest, time.monotonic() - begun)
    table = Table(f"A split of Pydra tasks that do nearly nothing, {rounds} rounds")
    for tasks, measured in figures.items():
        _compare(table, tasks, measured)
    many = figures[_MANY]
    table.add(f"CPU of the front end a task, {_MANY} tasks", max(many.cpus), "s", most=0.05)
    table.add("oarsub", max(calls["oarsub"] for calls in many.calls), "calls", most=2)
    often = (calls["oarstat"] / took for calls, took in zip(many.calls, many.splits, strict=True))
    table.add("oarstat in 2 s of wall time", 2 * max(often), "calls", most=1)
    return table


def _compare(table: Table, tasks: int, measured: _Figures) -> None:
    for which, of in (("the median", median), ("the fastest", min)):
        split, floor = of(measured.splits), of(measured.floors)
        most = {"most": 1.1} if of is median else {}
        table.add(f"{tasks} tasks: wall time, {which}", split, "s")
        table.add(f"{tasks} tasks: the floor, {which}", floor, "s")
        table.add(f"{tasks} tasks: ratio of these", split / floor, "", **most)


def _split(folder: Path, tasks: int, measured: _Figures) -> None:
    log, prefix = folder / "calls", folder / "prefix"
    log.touch()
    prefix.write_text(f'#!/bin/sh\necho "$1" >>{log}\nexec "$@"\n')
    prefix.chmod(0o700)
    settings = {"PYDRA_OAR_PREFIX": prefix, "PYDRA_OAR_SPOOL": folder / "spool", "NO_ET": "1"}
    command = [sys.executable, "-m", "bench.split", folder / "cache", str(tasks)]
    printed = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | settings
    ).stdout
    took, cpu, ids = ast.literal_eval(printed)
    measured.splits.append(took)
    measured.cpus.append(cpu / tasks)
    measured.calls.append(Counter(log.read_text().split()))
    _rest(ids)


def _floor(folder: Path, tasks: int, measured: _Figures) -> None:
    done, script, params = folder / "done", folder / "floor.sh", folder / "params"
    done.mkdir()
    script.write_text(_FLOOR.format(python=shlex.quote(sys.executable)))
    params.write_text("".join(f"{done / str(number)}\n" for number in range(tasks)))
    command = ["oarsub", "-l", "core=1", "-d", folder, "-O", "/dev/null", "-E", "/dev/null"]
    command += ["--array-param-file", params, f"/bin/sh {script}"]
    start = time.time()
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    while len(touched := list(done.iterdir())) < tasks:
        time.sleep(0.1)
    measured.floors.append(max(file.stat().st_mtime for file in touched) - start)
    _rest([int(job) for job in re.findall(r"OAR_JOB_ID=(\d+)", said)])


def _rest(ids: list[int]) -> None:
    """Let OAR come to rest after these jobs: the next ones meet it as these did."""
    which = f"job_id in ({','.join(map(str, ids))}) and state != 'Terminated'"
    while subprocess.run(
        ["oarstat", "--sql", which], check=True, capture_output=True, text=True
    ).stdout.strip():
        time.sleep(0.5)
    time.sleep(_REST)
