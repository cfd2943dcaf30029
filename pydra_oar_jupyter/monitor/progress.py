"""What jobs report of their progress."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Mapping

# Reports with greater numbers are not shown.
_HUGE = 1e15


def progress(report: Mapping[str, Any]) -> tuple[float, str] | None:
    """How far it is, from 0 to 1, and the same in words, such as ``epoch 3/10 steps``.

    -1 where the total is not known; None if the report can't be used: jobs write what they like.
    """
    done, total = report.get("done"), report.get("total")
    if not _countable(done):
        return None
    label, unit = str(report.get("label") or ""), str(report.get("unit") or "")
    if not _countable(total) or total <= 0:
        return -1.0, f"{label} {done:.6g} {unit}".strip()
    return min(1.0, max(0.0, done / total)), f"{label} {done:.6g}/{total:.6g} {unit}".strip()


def _countable(number: Any) -> TypeGuard[float]:
    return isinstance(number, int | float) and abs(number) < _HUGE
