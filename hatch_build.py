"""Has what browsers get built before the package is."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

JS = runpy.run_path(str(Path(__file__).parent / "js/build.py"))


class BrowserPart(BuildHookInterface[Any]):
    """The files of JupyterLab and of the widgets, up to date with their sources."""

    def dependencies(self) -> list[str]:
        """Node.js, where it has work to do and is not there."""
        return list(JS["requirements"]())

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's
        """Build them; hatchling calls this before it gathers files."""
        JS["build"]()
        JS["set_version"](self.metadata.version)
