"""From a cell, a script or a command to jobs in the spool, ready to be submitted."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.cells.cell import ShellCell
from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.origin import Origin
from pydra_oar_jupyter.core.pack import whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from IPython.core.interactiveshell import InteractiveShell

    from pydra_oar_jupyter.cells.cell import PythonCell
    from pydra_oar_jupyter.core.pack import Pack
    from pydra_oar_jupyter.core.request import Request
    from pydra_oar_jupyter.core.surroundings import Surroundings
    from pydra_oar_jupyter.notebook.options import CellOptions

# The ids of cells in a notebook, by nbformat 4.5.
_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def pack_script(pack: Pack, script: str, run_with: Sequence[str], around: Surroundings) -> Pack:
    """A script, once for each job that the request asks for.

    Raises:
        RequestError: the file of parameters can't be used.
        SpoolError: the spool can't be written.
    """
    request = pack.request
    with whole(pack):
        for number, parameters in enumerate(_parameters(request), 1):
            pack.work(ShellCell(script, run_with, around, parameters).write(pack.add()))
            if pack.spec.group:
                pack.labels.append(shlex.join(parameters) or f"OAR_ARRAY_INDEX = {number}")
    return pack


def pack_cell(
    pack: Pack, shell: InteractiveShell, code: str, asked: CellOptions, **cell: Any
) -> Pack:
    """A Python cell, once for each of the values that it runs over.

    Args:
        pack: an empty one.
        shell: the notebook's.
        code: the cell below its magic.
        asked: its options.
        cell: what else `PythonCell` takes.

    Raises:
        RequestError: it is not Python, or its options don't fit it.
        PackingError: something of it can't go.
        SpoolError: the spool can't be written.
    """
    from pydra_oar_jupyter.cells.cell import PythonCell
    from pydra_oar_jupyter.cells.flow import cell_names
    from pydra_oar_jupyter.cells.names import names_by_hand, names_to_send, shells_own
    from pydra_oar_jupyter.notebook.sources import sources_of

    space: dict[str, Any] = shell.user_ns
    transform = shell.input_transformer_manager.transform_cell
    try:
        names = cell_names(transform(code), transform)
    except SyntaxError as error:
        raise no_python(error) from None
    name, values = _elements(shell, asked)
    given = [name] if name else []
    if asked.takes is None:
        send = names_to_send(names, space, given=given)
    else:
        send = names_by_hand(",".join(asked.takes), space, "--in")
    out: list[str] | None = None
    if asked.brings is not None:
        known = {*names.assigns, *names.changes, *send, *(names.words if names.open else ())}
        out = names_by_hand(",".join(asked.brings), known, "--out")
    python = PythonCell(
        code,
        {one: space[one] for one in send},
        out,
        names.changes,
        names.words,
        cell_number(shell),
        sources_of(shell, send, space),
        **cell,
    )
    pack.out = out if out is not None else sorted(names.assigns | names.changes)
    with whole(pack):
        _write(pack, python, space, shells_own(space), name, values)
    return pack


def no_python(error: SyntaxError) -> RequestError:
    line = (error.text or "").rstrip("\n")
    at = min(max(0, (error.offset or 1) - 1), len(line))
    where = f" in line {error.lineno} of the cell" if error.lineno else ""
    return RequestError(f"SyntaxError{where}: {error.msg}", text=line, at=at)


def _write(
    pack: Pack,
    cell: PythonCell,
    space: dict[str, Any],
    kept: set[str],
    name: str,
    values: list[object],
) -> None:
    for value in values:
        job = pack.add()
        lines = cell.write(job, space, kept) if len(pack.jobs) == 1 else ""
        if name:
            lines = cell.write_element(job, pack.jobs[0][0], {name: value}, space)
            pack.labels.append(element_label(name, value))
        pack.work(lines)


def _elements(shell: InteractiveShell, asked: CellOptions) -> tuple[str, list[object]]:
    """What the cell runs over: the name and the values; one value and no name if nothing."""
    if asked.over is None:
        return "", [None]
    name, expression = asked.over
    try:
        return name, list(eval(expression, shell.user_global_ns, shell.user_ns))  # noqa: S307 - the cell's own
    except Exception as error:
        raise RequestError(
            f"What the cell is to run over can't be had: {type(error).__name__}: {error}",
            text=expression, at=0, length=len(expression),
        ) from None  # fmt: skip


def element_label(name: str, value: object) -> str:
    """An element in a few words."""
    try:
        text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    text = " ".join(text.split())
    return f"{name} = {text if len(text) <= 60 else text[:59] + '…'}"


def cell_number(shell: InteractiveShell) -> int:
    """The number of the cell that runs, which IPython counts before it or after it."""
    hook: Any = shell.displayhook
    return int(hook.prompt_count)


def cell_origin(shell: InteractiveShell) -> Origin:
    """The notebook and the cell that runs."""
    # Set by Jupyter's servers: the path on their disk, or from their root.
    notebook = os.environ.get("JPY_SESSION_NAME", "")
    label = f"{Path(notebook).name} [{cell_number(shell)}]".strip()
    return Origin(label, notebook, _cell_id(shell))


def _cell_id(shell: InteractiveShell) -> str:
    """The id of the cell that runs; "" where the front end does not tell it with its request."""
    parent: Any = getattr(shell, "get_parent", dict)()
    metadata = parent.get("metadata") if isinstance(parent, dict) else None
    found = metadata.get("cellId") if isinstance(metadata, dict) else None
    return found if isinstance(found, str) and _CELL_ID.fullmatch(found) else ""


def interpreter(script: str, shell: str | None) -> list[str]:
    """The words that run this script: ``shell``, else what its first line says.

    Raises:
        RequestError: neither says anything.
    """
    if shell:
        return shlex.split(shell)
    # As Linux does: a program, and all that follows as one argument.
    words = script.partition("\n")[0].removeprefix("#!").strip().split(None, 1)
    if not words:
        raise RequestError("The first line of the script names no program after #!.")
    return words


def environment(pairs: Sequence[str]) -> dict[str, str]:
    """The variables of ``--env``: ``NAME=VALUE``, or ``NAME`` with this kernel's value.

    Raises:
        RequestError: a name without a value is not set here.
    """
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals and name not in os.environ:
            raise RequestError(
                f"The environment variable {name} is not set here.",
                hint=f"Give its value: --env {name}=…",
            )
        found[name] = value if equals else os.environ[name]
    return found


def _parameters(request: Request) -> list[list[str]]:
    """The arguments of each job."""
    if not request.array_param_file:
        return [[] for _ in range(request.array or 1)]
    path = Path(request.array_param_file).expanduser()
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise RequestError(f"{path} can't be read: {why}.") from None
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            found.append(shlex.split(line))
        except ValueError as error:
            raise RequestError(f"Line {number} of {path}: {error}.", text=line, at=0) from None
    if not found:
        raise RequestError(f"{path} has no line with parameters.")
    return found
