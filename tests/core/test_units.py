"""Bytes and seconds in words."""

from __future__ import annotations

import pytest

from pydra_oar_jupyter.core.units import duration, in_bytes


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-1, "0.0 s"), (0.04, "0.0 s"), (0.34, "0.3 s"), (9.949, "9.9 s"), (9.96, "10 s"),
     (59.4, "59 s"), (59.9, "1 min"), (60, "1 min"), (185, "3 min 5 s"), (3700, "1 h 1 min"),
     (7200, "2 h"), (7860, "2 h 11 min"), (90_000, "1 d 1 h"), (100_000, "1 d 3 h")],
)  # fmt: skip
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (41_100, "41.1 kB"), (2e9, "2 GB"),
     (999_499, "999 kB"), (999_500, "1 MB"), (999_999_999, "1 GB"), (3e15, "3e+03 TB")],
)  # fmt: skip
def test_sizes(size: float, words: str) -> None:
    assert in_bytes(size) == words
