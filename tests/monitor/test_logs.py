"""What jobs print, read piece by piece."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydra_oar_jupyter.core.clean import plain
from pydra_oar_jupyter.core.errors import OarError, RequestError
from pydra_oar_jupyter.monitor.keys import array_key, job_key
from pydra_oar_jupyter.monitor.logs import _part, log
from tests.conftest import PATIENCE
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydra_oar_jupyter.core.job import Job

    Submit = Callable[..., list[Job]]


def pieces(data: bytes, most: int, *, ended: bool) -> list[dict[str, Any]]:
    """All parts of a stream, one after the other, until there is nothing more."""
    found: list[dict[str, Any]] = []
    at = 0
    while True:
        part = _part(lambda s, n: (data[s : s + n], len(data)), at, most, ended=ended)
        if part["to"] == at:
            return found
        assert part["from"] == at
        assert 0 < part["to"] - at <= most
        found.append(part)
        at = part["to"]


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf", "Co", "Cn"])), st.integers(4, 9))
def test_no_character_is_cut_in_two(text: str, most: int) -> None:
    told = "".join(part["text"] for part in pieces(text.encode(), most, ended=False))
    assert told == plain(text)


@given(st.binary(max_size=60), st.integers(4, 9))
def test_every_byte_is_told_of_once_something_has_ended(data: bytes, most: int) -> None:
    parts = pieces(data, most, ended=True)
    assert (parts[-1]["to"] if parts else 0) == len(data)
    at = 0
    for part in parts:
        assert (part["from"], part["size"]) == (at, len(data))
        at = part["to"]


@given(st.binary(max_size=60), st.integers(0, 70), st.integers(4, 9))
def test_from_anywhere(data: bytes, at: int, most: int) -> None:
    part = _part(lambda s, n: (data[s : s + n], len(data)), at, most, ended=True)
    assert 0 <= part["from"] <= part["to"] <= len(data)
    assert part["from"] - min(at, len(data)) in (0, 1, 2, 3)


def test_the_last_bytes_begin_with_a_whole_character() -> None:
    data = ("é" * 100).encode()
    part = _part(lambda s, n: (data[s : s + n], len(data)), -1, 9, ended=True)
    assert part["text"] == "é" * 4
    assert (part["from"], part["to"], part["size"]) == (192, 200, 200)


def test_what_sets_a_colour_is_not_cut_in_two() -> None:
    data = b"ab\x1b[1;31mred\x1b[0m"
    told = [p["text"] for p in pieces(data, 8, ended=False)]
    assert "".join(told) == data.decode()
    assert all(text.count("\x1b[") == text.count("m") for text in told)


def test_how_much_comes_at_once(submit: Submit) -> None:
    (job,) = submit("head -c 2000000 /dev/zero | tr '\\0' x")
    job.wait(PATIENCE)
    key = job_key(job.directory.id)
    for most, least in ((0, 1 << 10), (2000, 2000), (1 << 24, 1 << 20)):
        part = log(key=key, stream="stdout", at=0, most=most)
        assert (part["from"], part["to"], len(part["text"])) == (0, least, least)


def test_a_job_that_prints(submit: Submit) -> None:
    (job,) = submit("printf 'one\\r\\ntw\\303'; printf '\\251\\n' ; printf 'bad \\377' >&2")
    job.wait(PATIENCE)
    key = job_key(job.directory.id)
    out = log(key=key, stream="stdout", at=0, most=10**9)
    assert out == {"text": "one\r\ntwé\n", "from": 0, "to": 10, "size": 10, "ended": True}
    assert log(key=key, stream="stdout", at=5, most=100)["text"] == "twé\n"
    assert log(key=key, stream="stdout", at=8, most=100)["text"] == "\n"  # inside of é
    assert log(key=key, stream="stdout", at=99, most=100) == {**out, "text": "", "from": 10}
    assert log(key=key, stream="stderr", at=-1, most=100)["text"] == "bad �"


def test_a_job_that_goes_on(submit: Submit, spool: Path) -> None:
    (job,) = submit("printf 'half \\303'; until [ -e go ]; do sleep 0.05; done; printf '\\251'")
    key = job_key(job.directory.id)
    wait_until(lambda: log(key=key, stream="stdout", at=0, most=100)["size"], PATIENCE)
    part = log(key=key, stream="stdout", at=0, most=100)
    assert part == {"text": "half ", "from": 0, "to": 5, "size": 6, "ended": False}
    (spool.parent / "go").touch()
    job.wait(PATIENCE)
    assert log(key=key, stream="stdout", at=5, most=100)["text"] == "é"


def test_control_characters_do_nothing(submit: Submit) -> None:
    (job,) = submit(r"printf '<b>\033]0;title\007\033[2J\033[31mred\033[0m \000 \342\200\256'")
    job.wait(PATIENCE)
    text = log(key=job_key(job.directory.id), stream="stdout", at=0, most=100)["text"]
    assert text == "<b>\x1b[31mred\x1b[0m � �"


@pytest.mark.parametrize("instead", ["nothing", "a pipe", "a folder"])
def test_files_that_are_none_any_more(submit: Submit, instead: str) -> None:
    (job,) = submit("echo gone")
    job.wait(PATIENCE)
    job.directory.stdout.unlink()
    if instead == "a pipe":
        os.mkfifo(job.directory.stdout)
    elif instead == "a folder":
        job.directory.stdout.mkdir()
    part = log(key=job_key(job.directory.id), stream="stdout", at=3, most=100)
    assert part == {"text": "", "from": 0, "to": 0, "size": 0, "ended": True}


def test_what_has_no_output(submit: Submit) -> None:
    jobs = submit("true", "true")
    with pytest.raises(RequestError, match="open a job"):
        log(key=array_key(jobs[0].spec.group), stream="stdout", at=0, most=100)
    with pytest.raises(OarError, match="not there any more"):
        log(key="job:aaaaaaaaaa", stream="stdout", at=0, most=100)
    with pytest.raises(RequestError, match="no key"):
        log(key="job:../../../etc", stream="stdout", at=0, most=100)
