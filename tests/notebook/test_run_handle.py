"""How the handle of a run looks as the value of a cell."""

from __future__ import annotations

from IPython.core.formatters import DisplayFormatter
from pydra.compose import python

from pydra_oar_jupyter.notebook import handles
from pydra_oar_jupyter.workflows.runs.run import submit
from tests.conftest import PATIENCE


@python.define(outputs=["out"])
def Halve(x: float):  # noqa: N802 - it becomes a class
    return x / 2


def test_a_run_shows_where_it_is(spool, tmp_path):
    display = DisplayFormatter()
    display.active_types = ["text/plain", "text/html"]
    run = submit(Halve(x=8.0), worker="debug", cache_root=tmp_path)
    run.wait(PATIENCE)
    handles.register(display.formatters)
    shown, _ = display.format(run)
    assert shown["text/plain"].startswith("✓ Halve · ")
    assert "<b>Halve</b>" in shown["text/html"]
    assert display.format(run.progress) == display.format(run)
    several, _ = display.format([run])
    assert several["text/plain"] == f"[{run!r}]"
    tasks, _ = display.format(run.progress.tasks)
    assert tasks["text/plain"].startswith("(✓ Halve · x=8.0 · ")

    handles.unregister(display.formatters)
    plain, _ = display.format(run)
    assert plain["text/plain"].startswith("<Run ")
    assert "text/html" not in plain
