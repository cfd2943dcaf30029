"""What travels, and what a viewer makes of it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pydra_oar_jupyter.monitor.changes import Picture, kept, turned
from pydra_oar_jupyter.monitor.rows import row
from pydra_oar_jupyter.monitor.view import View, Wish

KEYS = [f"array:{number}" for number in range(6)]
# A row is in one with a smaller number, or on top.
ROWS = st.dictionaries(
    st.sampled_from(range(6)),
    st.tuples(st.integers(-1, 4), st.sampled_from("ab"), st.sampled_from(["array", "other"])),
)
WISHES = st.builds(
    lambda everyone, opened: Wish(True, everyone, frozenset(opened)),
    st.booleans(),
    st.sets(st.sampled_from(KEYS)),
)


def picture_of(facts: dict[int, tuple[int, str, Any]]) -> dict[str, Any]:
    return {
        KEYS[number]: row(
            KEYS[number], kind, name, "Waiting", "waiting",
            parent=KEYS[above] if -1 < above < number else "",
        )
        for number, (above, name, kind) in facts.items()
    }  # fmt: skip


def in_sight(rows: dict[str, Any], wish: Wish) -> dict[str, Any]:
    """By the words of the protocol, one row after the other."""
    seen: dict[str, Any] = {}
    for key in KEYS:  # what a row is in comes before it
        if key not in rows:
            continue
        above = rows[key]["parent"]
        if (above in seen and above in wish.opened) if above else (
            wish.everyone or rows[key]["kind"] != "other"
        ):  # fmt: skip
            seen[key] = rows[key]
    return seen


@given(st.lists(st.tuples(ROWS, WISHES), min_size=1, max_size=6))
def test_a_viewer_always_has_the_rows_that_it_wants(steps: list[Any]) -> None:
    shown: dict[str, Any] = {}

    def take(push: dict[str, Any]) -> None:
        if push["whole"]:
            shown.clear()
        for key in push["gone"]:
            del shown[key]  # it was there
        for change in push["changed"]:
            shown[change["key"]] = {**shown.get(change["key"], {}), **change}

    picture, view = Picture(), View(take)
    before: dict[str, Any] = {}
    for facts, wish in steps:
        now = kept(before, picture_of(facts))
        changed = turned(before, now)
        picture.put(changed)
        view.wish = wish
        view.update(picture, changed.keys(), "")
        assert shown == in_sight(now, wish)
        assert picture.rows == now
        before = now


def test_only_what_has_changed_is_sent() -> None:
    pushes: list[dict[str, Any]] = []
    picture, view = Picture(), View(pushes.append)
    view.wish = Wish(True)

    def put(*rows: Any) -> dict[str, Any]:
        changed = {one["key"]: one for one in rows}
        picture.put(changed)
        view.update(picture, changed.keys(), "")
        return pushes[-1]

    first = (
        row("job:a", "script", "f", "Waiting", "waiting"),
        row("job:b", "cell", "x", "", "done"),
    )
    assert put(*first)["whole"]
    assert len(pushes[0]["changed"]) == 2
    put(*first)
    assert len(pushes) == 1
    put(row("job:a", "script", "f", "Running", "running", started=5.0))
    (change,) = pushes[1]["changed"]
    assert change == {"key": "job:a", "state": "Running", "tone": "running", "started": 5.0}
    assert (pushes[1]["whole"], pushes[1]["gone"]) == (False, [])


def test_trouble_is_told_once_and_its_end() -> None:
    pushes: list[dict[str, Any]] = []
    view = View(pushes.append)
    view.wish = Wish(True)
    for trouble in ("", "OAR does not answer", "OAR does not answer", ""):
        view.update(Picture(), (), trouble)
    told = [push["message"] for push in pushes if push["push"] == "trouble"]
    assert told == ["OAR does not answer", ""]


@given(st.text(max_size=20), st.text(max_size=20))
def test_texts_of_rows_have_no_control_characters(name: str, note: str) -> None:
    made = row("job:a", "script", name, "Running", "running", note=note)
    assert (made["key"], made["tone"]) == ("job:a", "running")
    assert not any(ord(letter) < 32 or ord(letter) == 127 for letter in made["name"] + made["note"])
