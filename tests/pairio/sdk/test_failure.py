"""Why a processor failed, in words."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydra_oar_jupyter.pairio.sdk.failure import failure


def run(code: str) -> tuple[int, bytes]:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},  # as jobs have it
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("code", "first"),
    [
        ("raise ValueError('too small')", "ValueError: too small"),
        ("import json\njson.loads('{')", "json.decoder.JSONDecodeError: Expecting property name"),
        ("try:\n  1/0\nexcept Exception:\n  raise OSError('second') from None", "OSError: second"),
        ("try:\n  1/0\nexcept Exception as e:\n  raise OSError('late') from e", "OSError: late"),
        ("assert False", "AssertionError"),
        ("raise RuntimeError('one\\ntwo: three')", "RuntimeError: one\ntwo: three"),
        ("import sys; sys.exit('no data')", "The processor ended with exit code 1."),
        ("import sys; sys.exit(3)", "The processor ended with exit code 3."),
        ("import os; os.abort()", "The processor was ended by SIGABRT."),
    ],
)
def test_an_error_begins_with_what_went_wrong(code, first):
    assert failure(*run(code)).startswith(first)


def test_an_exception_tells_enough():
    assert failure(*run("print('line')\nraise ValueError('too small')")) == "ValueError: too small"


def test_the_last_lines_are_in_it_where_there_is_no_exception():
    code, console = run("for n in range(99): print('line', n)\nimport sys; sys.exit(3)")
    lines = failure(code, console).splitlines()
    assert lines[0] == "The processor ended with exit code 3."
    assert "line 98" in lines
    assert "line 50" not in lines


def test_a_kill_hints_at_memory():
    assert "memory" in failure(-signal.SIGKILL, b"")


def test_nothing_is_said_twice():
    assert failure(1, b"") == "The processor ended with exit code 1."


@given(st.integers(-64, 255), st.binary(max_size=9000))
def test_an_error_is_short_and_there(code, console):
    assert 0 < len(failure(code, console)) <= 4100
