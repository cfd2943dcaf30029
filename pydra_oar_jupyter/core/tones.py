"""How states look wherever they are shown: a mark, and a colour for it and for bars."""

from __future__ import annotations

from typing import Literal

Tone = Literal["idle", "waiting", "running", "done", "cached", "failed", "stopped"]

MARKS: dict[Tone, str] = {
    "idle": "○", "waiting": "◌", "running": "●", "done": "✓", "cached": "↺", "failed": "✗",
    "stopped": "■",
}  # fmt: skip
# In the middle between black and white: they read on dark and light pages.
COLOURS: dict[Tone, str] = {
    "idle": "#909090", "waiting": "#b07d1e", "running": "#2f81c8", "done": "#2f9a55",
    "cached": "#2a9d9a", "failed": "#d6453d", "stopped": "#808080",
}  # fmt: skip
