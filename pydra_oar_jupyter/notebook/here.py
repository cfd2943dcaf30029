"""A cell that runs here, in the notebook's kernel, for the value of its last expression."""

from __future__ import annotations

import ast
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.notebook.errors import show_users_frames
from pydra_oar_jupyter.notebook.packing import cell_number, no_python

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from IPython.core.interactiveshell import InteractiveShell


def run_here(
    shell: InteractiveShell,
    cell: str,
    wanted: str,
    plumbing: Sequence[str] = (),
    lent: Mapping[str, Any] | None = None,
) -> Any:
    """Run what is below the line of a magic in the notebook's namespace, as IPython would.

    Args:
        shell: the notebook's.
        cell: the cell without the line of its magic.
        wanted: what its last expression must be, for the message if there is none.
        plumbing: parts of the paths of files whose frames tell nothing to the person.
        lent: names that the cell can use besides the notebook's own, while it runs.

    Returns:
        The value of its last expression.

    Raises:
        RequestError: it is not Python, or its end is no expression; nothing was run.
        BaseException: what it raises, which IPython shows from the cell's own lines on.
    """
    ip: Any = shell
    lines = cell.splitlines()
    # IPython drops empty lines at the top; they count when the person counts.
    empty = next((at for at, line in enumerate(lines) if line.strip()), 0)
    code = "\n" * (1 + empty) + ip.transform_cell(cell)
    file = ip.compile.cache(code, cell_number(shell), raw_code=cell)
    try:
        statements = ip.transform_ast(ip.compile.ast_parse(code, filename=file)).body
        if not statements or not isinstance(statements[-1], ast.Expr):
            raise _no_value(cell, statements, wanted)
        do = ip.compile(ast.Module(statements[:-1], []), file, "exec")
        value = ip.compile(ast.Expression(statements[-1].value), file, "eval")
    except SyntaxError as error:
        raise no_python(error) from None
    try:
        with _lent(lent or {}, ip.user_ns):
            exec(do, ip.user_global_ns, ip.user_ns)  # noqa: S102 - the cell's own
            return eval(value, ip.user_global_ns, ip.user_ns)  # noqa: S307 - the cell's own
    except (Exception, KeyboardInterrupt) as error:
        show_users_frames(shell, error, plumbing)
        raise


@contextmanager
def _lent(names: Mapping[str, Any], space: dict[str, Any]) -> Iterator[None]:
    """Put these among the notebook's names where it has none such; then take them away again."""
    missing = object()
    lent = {name: value for name, value in names.items() if name not in space}
    space.update(lent)
    try:
        yield
    finally:
        for name, value in lent.items():
            if space.get(name, missing) is value:  # else the cell has assigned it
                del space[name]


def _no_value(cell: str, statements: list[ast.stmt], wanted: str) -> RequestError:
    last = statements[-1] if statements else None
    text = cell.rstrip().rpartition("\n")[2]
    hint = f"Its last line must be {wanted}."
    if isinstance(last, ast.Assign) and isinstance(last.targets[0], ast.Name):
        hint = f"Write {last.targets[0].id} in a line of its own below."
    return RequestError(
        "The cell ends with no expression." if last else "The cell is empty.",
        text=text, at=0 if text else None, length=len(text), hint=hint,
    )  # fmt: skip
