"""A task's inputs in a few words, whatever they are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import numpy as np
import pytest
from fileformats.generic import File
from pydra.compose import python
from pydra.utils.typing import StateArray

from pydra_oar_jupyter.workflows.inputs import inputs_in_words


@python.define
def Fit(data: Any, degree: int = 1, name: str = "") -> int:  # noqa: N802 - Pydra makes a class
    return degree


def words(task: Any, *split: str) -> str:
    return inputs_in_words(SimpleNamespace(task=task), split)  # type: ignore[arg-type]


class Shade(Enum):
    DARK = 1


@dataclass
class Setting:
    rate: float
    steps: list[int]


@attrs.define
class Nest:
    inner: Any


class Calls:
    """Whose repr is nobody's business."""

    called = False

    def __repr__(self) -> str:
        Calls.called = True
        raise ValueError("no words")


class Shapeless:
    @property
    def shape(self) -> Any:
        raise ValueError("no shape")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (3, "3"),
        ("a\nb", r"'a\nb'"),
        ("x" * 10**6, f"'{'x' * 17}...{'x' * 18}'"),
        (np.int64(3), "3"),
        (np.float64(0.5), "0.5"),
        (np.str_("a"), "'a'"),
        (np.zeros((3000, 2000)), "<ndarray 3000×2000>"),
        (list(range(10**6)), "[0, 1, 2, 3, ...]"),
        (StateArray([1, 2]), "[1, 2]"),
        (b"\0" * 10**6, "<bytes 1000000>"),
        (10**50_000, "<int>"),
        (range(10**9), "range(0, 1000000000)"),
        (Path("/data/a.nii"), "'/data/a.nii'"),
        (Shade.DARK, "Shade.DARK"),
        (len, "len"),
        (Shade, "Shade"),
        (Setting(0.5, list(range(10**6))), "Setting(rate=0.5, steps=[0, 1, 2, 3, ...])"),
        (Nest(Nest(1)), "Nest(inner=Nest(inner=1))"),
        (Calls(), "<Calls>"),
        ([Calls()], "[<Calls>]"),
        (Shapeless(), "<Shapeless>"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value(value: Any, said: str) -> None:
    assert words(Fit(data=value)) == f"data={said}"
    assert not Calls.called


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.touch()
    assert words(Fit(data=File(path))).endswith("/a'")


def test_what_holds_itself() -> None:
    nest = Nest(None)
    nest.inner = nest
    assert words(Fit(data=nest)).startswith("data=Nest(inner=Nest(")


def test_defaults_are_left_out_unless_they_tell_tasks_apart() -> None:
    task = Fit(data=0, degree=1)
    assert words(task) == "data=0"
    assert words(task, "degree") == "degree=1, data=0"


def test_all_of_it_is_short() -> None:
    assert len(words(Fit(data=["word" * 20] * 9, name="n" * 99))) == 80
