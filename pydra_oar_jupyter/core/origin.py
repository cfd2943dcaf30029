"""Where a job or a run came from: the cell of a notebook, mostly."""

from __future__ import annotations

from dataclasses import dataclass


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
