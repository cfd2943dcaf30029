"""Runs that a cell waits for: what comes of them here, and what an interrupt does."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.cells.replay import Value
from pydra_oar_jupyter.core.clean import line, xml
from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.html import block, faint, section
from pydra_oar_jupyter.notebook.errors import rendered, show_lines, show_plainly, show_users_frames
from pydra_oar_jupyter.notebook.outputs import show_value
from pydra_oar_jupyter.notebook.runs.area import RunArea
from pydra_oar_jupyter.notebook.stop import patiently
from pydra_oar_jupyter.workflows.snapshot import RunState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from IPython.core.interactiveshell import InteractiveShell

    from pydra_oar_jupyter.workflows.runs.run import Run

# Parts of the paths of what makes and runs tasks.
PLUMBING = (
    "/pydra/", "/attr/", "<attrs generated", "/asyncio/", "/concurrent/futures/", "/pathlib.py",
    "/subprocess.py",
)  # fmt: skip


def outputs_of(run: Run, area: RunArea) -> Any:
    """What a run computes, once it has and all of it is shown.

    Raises:
        OarError: it was stopped, or its outputs are not in the cache any more.
        BaseException: what the first task that failed has raised.
    """
    run.wait()
    area.finish()
    return run.result()


def show_handle(shell: InteractiveShell, run: Run) -> None:
    """Make a run's handle the cell's value; where it is, the cell shows already, and goes on to."""
    words = f"run {run.id} of {line(run.name)} on {line(run.worker)}"
    html = section(block(xml(words)), block(faint(advice(run))))
    show_value(shell, run, Value({"text/plain": f"{words}\n{advice(run)}", "text/html": html}, {}))


def advice(run: Run) -> str:
    """How to get what it computes."""
    return f"%pydra get {run.id} brings its outputs"


@contextmanager
def attended(
    shell: InteractiveShell, runs: Sequence[Run], area: RunArea, *, keep: bool
) -> Iterator[None]:
    """On an interrupt, cancel the run unless it is to be kept. All errors are shown readably.

    Args:
        shell: the notebook's.
        runs: the one run, once there is one.
        area: where it is shown.
        keep: whether it goes on.
    """
    try:
        yield
    except Exception as error:
        _show(shell, error)
        raise
    except KeyboardInterrupt as interrupt:
        if not runs:
            raise
        words = f"goes on.\n{advice(runs[0])}" if keep else _cancel(runs[0], area)
        show_plainly(interrupt, f"KeyboardInterrupt: run {runs[0].id} {words}")
        raise


@contextmanager
def shown(shell: InteractiveShell, run: Run) -> Iterator[None]:
    """Show the run of a Submitter below the cell that calls it; at the end it has ended."""
    area = RunArea(shell)
    area.follow(run)
    try:
        yield
    finally:
        if run.done():
            area.finish()


def _show(shell: InteractiveShell, error: Exception) -> None:
    """Have IPython show it with its notes, without frames of ours, and places in cells by name."""
    notes = [note for note in getattr(error, "__notes__", ()) if _CRASH_REPORT not in note]
    error.__notes__ = notes
    if isinstance(error, OarError) and not rendered(error):
        show_plainly(error)
    show_users_frames(shell, error, PLUMBING)
    lines = rendered(error)
    told = _COLOURS.sub("", "\n".join(lines))
    lines += [note for note in notes if note.partition("\n")[0] not in told]

    def place(match: re.Match[str]) -> str:
        known = compiler.format_code_name(match[1])
        return " ".join(known) if known else match[0]

    compiler: Any = shell.compile
    show_lines(error, [_PLACE.sub(place, line) for line in lines])


_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# What Pydra adds to errors: it is told already, and there may be no such file.
_CRASH_REPORT = "Full crash report for"
# In a traceback as Python writes it.
_PLACE = re.compile(r'(?<=^  )File "(.*)"(?=, line \d+)', re.MULTILINE)


def _cancel(run: Run, area: RunArea) -> str:
    """What came of it, in words."""

    def cancel() -> None:
        run.cancel()
        run.wait()

    area.say("being cancelled…")
    try:
        if not patiently(cancel):
            return "is being cancelled.\nNot all of it has ended yet; %pydra runs tells."
    except OarError as error:
        area.say("")
        return f"could not be cancelled.\n{error}"
    area.finish()
    if run.state is not RunState.CANCELLED:
        return f"had ended ({run.state}).\n{advice(run)}"
    return "was cancelled.\nRun the cell again, and it goes on from what is done."
