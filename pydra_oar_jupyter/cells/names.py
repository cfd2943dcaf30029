"""Which of the notebook's names go with a cell."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.pickler import SHELLS_OWN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from pydra_oar_jupyter.cells.flow import CellNames

_HISTORY = {"In": "_ih", "Out": "_oh"}
_LAST_SHOWN = re.compile(r"_{1,3}|_\d+")


def shells_own(namespace: Mapping[str, Any]) -> set[str]:
    """The names of a namespace that IPython put there: the node's shell has its own."""
    return {
        name
        for name, value in list(namespace.items())
        if SHELLS_OWN.fullmatch(name)
        or (
            name in {"get_ipython", "exit", "quit", "open"}
            and str(getattr(value, "__module__", "")).startswith(("IPython", "ipykernel"))
        )
    }


def names_to_send(
    names: CellNames, namespace: Mapping[str, Any], *, given: Collection[str] = ()
) -> list[str]:
    """The names that the cell needs from the namespace.

    Args:
        names: the cell's names.
        namespace: the notebook's names.
        given: names that the job gets otherwise, as ``--over`` does.

    Raises:
        RequestError: it reads the notebook's history.
    """
    for name, origin in _HISTORY.items():
        if name in names.reads and namespace.get(name, 0) is namespace.get(origin, 1):
            raise RequestError(
                f"The cell reads {name}, the notebook's own history: it does not go to a job.",
                hint="Write _3 instead of Out[3], or give the value a name first.",
            )
    # What was shown last is a value like others, when the cell asks for it.
    own = {name for name in shells_own(namespace) if not _LAST_SHOWN.fullmatch(name)}
    return sorted(names.reads & namespace.keys() - own - set(given))


def names_by_hand(text: str, known: Iterable[str], option: str) -> list[str]:
    """The names of ``--in`` and ``--out``, separated by commas.

    Raises:
        RequestError: one is not known; with the nearest that is.
    """
    known = set(known)
    found = []
    for match in re.finditer(r"[^,\s]+", text):
        name = match[0]
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise RequestError(
                f"{option}: there is no {name}.",
                text=text,
                at=match.start(),
                length=len(name),
                hint=f"Did you mean {near[0]}?" if near else "",
            )
        found.append(name)
    return list(dict.fromkeys(found))
