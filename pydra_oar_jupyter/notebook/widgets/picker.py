"""``ResourcePicker()``: resources picked by eye, in a cell's output."""

from __future__ import annotations

from html import escape

import traitlets

from pydra_oar_jupyter.notebook.widgets.base import MonitorWidget


class ResourcePicker(MonitorWidget):
    """Resources picked by eye: what the site has and what is free, and when such a job would start.

    Its button puts what is picked on a cell's first line; outside of JupyterLab it copies it.

    Attributes:
        words: what is picked, as oarsub's options, such as ``-l host=1/core=2``; it can be
            observed: ``picker.observe(heard, "words")``.

    Raises:
        SpoolError: the spool can't be made, or others can enter it.
    """

    words = traitlets.Unicode().tag(sync=True)

    def __init__(self) -> None:
        super().__init__("picker")

    def _forms(self) -> tuple[str, str]:
        words = self.words or "nothing picked yet"
        return f"Resources: {words}", f"<div>Resources: <code>{escape(words)}</code></div>"
