"""Strings of others on a terminal, on a page and in an SVG."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydra_oar_jupyter.core.clean import coloured, line, linkable, plain, printed, xml

EVIL = "\x1b[31m<b>\x1b]0;title\x07 \u202e&\x00\r\n\ud800\u2066"
ANY = st.text() | st.text(st.sampled_from("a\r\n\x1b[]0;m\x07\u202e<&"))


def test_what_can_not_be_shown() -> None:
    assert plain(EVIL) == "<b> \ufffd&\ufffd\n\ufffd\ufffd"
    assert line(EVIL) == "<b> \ufffd&\ufffd \ufffd\ufffd"
    assert line("word " * 100, 12) == "word word w…"


@given(ANY)
def test_what_is_plain_is_so_to_a_terminal_and_to_xml(text: str) -> None:
    shown = plain(text)
    assert not {"\x1b", "\r", "\x00", "\u202e"} & set(shown)
    assert plain(shown) == shown
    read = ElementTree.fromstring(f'<text label="{xml(text)}">{xml(text)}</text>')
    assert (read.text or "") == shown
    assert read.attrib["label"] == shown.replace("\n", " ").replace("\t", " ")


@given(ANY.filter(lambda text: "\r" not in text))
def test_a_terminal_gets_colours_and_nothing_else(text: str) -> None:
    shown = coloured(text)
    assert plain(shown) == plain(text)
    assert "\x1b" not in re.sub(r"\x1b\[[0-9;]*m", "", shown)


def test_a_colour_stays_and_a_title_goes() -> None:
    assert coloured("\x1b[1;31mred\x1b[0m\x1b]0;TITLE\x07 10 %\r20 %\n") == (
        "\x1b[1;31mred\x1b[0m 10 %\r20 %\n"
    )


@given(ANY, st.integers(1, 100))
def test_a_line_is_one_and_short(text: str, most: int) -> None:
    shown = line(text, most)
    assert len(shown) <= most
    assert len(shown.splitlines()) <= 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (" 10%\r 50%\r100%\nend", "100%\nend"),
        ("so far\r\n 50%\r100%\r\nend\r\n", "so far\n100%\nend\n"),
        ("10%\r20%\r", "20%"),
        ("\r10%\r\x1b[1m20%\x1b[0m", "20%"),
        ("", ""),
    ],
)
def test_of_what_was_written_over_and_over_the_last_is_shown(text: str, shown: str) -> None:
    assert printed(text) == shown


@given(ANY)
def test_what_was_printed_is_plain(text: str) -> None:
    assert plain(printed(text)) == printed(text)


@pytest.mark.parametrize("url", ["http://a", "https://a.b:80/c?d#e", "HTTP://[::1]/"])
def test_links(url: str) -> None:
    assert linkable(url)


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "JaVaScRiPt:x", " javascript:x", "data:text/html,x", "file:///x", "//x",
     "http:", "https://", "http://[", "x", ""],
)  # fmt: skip
def test_what_is_no_link(url: str) -> None:
    assert not linkable(url)
