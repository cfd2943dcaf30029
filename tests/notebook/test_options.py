"""The magic line as a value."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.core.shellwords import split
from pydra_oar_jupyter.notebook.line import expand
from pydra_oar_jupyter.notebook.options import OPTIONS, parse


def test_ours_among_oarsubs():
    asked = parse(
        '-l "{mem > 64}/host=1" --in a,b --keep -q default --in=c --setup "module load x"'
    )
    assert asked.request == Request.parse('-l "{mem > 64}/host=1" -q default')
    assert asked.takes == ("a", "b", "c")
    assert asked.keep
    assert asked.setup == ("module load x",)


@pytest.mark.parametrize(
    ("line", "over"),
    [
        ("--over x in xs -l core=1", ("x", "xs")),
        ("--over x in ['a', 'b c'] -l core=1", ("x", "['a', 'b c']")),
        ("--over 'x in f(1, 2)'", ("x", "f(1, 2)")),
        ("--over=\"x in d['k']\"", ("x", "d['k']")),
    ],
)
def test_over_with_and_without_quotes(line, over):
    asked = parse(line)
    assert asked.over == over
    assert bool(asked.request.resources) is ("-l" in line)


def test_every_example_is_understood():
    for option in OPTIONS:
        asked = parse(option.example)
        assert getattr(asked, option.field)


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        ("-l core=1 --detatch", "--detatch"),
        ("--keep -l core=x", "x"),
        ("--in a,2b", "2b"),
        ("--setup", "--setup"),
        ("--keep=yes", "--keep"),
        ("--env 2=3", "2"),
    ],
)
def test_the_place_of_an_error_is_marked(line, marked):
    with pytest.raises(RequestError) as caught:
        parse(line)
    error = caught.value
    assert error.text[error.at : error.at + error.length] == marked


def test_values_of_the_environment_are_not_shown():
    for line in ("--env T=sesame --nope", "--env=T='ses ame' --nope", "--env 'T=ses ame' -q"):
        with pytest.raises(RequestError) as caught:
            parse(line)
        assert "ses" not in str(caught.value)


@given(st.text(), st.text(st.characters(blacklist_categories=["Cs"])))
def test_a_value_stays_one_word(value, line):
    expand(line, {})
    for written in ("$n", '"$n"'):
        words = split(expand(written, {"n": value}))
        assert [word.text for word in words] == [value]
    assert expand("'$n' \\$n $m {n}", {"n": value}) == "'$n' \\$n $m {n}"


@given(st.text())
def test_any_line_is_read_or_refused(line):
    with contextlib.suppress(RequestError):
        parse(line)
