"""The log of what a job used, and its plot."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from pydra_oar_jupyter.pairio.plot import plot
from pydra_oar_jupyter.pairio.usage import read_samples

SVG = "{http://www.w3.org/2000/svg}"


def line(at: float, percent: float, used: float) -> bytes:
    """A line of a log."""
    facts = {"timestamp": at, "cpu": {"percent": percent}, "virtual_memory": {"used": used}}
    return json.dumps(facts).encode()


def drawn(log: bytes) -> ElementTree.Element:
    """The plot of a log."""
    return ElementTree.fromstring(plot(read_samples(log)))


def points(found: ElementTree.Element) -> list[list[tuple[float, float]]]:
    """The points of all lines."""
    return [
        [tuple(map(float, point.split(","))) for point in one.attrib["points"].split()]  # type: ignore[misc]
        for one in [*found.iter(f"{SVG}polyline"), *found.iter(f"{SVG}polygon")]
    ]


def test_samples_are_in_order_and_others_are_left_out() -> None:
    log = b"\n\n".join([line(3, 30, 3e9), b"no json", b'{"timestamp": "NaN"}', line(1, 10, 1e9),
                        line(2, -1, 1e9), line(1, 10, 1e9)[:-9]])  # fmt: skip
    assert [(one.time, one.cpu, one.memory) for one in read_samples(log)] == [
        (1, 10, 1e9),
        (3, 30, 3e9),
    ]
    assert read_samples(log)[0].facts["virtual_memory"] == {"used": 1e9}


def test_a_plot_has_its_peaks_and_its_units() -> None:
    log = [line(1e9 + 10 * at, at % 100, 2e9) for at in range(1000)]
    log[501] = line(1e9 + 5010, 180, 4e9)
    found = drawn(b"\n".join(log))
    words = "".join(found.itertext())
    assert "CPU, at most 180 %" in words
    assert "Memory, at most 4 GB" in words
    assert "2 h 46 min" in words
    for curve in points(found)[:2]:
        assert len(curve) < 510
        heights = [y for _, y in curve]
        assert max(heights) - min(heights) > 40  # the peak is there, though one sample of 1000
        assert [x for x, _ in curve] == sorted(x for x, _ in curve)


def test_a_plot_is_legible_where_style_is_not_allowed() -> None:
    text = plot(read_samples(line(1, 2, 3)))
    assert not re.search(r"style|script|class=|href", text)


@given(
    st.lists(
        st.binary()
        | st.builds(line, *[st.floats(allow_nan=True, allow_infinity=True)] * 3)
        | st.sampled_from([b"{}", b"null", b"[]", b"[" * 5000, b'{"timestamp": 1e999}', b"9" * 5000,
                           b'{"timestamp": ' + b"9" * 400 + b"}"])
    ).map(b"\n".join)
)  # fmt: skip
def test_any_log_can_be_plotted_if_it_has_a_sample(log: bytes) -> None:
    if not read_samples(log):
        return
    found = drawn(log)
    _, _, width, height = map(float, found.attrib["viewBox"].split())
    for curve in points(found):
        assert all(0 <= x <= width and 0 <= y <= height for x, y in curve)
