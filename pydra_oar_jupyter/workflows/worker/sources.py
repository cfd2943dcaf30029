"""The sources of functions that go to a node without their file: those of cells and of scripts.

Pydra names a result by the source of the task's function, and looks once more after it has run: a
node that has not the source would find another name (pydra.utils.hash.bytes_repr_function).
"""

from __future__ import annotations

import linecache
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def sources_in(pickled: bytes) -> dict[str, str]:
    """The sources that a pickle's functions are from, by their code's file name."""
    names = [name for name, entry in [*linecache.cache.items()] if len(entry) > 1 and not entry[1]]
    if script := getattr(sys.modules.get("__main__"), "__file__", None):
        names.append(script)
    # Code has its file's name in it, and cloudpickle takes the code of what no module has.
    return {
        name: "".join(linecache.getlines(name)) for name in names if os.fsencode(name) in pickled
    }


def know_sources(sources: Mapping[str, str]) -> None:
    """Let Python find them, where there is no such file."""
    for name, text in sources.items():
        if not os.path.exists(name):  # noqa: PTH110 - a cell's name may be no path
            linecache.cache[name] = len(text), None, text.splitlines(keepends=True), name
