"""Tasks and workflows that the tests run: in a module that nodes import, as users have them."""
# ruff: noqa: N802 - Pydra makes classes of these functions

from __future__ import annotations

import atexit
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
from fileformats.generic import Directory, File
from pydra.compose import python, shell, workflow

from tests.waiting import wait_until


class Lost(Exception):
    """What a task may raise: a type of the user's."""


@python.define
def Step(x: int, trace: str = "", gate: str = "", need: str = "") -> int:
    """Twice x. Notes in `trace` that it ran, waits for the file `gate`, reads the file `need`."""
    if trace:
        with Path(trace).open("a") as file:
            file.write(f"{x}\n")
    if gate:
        wait_until(Path(gate).exists, 120)
    if need:
        Path(need).read_text()
    return 2 * x


@python.define
def Total(xs: list[int]) -> int:
    return sum(xs)


@python.define
def End(how: str) -> str:
    """Ends in one of the ways in which a task may."""
    match how:
        case "raise":
            raise Lost(f"nothing is left of {how!r}")
        case "sys.exit":
            sys.exit(3)
        case "stop":
            raise StopIteration("no more")
        case "lose the result":
            result = Path.cwd() / "_result.pklz"
            atexit.register(result.unlink)
        case "os._exit":
            os._exit(0)
        case "signal":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "sleep" | "sleep on":
            time.sleep(300)
    return how


@workflow.define
def Ends(hows: list[str]) -> list[str]:
    end = workflow.add(End().split(how=hows).combine("how"))
    return end.out


@workflow.define
def Doubles(xs: list[int], trace: str = "", gate: str = "") -> int:
    """A split and what it is combined to."""
    step = workflow.add(Step(trace=trace, gate=gate).split(x=xs).combine("x"))
    return workflow.add(Total(xs=step.out)).out


@workflow.define
def Twice(x: int, trace: str = "", gate: str = "") -> int:
    """A chain of two."""
    first = workflow.add(Step(x=x, trace=trace), name="first")
    return workflow.add(Step(x=first.out, trace=trace, gate=gate), name="second").out


@workflow.define(outputs=["total", "alone"])
def Nested(xs: list[int], trace: str = "", gate: str = "") -> tuple[int, int]:
    """A split workflow in a workflow, and a step beside it. The second steps wait for `gate`."""
    inner = workflow.add(Twice(trace=trace, gate=gate).split(x=xs).combine("x"), name="inner")
    alone = workflow.add(Step(x=100, trace=trace), name="alone")
    return workflow.add(Total(xs=inner.out)).out, alone.out


@workflow.define(outputs=["after", "beside"])
def Broken(xs: list[int], trace: str, need: str) -> tuple[int, int]:
    """Its `broken` fails without the file `need`, and `after` needs that; `beside` does not."""
    broken = workflow.add(Step(trace=trace, need=need).split(x=xs).combine("x"), name="broken")
    beside = workflow.add(Step(x=1000, trace=trace), name="beside")
    last = workflow.add(Step(x=beside.out, trace=trace), name="last")
    after = workflow.add(Total(xs=broken.out), name="after")
    return after.out, last.out


@python.define
def Fill(words: list[str]) -> Directory:
    """A folder with a file for each word."""
    folder = Path("folder")
    folder.mkdir()
    for word in words:
        (folder / word).write_text(f"{word}\n")
    return Directory(folder)


@python.define
def Names(folder: Directory) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


@python.define(outputs=["matrix", "mean"])
def Square(side: int) -> tuple[np.ndarray, float]:
    matrix = np.arange(side**2, dtype=float).reshape(side, side)
    return matrix, float(matrix.mean())


@python.define
def Sum(matrix: np.ndarray) -> float:
    return float(matrix.sum())


Sort = shell.define("sort <in_file:File> --output <out|out_file:File>")


@workflow.define(outputs=["names", "sorted", "matrix", "sum", "mean"])
def Files(
    words: list[str], text: File, side: int
) -> tuple[list[str], File, np.ndarray, float, float]:
    """Directories, files and arrays, in and out, and a command."""
    fill = workflow.add(Fill(words=words))
    names = workflow.add(Names(folder=fill.out))
    sort = workflow.add(Sort(in_file=text))
    square = workflow.add(Square(side=side))
    total = workflow.add(Sum(matrix=square.matrix))
    return names.out, sort.out_file, square.matrix, total.out, square.mean


@python.define
def Crowd(x: int, folder: str) -> int:
    """How many of these run at once, as soon as a second one has begun."""
    (Path(folder) / f"{x}.begun").touch()
    wait_until(lambda: len(list(Path(folder).glob("*.begun"))) > 1, 120)
    begun, ended = (len(list(Path(folder).glob(f"*.{what}"))) for what in ("begun", "ended"))
    (Path(folder) / f"{x}.ended").touch()
    return begun - ended


@python.define
def Add(a: int, b: int) -> int:
    return a + b


@workflow.define
def SharedInner(x: int, trace: str) -> int:
    """Its first task is the same for every x."""
    same = workflow.add(Step(x=5, trace=trace), name="same")
    return workflow.add(Add(a=same.out, b=x), name="own").out


@workflow.define
def Shared(xs: list[int], trace: str) -> list[int]:
    return workflow.add(SharedInner(trace=trace).split(x=xs).combine("x"), name="inner").out


@python.define
def Variables(names: list[str]) -> list[int]:
    """How long these variables of the environment are."""
    return [len(os.environ[name]) for name in names]


@workflow.define
def VariablesInside(names: list[str]) -> list[int]:
    return workflow.add(Variables(names=names), name="inside").out


@workflow.define
def VariablesFarInside(names: list[str]) -> list[int]:
    return workflow.add(VariablesInside(names=names), name="around").out
