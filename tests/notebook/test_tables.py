"""Tables for people and for code."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydra_oar_jupyter.core.state import JobState, JobStatus, Resource, SchedulerEvent
from pydra_oar_jupyter.core.tones import COLOURS
from pydra_oar_jupyter.notebook.tables import (
    HOST_COLUMNS,
    OWN_COLUMNS,
    STATUS_COLUMNS,
    Column,
    Table,
    details,
    host_rows,
    status_row,
)

STATUS = JobStatus(
    7,
    JobState.ERROR,
    name="fit~2345abcdef",
    nodes=("n1", "n2"),
    events=(SchedulerEvent("WALLTIME"),),
)


def test_a_state_has_its_word_and_a_colour():
    table = Table(STATUS_COLUMNS, [status_row(STATUS)])
    assert "Error (ended before its command did)" in repr(table)
    assert "n1, n2" in repr(table)
    assert "fit " in repr(table)
    assert "abc" not in repr(table)
    assert '<span style="color:#d6453d' in table._repr_html_()


@pytest.mark.parametrize(
    ("state", "looks"),
    [("Waiting", "waiting"), ("Hold", "idle"), ("Suspended", "idle"), ("Finishing", "running"),
     ("toError", "failed"), ("cancelled", "stopped"), ("completed", "done")],
)  # fmt: skip
def test_a_state_looks_as_in_the_monitor(state, looks):
    table = Table((Column("state", "State"),), [{"state": state}])
    assert f'<span style="color:{COLOURS[looks]}' in table._repr_html_()


def test_that_a_job_has_terminated_does_not_tell_whether_it_is_well():
    table = Table(OWN_COLUMNS, [{"state": JobState.TERMINATED, "how": "it exited with 1"}])
    assert "color" not in table._repr_html_()


def test_a_table_says_each_thing_once():
    own = [
        {"state": JobState.RUNNING},
        {"state": JobState.HOLD},
        {"state": JobState.ERROR, "how": "its walltime ran out"},
    ]
    shown = repr(Table(OWN_COLUMNS, own))
    assert "Running (" not in shown
    assert "Hold (held: it waits until it is resumed)" in shown
    assert "Error (" not in shown
    facts = repr(details([status_row(STATUS)]))
    assert "walltime" not in facts  # it has none
    assert "owner" not in facts


def test_rows_are_plain_data():
    table = Table(STATUS_COLUMNS, [status_row(STATUS)])
    rows = json.loads(json.dumps(table.to_dicts()))
    assert rows[0]["state"] == "Error"
    assert rows[0]["nodes"] == ["n1", "n2"]
    assert rows[0]["events"][0]["type"] == "WALLTIME"
    assert list(table.to_dataframe()["id"]) == [7]
    assert table[0]["id"] == 7
    assert "WALLTIME" in repr(details(table.to_dicts()))


def test_hosts_are_counted():
    found = [
        Resource(1, "n1", "Alive"),
        Resource(2, "n1", "Alive", jobs=(7,)),
        Resource(3, "n2", "Dead"),
    ]
    rows = host_rows(found)
    assert [(row["host"], row["resources"], row["free"]) for row in rows] == [
        ("n1", 2, 1),
        ("n2", 1, 0),
    ]
    assert "Dead" in repr(Table(HOST_COLUMNS, rows))


WORDS = st.text() | st.sampled_from(["<b>", "Error <b>", "</td><script>"])


@given(WORDS, WORDS)
def test_words_are_escaped(heading, value):
    table = Table((Column("a", heading),), [{"a": value}])
    html = table._repr_html_()
    inner = html.replace("<table>", "").replace("</table>", "")
    for tag in ("thead", "tbody", "tr", "th", "td", "span"):
        inner = inner.replace(f"</{tag}>", "").replace(f"<{tag}>", "").replace(f"<{tag} style", "")
    assert "<" not in inner
    assert len(repr(table).split("\n")) >= 1


def test_nothing_is_said_in_words():
    assert repr(Table((), [], "No jobs.")) == "No jobs."
    assert Table((), [], "<none>")._repr_html_() == "<div>&lt;none&gt;</div>"
