"""What differs between rows that were sent and rows as they are: only that travels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pydra_oar_jupyter.monitor.rows import Row

Rows = dict[str, "Row"]
# Rows that have come or changed, by their keys; None for those that are gone.
Changed = dict[str, "Row | None"]


def change(before: Row | None, now: Row) -> dict[str, Any]:
    """The fields that are not as they were, and the key; all of a row that is new."""
    if before is None:
        return dict(now)
    old: Mapping[str, Any] = before
    changed = {field: value for field, value in now.items() if value != old[field]}
    return {"key": now["key"], **changed} if changed else {}


def changes(
    before: Mapping[str, Row], now: Mapping[str, Row], keys: Collection[str]
) -> tuple[list[dict[str, Any]], list[str]]:
    """What has changed in rows, of those keys alone: the changes, and the keys that are gone."""
    changed, gone = [], []
    for key in keys:
        old, new = before.get(key), now.get(key)
        if old is new:
            continue
        if new is None:
            gone.append(key)
        elif found := change(old, new):
            changed.append(found)
    return changed, gone


def kept(before: Mapping[str, Row], now: Mapping[str, Row]) -> Rows:
    """Rows as they are; the objects of before for those that have not changed."""
    return {key: old if (old := before.get(key)) == row and old else row
            for key, row in now.items()}  # fmt: skip


class Picture:
    """All rows there are.

    Attributes:
        rows: by their keys.
        children: by the keys of what they are in; those on top by "", and those of jobs that were
            not submitted from here by `OTHERS`.
    """

    def __init__(self) -> None:
        self.rows: Rows = {}
        self.children: dict[str, Rows] = {}

    def put(self, changed: Mapping[str, Row | None]) -> None:
        """Take rows as they are now; None for one that is gone."""
        for key, row in changed.items():
            before = self.rows.pop(key, None)
            if before is not None and (row is None or _place(row) != _place(before)):
                there = self.children[_place(before)]
                there.pop(key, None)
                if not there:
                    del self.children[_place(before)]
            if row is not None:
                self.rows[key] = row
                self.children.setdefault(_place(row), {})[key] = row


# The place, in a picture, of jobs that were not submitted from here.
OTHERS = "others"


def _place(row: Row) -> str:
    return OTHERS if row["kind"] == "other" and not row["parent"] else row["parent"]


def in_sight(picture: Picture, opened: Collection[str], *, everyone: bool) -> Rows:
    """The rows that a viewer sees: those on top, and what is in those that are opened.

    Args:
        picture: all rows.
        opened: the keys of rows that the viewer has opened.
        everyone: whether the viewer sees jobs that were not submitted from here.
    """
    seen = dict(picture.children.get("", {}))
    if everyone:
        seen |= picture.children.get(OTHERS, {})
    left = [key for key in opened if key in seen]
    while left:
        inner = picture.children.get(left.pop(), {})
        left += [key for key in inner if key in opened and key not in seen]
        seen |= inner
    return seen


def sees(picture: Picture, row: Row, opened: Collection[str], *, everyone: bool) -> bool:
    """Whether a row is among those that are in sight."""
    above: Row | None = row
    while above is not None:
        if not above["parent"]:
            return everyone or above["kind"] != "other"
        if above["parent"] not in opened:
            return False
        above = picture.rows.get(above["parent"])
    return False


def turned(before: Mapping[str, Row], now: Mapping[str, Row]) -> Changed:
    """What has come, changed or gone, by identity; None for what has gone."""
    changed: Changed = {key: row for key, row in now.items() if before.get(key) is not row}
    return changed | dict.fromkeys(before.keys() - now.keys())
