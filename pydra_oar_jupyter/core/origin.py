"""Where a job or a run came from: the cell of a notebook, mostly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pydra_oar_jupyter.core.errors import SpoolError
from pydra_oar_jupyter.core.files import checked, read_json

if TYPE_CHECKING:
    from pathlib import Path

_Facts = TypeVar("_Facts")


@dataclass(frozen=True)
class Origin:
    """Where something was submitted from.

    Attributes:
        label: for people, such as ``fit.ipynb [3]``.
        notebook: the notebook's path as its server has told the kernel: absolute, or relative
            to the server's root; "" if there is none.
        cell: the cell's id in it, which survives that cells are moved; "" if it is not known.
    """

    label: str = ""
    notebook: str = ""
    cell: str = ""


def read_facts(path: Path, kind: type[_Facts], many: str) -> _Facts:
    """What a file of the spool tells of something that came from somewhere.

    Args:
        path: the file, which has the fields of ``kind`` as JSON.
        kind: a dataclass with a field ``origin``; files of older versions have its label alone.
        many: its field that is a tuple.

    Raises:
        SpoolError: it can't be read, or is of another version.
    """
    try:
        read = read_json(path)
        origin = checked(Origin(**read.pop("origin", {"label": read.pop("source", "")})))
        return checked(kind(**{**read, many: tuple(read[many]), "origin": origin}))
    except (ValueError, KeyError, TypeError) as error:
        message = f"{path} can't be read, or is of another version: {error!r}"
        raise SpoolError(message) from None
