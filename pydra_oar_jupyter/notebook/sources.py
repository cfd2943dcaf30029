"""The source of the notebook's functions, with which a traceback of a job shows their lines."""

from __future__ import annotations

import inspect
import linecache
import re
from functools import partial
from types import FunctionType
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.pickler import names_used

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from IPython.core.interactiveshell import InteractiveShell


def sources_of(
    shell: InteractiveShell, names: Iterable[str], space: Mapping[str, Any]
) -> dict[str, tuple[int, str]]:
    """The cells that define these functions and classes, and those that they use in turn.

    Returns:
        Each cell's number and text by the file name that its code bears.
    """
    found: dict[str, tuple[int, str]] = {}
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in seen or name not in space:
            continue
        seen.add(name)
        for function in _functions(space[name]):
            if function.__globals__ is not space:
                continue
            file = function.__code__.co_filename
            _, label = shell.compile.format_code_name(file) or ("", "")
            if number := re.fullmatch(r"In\[(\d+)\]", label):
                found[file] = int(number[1]), "".join(linecache.getlines(file))
            waiting += names_used(function.__code__)[0]
    return found


def _functions(value: object) -> Iterator[FunctionType]:
    """The functions that it is or consists of, as far as that is plain."""
    inner = value.func if isinstance(value, partial) else value
    function = inspect.unwrap(inner)  # type: ignore[arg-type]  # it takes whatever there is
    if isinstance(function, FunctionType):
        yield function
    kind = value if isinstance(value, type) else type(value)
    if kind.__module__ == "__main__":
        for part in vars(kind).values():
            method = getattr(part, "fget", None) or getattr(part, "__func__", part)
            if isinstance(method, FunctionType):
                yield method
