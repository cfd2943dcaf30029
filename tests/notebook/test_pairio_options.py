"""The line of ``%%pairio`` as a value."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.notebook.pairio_options import OPTIONS, JobOptions, parse


def test_nothing_asked():
    assert parse("") == JobOptions(None, 1, 0, 1.0, 3600.0)


def test_all_of_it():
    asked = parse(
        "--service hello_world_service --cpus 2 --gpus=1 --memory 4 --time 60 --tag a "
        "--tag 'b c' --skip-cache --rerun-failing --keep"
    )
    assert asked == JobOptions(
        "hello_world_service", 2, 1, 4.0, 60.0, ("a", "b c"), True, True, False, False, True
    )


def test_every_example_is_understood():
    for option in OPTIONS:
        assert getattr(parse(option.example), option.field)


@pytest.mark.parametrize(
    ("text", "size"),
    [("4", 4.0), ("0.5", 0.5), ("4G", 4.0), ("4GB", 4.0), ("512M", 0.512), ("512mb", 0.512),
     ("1T", 1000.0)],
)  # fmt: skip
def test_memory_in_gb(text, size):
    assert parse(f"--memory {text}").memory == pytest.approx(size)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60", 60), ("0.5", 0.5), ("90s", 90), ("30m", 1800), ("30min", 1800), ("2h", 7200),
     ("1d", 86400), ("1:30", 5400), ("1:30:05", 5405)],
)  # fmt: skip
def test_time_in_seconds(text, seconds):
    assert parse(f"--time {text}").time == seconds


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        ("--cpu 2", "--cpu"),
        ("--cpus two", "two"),
        ("--cpus -1", "-1"),
        ("--memory 4X", "4X"),
        ("--memory 1e400", "1e400"),
        ("--time 5y", "5y"),
        ("--time 0", "0"),
        ("--time 1:99", "1:99"),
        ("--tag", "--tag"),
        ("--detach=yes", "--detach"),
        ("--cpus 2 hello", "hello"),
        ("--cpus 2 -- hello", "--"),
        ("--keep -l core=1", "-l"),
        ("--queue=default", "--queue"),
    ],
)
def test_the_place_of_an_error_is_marked(line, marked):
    with pytest.raises(RequestError) as caught:
        parse(line)
    error = caught.value
    assert error.text[error.at : error.at + error.length] == marked


def test_what_to_take_instead_of_oarsubs_options():
    with pytest.raises(
        RequestError, match=r"option of oarsub.*\n.*\n.*\n.*--cpus, --gpus, --memory"
    ):
        parse("--resource core=2")
    with pytest.raises(RequestError, match="Did you mean '--memory'"):
        parse("--memroy 4")


@given(st.text(alphabet="-=abcdefgimprstu 0123456789:.'\"\\\n$", max_size=40))
def test_whatever_is_written_is_read_or_refused_in_words(line):
    with contextlib.suppress(RequestError):
        asked = parse(line)
        assert asked.cpus >= 0
        assert 0 < asked.time < float("inf")
        assert 0 <= asked.memory < float("inf")
