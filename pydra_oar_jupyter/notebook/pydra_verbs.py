"""What ``%pydra`` does alone in a line: help, runs, get, cancel, resume."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.units import duration
from pydra_oar_jupyter.notebook.line import expand, no_such_verb
from pydra_oar_jupyter.notebook.runs.area import RunArea
from pydra_oar_jupyter.notebook.runs.end import attended, outputs_of
from pydra_oar_jupyter.notebook.scheduler import Parser
from pydra_oar_jupyter.notebook.stop import in_full
from pydra_oar_jupyter.notebook.tables import Column, Table, moment
from pydra_oar_jupyter.notebook.usage import pydra_usage
from pydra_oar_jupyter.workflows.counts import good
from pydra_oar_jupyter.workflows.needed import need_pydra
from pydra_oar_jupyter.workflows.runs.run import Run, run, runs
from pydra_oar_jupyter.workflows.snapshot import RunState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from IPython.core.interactiveshell import InteractiveShell

_COLUMNS = (
    Column("id", "Run"),
    Column("name", "Name"),
    Column("state", "State"),
    Column("tasks", "Tasks done"),
    Column("worker", "Worker"),
    Column("submitted", "Submitted", moment),
    Column("took", "Took", duration),
)
_VERBS = ("cancel", "get", "help", "resume", "runs")


def act(shell: InteractiveShell, line: str) -> Any:
    """Do what the line says.

    Raises:
        RequestError: it says nothing that is known.
        OarError: there is no such run, or it can't be done to it.
    """
    verb, _, rest = line.strip().partition(" ")
    if verb in ("", "help", "--help", "-h"):
        sys.stdout.write(pydra_usage() + "\n")
        return None
    if verb not in _VERBS:
        raise no_such_verb("pydra", line, _VERBS, "A cell whose task is to be run")
    if verb == "runs":
        return _runs(rest)
    need_pydra()
    words = Parser(f"pydra {verb}", backend=False)
    words.add_argument("run", nargs="+" if verb == "cancel" else 1)
    found = [find_run(word, shell.user_ns) for word in words.read(expand(rest, shell.user_ns)).run]
    if verb == "cancel":
        for one in found:
            one.cancel()
        return None
    return _get(shell, found[0]) if verb == "get" else _resume(shell, found[0])


def find_run(word: str, names: Mapping[str, Any]) -> Run:
    """A run by its id, or by the variable that holds its handle.

    Raises:
        OarError: there is none.
    """
    value = names.get(word)
    return value if isinstance(value, Run) else run(word)


def _runs(line: str) -> Any:
    parser = Parser("pydra runs", backend=False)
    parser.add_argument("filter", nargs="*")
    parser.add_argument("-n", type=int, default=20, metavar="COUNT")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("-J", "--json", action="store_true")
    parser.add_argument("--df", action="store_true")
    asked = parser.read(line)
    found = runs()
    states = set(asked.filter) & set(RunState)
    names = set(asked.filter) - states
    if states:
        found = [one for one in found if one.state in states]
    found = [one for one in found if all(name in one.name for name in names)]
    whole = asked.all or asked.json or asked.df
    shown = found if whole else found[: asked.n]
    empty = "No such runs." if asked.filter else "No runs."
    table = Table(_COLUMNS, [_row(one) for one in shown], empty)
    if asked.json:
        return table.to_dicts()
    if asked.df:
        return table.to_dataframe()
    if len(shown) < len(found):
        sys.stdout.write(f"The {asked.n} newest of {len(found)}; --all shows all.\n")
    return table


def _row(one: Run) -> dict[str, Any]:
    snapshot = one.progress
    counts = snapshot.counts
    end = snapshot.ended or snapshot.taken
    return {
        "id": one.id,
        "name": one.name,
        "state": snapshot.state,
        "tasks": f"{good(counts):,} of {sum(counts.values()):,}" if counts else "",
        "worker": one.worker,
        "submitted": one.created,
        "took": max(0.0, end - one.created),
    }


def _get(shell: InteractiveShell, found: Run) -> Any:
    area = RunArea(shell)
    with attended(shell, [found], area, keep=True):
        area.follow(found)
        return outputs_of(found, area)


def _resume(shell: InteractiveShell, found: Run) -> Any:
    begun: list[Run] = []
    area = RunArea(shell)
    with attended(shell, begun, area, keep=False):
        in_full(lambda: begun.append(found.resume()))
        area.follow(begun[0])
        return outputs_of(begun[0], area)
