"""Kernels with tasks of Pydra's in them."""

from __future__ import annotations

import pytest

from tests.in_cells import TASKS


@pytest.fixture
def flows(kernel):
    """A kernel with some tasks."""
    defined = kernel.run(TASKS)
    assert defined.error is None, defined.traceback
    return kernel


@pytest.fixture
def gate(spool):
    """A file without which the task `Wait` does not end."""
    return spool.parent / "gate"
