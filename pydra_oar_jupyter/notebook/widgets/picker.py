"""``ResourcePicker()``: resources picked by eye, in a cell's output."""

from __future__ import annotations

from html import escape

import traitlets

from pydra_oar_jupyter.notebook.widgets.base import MonitorWidget


class ResourcePicker(MonitorWidget):
    """What the site has, how much of it is free, and when a job with it would start.

    Raises:
        SpoolError: the spool can't be made, or others can enter it.
    """

    words = traitlets.Unicode(
        help="What is picked, as oarsub's options: such as `-l host=1/core=2`. It can be observed."
    ).tag(sync=True)

    def __init__(self) -> None:
        super().__init__("picker")

    def _forms(self) -> tuple[str, str]:
        words = self.words or "nothing picked yet"
        return f"Resources: {words}", f"<div>Resources: <code>{escape(words)}</code></div>"
