"""Run notebooks from a terminal and show what their cells gave.

``python notebooks/run.py NOTEBOOK…``: each runs in a copy of its folder, so that none is changed.
Exits 1 at the first cell that fails (one tagged ``raises-exception`` is meant to).
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

SECONDS_PER_CELL = 300


def text_of(output: nbformat.NotebookNode) -> str:
    """What a terminal can show of one output of a cell."""
    if output.output_type == "stream":
        return str(output.text).rstrip("\n")
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    text = [output.data[kind] for kind in output.data if kind == "text/plain"]
    others = [f"({kind})" for kind in output.data if not kind.startswith("text/")]
    return "\n".join(text + others)


def show(cell: nbformat.NotebookNode, **_: object) -> None:
    """Print a cell that has just run: its number, its code, its outputs."""
    if cell.cell_type != "code":
        return
    print(f"\nIn [{cell.execution_count}]")
    print("\n".join(f"    {line}" for line in cell.source.splitlines()))
    for output in cell.outputs:
        print(text_of(output), flush=True)


def run(notebook: Path) -> None:
    """Run one notebook in a fresh kernel.

    Raises:
        CellExecutionError: a cell failed.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = shutil.copytree(notebook.parent, Path(scratch, "notebooks"))
        NotebookClient(
            nbformat.read(notebook, as_version=4),
            timeout=SECONDS_PER_CELL,
            kernel_name="python3",
            resources={"metadata": {"path": str(folder)}},
            on_cell_executed=show,
        ).execute()


def main() -> None:
    """Run the notebooks named on the command line."""
    for name in sys.argv[1:]:
        print(f"== {name}")
        try:
            run(Path(name).resolve())
        except CellExecutionError as error:
            sys.exit(f"\n{name}: {error}")


if __name__ == "__main__":
    main()
