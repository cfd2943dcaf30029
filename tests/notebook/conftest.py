"""Kernels with tasks of Pydra's in them."""

from __future__ import annotations

import pytest

from pydra_oar_jupyter.core.state import JobState
from tests.conftest import PATIENCE, states
from tests.in_cells import TASKS
from tests.waiting import wait_until


@pytest.fixture
def flows(kernel):
    """A kernel with some tasks."""
    defined = kernel.run(TASKS)
    assert defined.error is None, defined.traceback
    return kernel


@pytest.fixture
def until_running(spool, backend):
    """Waits until the scheduler says, too, that the jobs run.

    OAR may take half a minute to delete one that it is about to start.
    """

    def wait():
        wait_until(lambda: set(states(backend, spool).values()) == {JobState.RUNNING}, PATIENCE)

    return wait


@pytest.fixture
def gate(spool):
    """A file without which the task `Wait` does not end."""
    return spool.parent / "gate"
