"""How often the schedulers are asked."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.core.array import JobArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydra_oar_jupyter.core.job import Job
    from tests.core.conftest import Commands

    Run = Callable[..., list[Job]]

LONG = 120
pytestmark = pytest.mark.parametrize(
    "backend", [pytest.param("oar", marks=pytest.mark.cluster)], indirect=True
)


def test_many_jobs_are_one_oarsub_and_few_oarstats(run: Run, commands: Commands) -> None:
    array = JobArray(run(*["sleep 8"] * 20))
    assert array.result(LONG) == [0] * 20
    assert commands["oarsub"] == 1
    # The pauses of 1, 1.5, 2.2 … s add up to 31 s after 7 questions, and to 105 s after 10.
    assert commands["oarstat"] <= 12


def test_two_processes_ask_as_often_as_one(run: Run, commands: Commands) -> None:
    array = JobArray(run(*["sleep 12"] * 2))
    array[0].submitted(LONG)
    follow = "from pydra_oar_jupyter.core.jobs import job\nimport sys\n" + "".join(
        f"job({one.submitted()}).wait(90)\n" for one in array
    )
    others = [subprocess.Popen([sys.executable, "-c", follow]) for _ in range(3)]
    assert array.result(LONG) == [0, 0]
    assert [other.wait(LONG) for other in others] == [0, 0, 0]
    alone = 7
    assert commands["oarstat"] <= alone + 3
