"""The apps that come with this package, by their names: each a ``main.py`` to be run by Python."""

from __future__ import annotations

from pathlib import Path

_NAMES = ("hello_world", "spikes")

APPS: dict[str, Path] = {name: Path(__file__).parent / name / "main.py" for name in _NAMES}
