"""What is kept of what a job prints."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pydra_oar_jupyter.pairio.sdk.console import Console

pieces = st.lists(st.binary(max_size=40), max_size=20)


def fed(*data: bytes, hide: tuple[str, ...] = ()) -> bytes:
    console = Console()
    console.hide(*hide)
    for one in data:
        console.write(one)
    try:
        return console.content()
    finally:
        console.close()


def test_a_progress_bar_is_kept_as_it_looked_last():
    bar = [f"\r{n}%|{'#' * n}".encode() for n in range(0, 101, 10)]
    assert fed(b"begin\n", *bar) == b"begin\n100%|" + b"#" * 100
    assert fed(b"begin\n", *bar, b"\nend\n") == b"begin\n100%|" + b"#" * 100 + b"\nend\n"
    assert fed(b"one\r\ntwo\r", b"\nthree\r") == b"one\ntwo\nthree"


@given(pieces)
def test_it_is_text_however_it_comes_in_pieces(data):
    assert fed(*data) == fed(b"".join(data))
    fed(*data).decode("utf-8")


@given(
    st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"])), st.integers(1, 9)
)
def test_text_without_carriage_returns_is_kept_as_it_is(text, length):
    data = text.encode()
    assert fed(*(data[at : at + length] for at in range(0, len(data), length))) == data


def test_bytes_that_are_no_text_are_shown_as_such():
    assert fed(b"caf\xc3", b"\xa9 \xff\xfe\n").decode() == "café ��\n"


@given(st.lists(st.integers(0, 300), max_size=40))
def test_of_too_much_the_beginning_and_the_end_are_kept(lengths):
    half = 100
    written = b"".join(
        f"{n:04}".encode() * (length // 4) + b"\n" for n, length in enumerate(lengths)
    )
    console = Console(half=half)
    for at in range(0, len(written), 37):
        console.write(written[at : at + 37])
    console.write(b"\n")
    written += b"\n"
    found = console.content()
    console.close()
    if len(written) <= 2 * half:
        assert found == written
        return
    head, left_out, tail = found[:half], found[half:-half], found[-half:]
    assert head == written[:half]
    assert tail == written[-half:]
    assert left_out.decode() == f"\n… {len(written) - 2 * half} bytes are left out here …\n"


def test_a_line_without_end_does_not_stay_in_memory():
    console = Console(half=1000)
    for _ in range(100):
        console.write(b"x" * 100_000)
    assert len(console._line) <= 1 << 20
    assert console.size == 10_000_000
    console.close()


def test_what_is_hidden_is_shown_nowhere():
    found = fed(b"JOB_PRIVATE_KEY=abc", b"123\nabc123 abc12\n", hide=("abc12", "abc123"))
    assert found == b"JOB_PRIVATE_KEY=[hidden]\n[hidden] [hidden]\n"


def test_news_show_in_its_size():
    console = Console()
    sizes = [console.size]
    for text in (b"a", b"\r", b"b"):
        console.write(text)
        sizes.append(console.size)
    assert sizes == sorted(set(sizes))
    console.close()
