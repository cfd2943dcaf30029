"""What a file is, by its first bytes and its name."""

from __future__ import annotations

import csv
import io
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydra_oar_jupyter.pairio import contents as module
from pydra_oar_jupyter.pairio.contents import UNKNOWN, Contents, contents, media_type

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
DOCTYPE = b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"\n "http://www.w3.org/svg11.dtd">'


def seen(content: bytes | str, name: str = "output", *, whole: bool = True) -> Contents:
    """What a file without an extension is, or one of another name."""
    return contents(content.encode() if isinstance(content, str) else content, name, whole=whole)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\r", "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (b"GIF89a\x01\0", "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x1cftypavif", "image/avif"),
        (b"BM\x46\0\0\0\0\0\0\0\x36", "image/bmp"),
        (b"\0\0\1\0\1\0", "image/x-icon"),
    ],
)
def test_images_have_their_magic(head: bytes, kind: str) -> None:
    for name in ("output", "output.dat", "output.png", "v1.2"):
        assert seen(head, name) == Contents(kind)
    assert seen(head, whole=False) == Contents(kind, whole=False)
    assert not seen(head[:4].replace(b"\0", b"x") + b"text").image or kind == "image/jpeg"


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"\xef\xbb\xbf",
        b" \n",
        b'<?xml version="1.0" encoding="utf-8" standalone="no"?>\n',
        b'<?xml version="1.0"?><!-- made by <svg> --><?xml-stylesheet href="x"?>\n' + DOCTYPE,
        DOCTYPE[:-1] + b' [<!ENTITY a "<svg>">\n]>\n',
    ],
)
def test_svg_is_told_by_its_root(before: bytes) -> None:
    for name in ("figure", "figure.svg"):
        assert seen(before + SVG, name) == Contents("image/svg+xml")
    assert seen(before + b'<s:svg xmlns:s="x">\n').image
    for other in (b"<svgs/>", b"<html><svg/></html>", b"<g><svg/></g>", b"<!-- <svg> ", b""):
        assert not seen(before + other).image
    assert seen(before + SVG, "figure.html").media_type == "text/plain"


def test_what_never_becomes_an_svg_is_soon_told() -> None:
    begin = time.monotonic()
    for hostile in (b" ", b"<!---->", b"<?x?>", b"<!--", b"<!DOCTYPE x [", b"<!DOCTYPE x []>"):
        assert not seen(hostile * 100_000).image
    assert time.monotonic() - begin < 20  # milliseconds, if nothing is tried twice


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        ("time_sec,amplitude [µV]\r\n0.5,-80.1\r\n1.5,\r\n", None),
        ('name,n\n"Doe, Jane",3\n"two\nlines",-1e-3\n', None),
        ("a\tb c, d\n1\tx, y", [["a", "b c, d"], ["1", "x, y"]]),
        ("\ufeffa,b\n1,2", [["a", "b"], ["1", "2"]]),
        ("1,2,nan\n3,4,5\n", [["", "", ""], ["1", "2", "nan"], ["3", "4", "5"]]),
    ],
)
def test_tables(text: str, rows: list[list[str]] | None) -> None:
    found = seen(text)
    assert found.rows == (rows or list(csv.reader(io.StringIO(text, newline=""))))
    assert found.media_type == ("text/tab-separated-values" if "\t" in text else "text/csv")
    assert found.text == text.removeprefix("\ufeff")
    assert found.whole


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b",
        "a\n1\n2\n",
        "a,b\n1\n",
        "a,b\n1,2\n3,4,5\n",
        "Dear Sir,\nI write,\nto you,\n",
        "Shall I compare thee, 5\nto a summer's day, 7\n",
        "Roses,red\nViolets,blue\n",
        "apples,3\npears,4\n",
        "x,x\n1,2\n",
        ",b\n1,2\n",
        '"Yes," he said,1\n"No," she said,2\n',
        "2026-11-22 10:00:00,123 INFO begin\n2026-11-22 10:00:01,456 INFO end\n",
        "epoch 1, loss 0.5\nepoch 2, loss 0.25\n",
        "INFO\tbegin\nINFO\tend\n",
        '{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n',
        "x = 1,\ny = 2,\n",
        'a,b\n1,"2',
    ],
)
def test_prose_and_logs_are_no_tables(text: str) -> None:
    for whole in (True, False):
        assert seen(text, whole=whole) == Contents("text/plain", text, whole=whole)


def test_names_of_tables_and_of_texts_count() -> None:
    assert seen("Roses, red\nViolets", "a.CSV").rows == [["Roses", " red"], ["Violets"]]
    assert seen("a,b\n1,2", "a.tsv").rows == [["a,b"], ["1,2"]]
    for name in ("a.txt", "a.log", "a.py"):
        assert seen("a,b\n1,2", name) == Contents("text/plain", "a,b\n1,2")
    assert seen("", "a.csv").rows == []


