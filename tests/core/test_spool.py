"""Names between the spool and the scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pydra_oar_jupyter.core.spool import Spool, Submission, own_name

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with an id of the spool's."""
    return Spool(tmp_path_factory.mktemp("names")).new_job().path


@given(name=st.text())
@example(name="a~b")
@example(name="fit~2345abcdef")
def test_a_job_gets_its_name_back_from_what_the_scheduler_tells(name: str, place: Path) -> None:
    assert own_name(Submission(place, "local", (), "", [], name).tag) == name


@pytest.mark.parametrize("name", ["", "fit", "a~b", "backup.txt~", "~2345"])
def test_the_name_of_a_job_from_elsewhere_stays_as_it_is(name: str) -> None:
    assert own_name(name) == name
