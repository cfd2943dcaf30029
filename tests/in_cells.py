"""Pydra's tasks in cells: some to run, and what is seen of their runs."""

from __future__ import annotations

TASKS = """\
from pydra.compose import python, workflow

@python.define
def Add(a: int, b: int) -> int:
    return a + b

@python.define
def Div(a: float, b: float) -> float:
    return a / b  # here

@python.define
def Wait(a: int, gate: str) -> int:
    import os, time
    while not os.path.exists(gate):
        time.sleep(0.05)
    return a

@python.define
def Average(xs: list[int]) -> float:
    return sum(xs) / len(xs)

@workflow.define
def Mean(xs: list[int]) -> float:
    each = workflow.add(Add(b=0).split(a=xs).combine("a"), name="each")
    mean = workflow.add(Average(xs=each.out), name="mean")
    return mean.out
"""


def parts(ran):
    """The sections of the view of the only run of a cell."""
    names = ("errors", "head", "graph", "tasks")
    return dict(zip(names, (shown["text/plain"] for shown in ran.displays), strict=False))


def head(ran):
    return parts(ran).get("head", "")


def later(kernel, message_id, ran, seen):
    """Take what comes for a cell that has ended, until it is seen."""
    while not seen(ran):
        kernel.take(kernel.next_message(message_id), ran)
    return ran
