"""Times and bars in words."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def ticking(seconds: float) -> float:
    """A duration cut so that what is shown of it changes seldom: it need not flood a page."""
    step = 1 if seconds < 600 else 10 if seconds < 7200 else 60
    return seconds // step * step


def clock(moment: float, now: float) -> str:
    """A time of day; with its date if that is not today. Both in seconds since the epoch."""
    then, today = time.localtime(moment), time.localtime(now)
    same = then[:3] == today[:3]
    return time.strftime("%H:%M" if same else "%Y-%m-%d %H:%M", then)


def spans(ids: Sequence[int]) -> str:
    """``job 3``, ``jobs 3–5, 8``: ascending numbers of jobs in a few words; the first spans."""
    parts: list[list[int]] = []
    for number in ids:
        if parts and number == parts[-1][-1] + 1:
            parts[-1] = [parts[-1][0], number]
        else:
            parts.append([number])
    texts = ["–".join(map(str, part)) for part in parts]
    some = ", ".join(texts[:8]) + (", …" if len(texts) > 8 else "")
    return f"job {some}" if len(ids) == 1 else f"jobs {some}"


def text_bar(fraction: float, width: int = 24) -> str:
    """A bar of blocks."""
    full = round(max(0.0, min(1.0, fraction)) * width)
    return "█" * full + "░" * (width - full)
