"""The grammar of -l, both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.resources import (
    LARGEST,
    Group,
    Resources,
    check_sql,
    did_you_mean,
    format_walltime,
    parse_walltime,
)

_names = st.from_regex(r"[a-z_][a-z0-9_]{0,6}", fullmatch=True).filter(lambda n: "wal" not in n)
_unquoted = st.text(st.characters(exclude_characters="'\"{}\\\n\0", exclude_categories=["Cs"]))
_terms = st.builds(
    "{} {} '{}'".format, _names, st.sampled_from(["=", "!=", ">", "like"]), _unquoted
)
_conditions = st.recursive(
    _terms,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner), st.builds("not ({})".format, inner)
    ),
    max_leaves=4,
)
_counts = st.one_of(st.integers(1, LARGEST), st.sampled_from(["ALL", "BEST", "BESTHALF"]))
_levels = st.dictionaries(_names, _counts, min_size=1, max_size=4).map(lambda d: tuple(d.items()))
_filters = st.one_of(st.just(""), _conditions)
_groups = st.builds(Group, _filters, _levels)
_last = st.one_of(_groups, st.builds(Group, _conditions))
_walltimes = st.integers(1, LARGEST)
resources = st.one_of(
    st.builds(
        lambda some, last, walltime: Resources((*some, last), walltime),
        st.lists(_groups, max_size=2),
        _last,
        st.none() | _walltimes,
    ),
    st.builds(Resources, st.just(()), _walltimes),
)


@given(resources)
def test_what_is_written_is_read_back(value: Resources) -> None:
    assert Resources.parse(str(value)) == value


@given(st.text() | st.text("{}/=+,:'\" ahostwalltime0123ALLBEST\\()\n"))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    try:
        value = Resources.parse(text)
    except RequestError as refusal:
        error = refusal
    else:
        assert Resources.parse(str(value)) == value
        return
    assert error.text == text
    assert error.at is not None
    assert 0 <= error.at <= len(text)


@given(st.integers(1, 2**31 - 1))
def test_walltimes_are_read_back(seconds: int) -> None:
    assert parse_walltime(format_walltime(seconds)) == seconds


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("host=1", Resources((Group("", (("host", 1),)),))),
        ("/nodes=2/core=4", Resources((Group("", (("nodes", 2), ("core", 4))),))),
        ("host=1/", Resources((Group("", (("host", 1),)),))),
        (
            " host = 1 / cpu = 01 , walltime = 1 ",
            Resources((Group("", (("host", 1), ("cpu", 1))),), 3600),
        ),
        ("walltime=2", Resources((), 7200)),
        (",walltime=0:30", Resources((), 1800)),
        ("core=1,walltime=1:90", Resources((Group("", (("core", 1),)),), 9000)),
        ("core=1,walltime=0:0:7", Resources((Group("", (("core", 1),)),), 7)),
        ("host=ALL", Resources((Group("", (("host", "ALL"),)),))),
        ("host=BEST", Resources((Group("", (("host", "BEST"),)),))),
        ("host=BESTHALF", Resources((Group("", (("host", "BESTHALF"),)),))),
        ("{mem > 64}", Resources((Group("mem > 64"),))),
        ("{mem > 64},walltime=1", Resources((Group("mem > 64"),), 3600)),
        ("{mem > 64} walltime=1", Resources((Group("mem > 64"),), 3600)),
        (
            "{cluster='a'}/host=1/gpu=2,walltime=2:30",
            Resources((Group("cluster='a'", (("host", 1), ("gpu", 2))),), 9000),
        ),
        (
            "slash_22=1+{virtual!='none'}/nodes=1",
            Resources((Group("", (("slash_22", 1),)), Group("virtual!='none'", (("nodes", 1),)))),
        ),
        # oarsub takes a comma between groups for a plus.
        ("host=1,core=2", Resources((Group("", (("host", 1),)), Group("", (("core", 2),))))),
        ("{a='x,walltime=1+y'}host=1", Resources((Group("a='x,walltime=1+y'", (("host", 1),)),))),
    ],
)  # fmt: skip
def test_what_oarsub_takes(text: str, value: Resources) -> None:
    assert Resources.parse(text) == value


@pytest.mark.parametrize(
    ("text", "marked", "hint"),
    [
        ("", "", "host=1"),
        ("host", "host", "property=count"),
        ("host=", "", "ALL, BEST"),
        ("=1", "1", "property=count"),
        ("host=0", "0", ""),
        ("host=-1", "-1", "number"),
        ("host=1.5", "1.5", "number"),
        ("host=all", "all", "'ALL'"),
        ("host=BEST_HALF", "BEST_HALF", "'BESTHALF'"),
        ("host=99999999999", "99999999999", ""),
        ("host=" + "9" * 5000, "9" * 5000, ""),
        ("host=1//core=1", "", ""),
        ("host=1/core=2/Host=3", "Host", "outermost"),
        ("host=1+", "+", "host=1"),
        ("host=1;core=1", "1;core=1", ""),
        ("nöde=1", "öde=1", ""),
        ("host=1,waltime=2", "waltime", "host=1,walltime"),
        ("host=1/walltime=2", "walltime", "after a comma"),
        ("host=1 walltime=2", "1 walltime=2", "comma"),
        ("host=1+walltime=2", "walltime", "after a comma"),
        ("walltime=2,host=1", "2,host=1", ""),
        ("host=1,walltime", "walltime", "walltime=1:30"),
        ("host=1,walltime=", "walltime", "walltime=1:30"),
        ("host=1,walltime=2h", "2h", "hours:minutes"),
        ("host=1,walltime=1:2:3:4", "1:2:3:4", "hours:minutes"),
        ("host=1,walltime=::5", "::5", "hours:minutes"),
        ("host=1,walltime=0", "0", "hours:minutes"),
        ("host=1,walltime=600000", "600000", ""),
        ("host=1,walltime=" + "9" * 5000, "9" * 5000, ""),
        ("{mem > 1/host=1", "{", ""),
        ("mem > 1}/host=1", "", ""),
        ("{}host=1", "}", ""),
        ("{ }host=1", " ", ""),
        ("{{mem > 1}host=1", "{", ""),
        ("{mem > 1}{mem > 2}host=1", "{", "joined by +"),
        ("{mem > 1}+host=1", "+", "host=1+host=2"),
        ("{a = 'x}host=1", "'", "first }"),
        ("{(mem > 1}host=1", "(", ""),
        ("{mem > 1)}host=1", ")", ""),
        ("host=1\n", "\n", ""),
    ],
)
def test_what_is_refused(text: str, marked: str, hint: str) -> None:
    with pytest.raises(RequestError) as refused:
        Resources.parse(text)
    error = refused.value
    assert error.at is not None
    if marked:
        assert text[error.at : error.at + error.length] == marked
    assert hint in error.hint


def test_conditions_may_hold_what_quotes_protect() -> None:
    for sql in ("a = 'it''s (x'", "a = ')'", '"a" = 1', r"a = '\''", "(a and (b or c))"):
        assert check_sql(sql) == sql


def test_the_nearest_word_is_named() -> None:
    assert did_you_mean("clutser", ["cluster", "core"]) == "Did you mean 'cluster'?"
    assert did_you_mean("best", ["ALL", "BEST"]) == "Did you mean 'BEST'?"
    assert did_you_mean("zzz", ["cluster"]) == ""