def test_a_table_whose_end_is_cut() -> None:
    lines = b"t,v\n" + b"10,20\n" * 40
    for cut in range(len(lines) - 6, len(lines)):
        found = seen(lines[:cut], whole=False)
        assert (len(found.rows), found.whole) == (40, False)
        assert found.rows[-1] == ["10", "20"]


def test_large_tables_are_bounded() -> None:
    wide = ",".join(f"n{at}" for at in range(100))
    long = seen(f"{wide}\n" + f"{','.join('1' * 100)}\n" * 5000)
    assert (len(long.rows), {len(row) for row in long.rows}) == (51, {30})
    assert not long.whole
    letters = seen(f"a,b\n1,{'x' * 1000}\n")
    assert len(letters.rows[1][1]) == 200
    assert not letters.whole


def test_json_is_on_lines() -> None:
    for name in ("output", "output.json", "a.txt"):
        assert seen('{"b":[1],"a":"ü"}', name) == Contents(
            "application/json", '{\n  "b": [\n    1\n  ],\n  "a": "ü"\n}'
        )
    for broken in ('{"a": 1', "[1] 2", "[" * 5000, '["\\ud800"]', "{a}"):
        assert seen(broken) == Contents("text/plain", broken)
        assert seen(broken, "a.json") == Contents("application/json", broken)
    assert seen("[1,2]", whole=False).text == "[1,2]"


def test_deep_json_stays_small() -> None:
    deep = "[" * 200 + "1," * 1_000_000 + "1" + "]" * 200
    found = seen(deep)
    assert found.media_type == "application/json"
    assert len(found.text) == module.TEXT
    assert not found.whole


def test_text_and_what_is_none() -> None:
    assert seen("Hello, ü!\n") == Contents("text/plain", "Hello, ü!\n")
    assert seen("x" * 30_000) == Contents("text/plain", "x" * 20_000, whole=False)
    assert seen("aü".encode()[:2], whole=False) == Contents("text/plain", "a", whole=False)
    for unknown in (b"\xff\xfe", b"a\0b", b"PK\3\4\xff", "aü".encode()[:2]):
        for name in ("output", "a.txt", "a.csv"):
            assert seen(unknown, name).media_type == UNKNOWN


def test_what_a_name_says_alone() -> None:
    assert media_type("a.JSON") == "application/json"
    assert media_type("a.csv") == media_type("a.html") == "text/plain"
    for name in ("a.svg", "a.dat", "a", "csv", ""):
        assert media_type(name) is None


NAMES = st.sampled_from(["output", "a.csv", "a.tsv", "a.json", "a.svg", "a.txt", "a.dat", ""])
PIECES = st.sampled_from(
    [b"a,b\n", b"1,2\n", b"\t", b'"', b"<svg ", b"<!--", b"-->", b"[", b"]", b'{"a":', b"\\ud800",
     b"\xef\xbb\xbf", b"\xc3", b"\xbc", b"\0", b"GIF89a", b"\r", b"nan"]
)  # fmt: skip


@given(st.binary() | st.lists(PIECES | st.binary(max_size=3)).map(b"".join), NAMES, st.booleans())
def test_any_content_is_something(head: bytes, name: str, whole: bool) -> None:
    found = contents(head, name, whole=whole)
    assert len(found.text.encode()) <= 4 * module.TEXT
    assert not (found.image or found.media_type == UNKNOWN) or not (found.text or found.rows)
    # What it is that is sent must be what it is on a page, which has seen more of it.
    assert contents(head[: module.HEAD], name, whole=False).image == found.image


@given(
    st.integers(2, 6).flatmap(
        lambda width: st.lists(
            st.lists(st.floats(allow_nan=False) | st.integers(), min_size=width, max_size=width),
            min_size=1,
            max_size=30,
        )
    ),
    st.sampled_from([",", "\t"]),
    st.booleans(),
)
def test_tables_of_numbers_are_found(
    numbers: list[list[float]], separator: str, named: bool
) -> None:
    names = [f"name {at}" for at in range(len(numbers[0]))]
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=separator).writerows([names, *numbers] if named else numbers)
    found = seen(written.getvalue()).rows
    if named or len(numbers) > 1:
        heading = names if named else [""] * len(names)
        assert found == [heading, *([str(cell) for cell in row] for row in numbers)]


WORDS = st.text(alphabet="abcxyz 0123456789.-:'\"", min_size=1, max_size=30)


@given(st.lists(st.lists(WORDS, min_size=1, max_size=4).map(", ".join), max_size=20))
def test_sentences_are_no_tables(lines: list[str]) -> None:
    assert seen("\n".join(lines)).rows == []


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_stays_what_it_is(value: object) -> None:
    found = seen(json.dumps([value]))
    assert found.media_type == "application/json"
    assert json.loads(found.text) == [value]
