"""Tasks that wait until a test lets them go on, and workflows of them."""
# ruff: noqa: N802 - Pydra makes classes of these functions

from __future__ import annotations

from pathlib import Path

from pydra.compose import python, workflow

from tests.waiting import wait_until


class Lost(Exception):
    """What a task may raise: a type of the user's."""


@python.define
def Gated(x: int, gates: str, y: int = 1) -> int:
    """Waits for the file of its number; raises what is in it, or returns its number and 100."""
    gate = Path(gates, str(x))
    wait_until(gate.exists, 120, every=0.005)
    if what := gate.read_text():
        raise Lost(what)
    return x + 100 * y


@python.define
def Total(xs: list[int]) -> int:
    return sum(xs)


@workflow.define
def Split(xs: list[int], gates: str) -> int:
    """A split, what it is combined to, and one more after that."""
    fit = workflow.add(Gated(gates=gates).split(x=xs).combine("x"), name="fit")
    total = workflow.add(Total(xs=fit.out), name="total")
    last = workflow.add(Gated(x=total.out, gates=gates), name="last")
    return last.out


@workflow.define
def Chain(x: int, gates: str) -> int:
    first = workflow.add(Gated(x=x, gates=gates), name="first")
    return workflow.add(Gated(x=first.out, gates=gates), name="second").out


@workflow.define
def Nested(xs: list[int], gates: str) -> int:
    """A workflow in a workflow, split, and what it is combined to."""
    inner = workflow.add(Chain(gates=gates).split(x=xs).combine("x"), name="inner")
    return workflow.add(Total(xs=inner.out), name="total").out


@workflow.define
def Unmade(x: int) -> int:
    """Can't be made into nodes."""
    raise Lost(f"there is no workflow for {x}")


@workflow.define
def Around(x: int) -> int:
    return workflow.add(Unmade(x=x), name="unmade").out
