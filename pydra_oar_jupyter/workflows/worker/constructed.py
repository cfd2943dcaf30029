"""Pydra's memory of the workflows that it has constructed in this process."""

from __future__ import annotations

from pydra.engine.workflow import Workflow


def forget_constructed() -> None:
    """Have all workflows of a run constructed from their own inputs.

    Pydra keeps them by the hash of their inputs, and that of a file is made of what is in it: a
    workflow would read the file where an earlier run had it, and fail if it is gone from there.
    """
    Workflow.clear_cache()
