"""The status area: facts to words and HTML."""

from __future__ import annotations

import dataclasses
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydra_oar_jupyter.core.outcome import Ending, Outcome
from pydra_oar_jupyter.core.state import JobState
from pydra_oar_jupyter.core.units import duration
from pydra_oar_jupyter.notebook.status import (
    ArrayFacts,
    JobFacts,
    array_view,
    job_view,
    render,
)
from pydra_oar_jupyter.notebook.words import spans, ticking

ASKED = JobFacts(name="fit", asked=1000.0, now=1003.0)
SENT = dataclasses.replace(ASKED, id=154)
RUNNING = dataclasses.replace(
    SENT, state=JobState.RUNNING, node="oarnode1", started=1001.1, now=1013.6, walltime=7200
)


def text(facts):
    return render(job_view(facts))["text/plain"]


def test_each_stage_in_words():
    assert text(ASKED) == "◌ submitting… · fit · 3 s"
    assert text(SENT) == "◌ job 154 fit · waiting for resources · 3 s"
    ahead = dataclasses.replace(SENT, ahead=2)
    assert text(ahead) == "◌ job 154 fit · waiting for resources · 2 ahead in the queue · 3 s"
    after = dataclasses.replace(SENT, after=(150, 151, 153))
    assert "waiting for resources · not before the end of jobs 150–151, 153 · 3 s" in text(after)
    planned = dataclasses.replace(ahead, scheduled=1e9, now=1e9 - 60, asked=1e9 - 65)
    assert "planned to start at" in text(planned)
    assert text(RUNNING) == "● job 154 fit · running on oarnode1 · 12 s of 2 h"


def test_each_end_in_a_line():
    done = dataclasses.replace(RUNNING, ended=1004.3, outcome=Outcome(Ending.FINISHED, 0))
    assert text(done) == "✓ job 154 on oarnode1 · 3.2 s (waited 1.1 s)"
    late = dataclasses.replace(done, outcome=Outcome(Ending.WALLTIME))
    assert text(late) == "✗ job 154 on oarnode1: its walltime ran out · 3.2 s (waited 1.1 s)"
    refused = dataclasses.replace(ASKED, outcome=Outcome(Ending.REFUSED, detail="no such queue"))
    assert text(refused) == "✗ refused · no such queue"
    said = Outcome(Ending.REFUSED, detail="OAR refused the job: no such queue")
    assert text(dataclasses.replace(ASKED, outcome=said)) == "✗ refused · no such queue"


def test_no_stale_progress_at_the_end():
    bar = {"bar": "1", "done": 30, "total": 40, "label": "epochs", "unit": "it"}
    going = dataclasses.replace(RUNNING, progress=(bar,), trouble="oarstat is silent")
    assert "epochs ██████████████████░░░░░░ 30/40 it" in text(going)
    assert '<progress value="75"' in render(job_view(going))["text/html"]
    for end in (
        dataclasses.replace(going, outcome=Outcome(Ending.FINISHED, 0)),
        dataclasses.replace(going, stopped="was deleted"),
    ):
        shown = render(job_view(end))
        assert "epochs" not in str(shown)
        assert "<progress" not in str(shown)
        assert "silent" not in str(shown)


def test_an_array_counts_its_jobs():
    done = dataclasses.replace(RUNNING, outcome=Outcome(Ending.FINISHED, 0))
    failed = dataclasses.replace(RUNNING, id=155, outcome=Outcome(Ending.EXITED, 3))
    waiting = dataclasses.replace(SENT, id=157)
    going = array_view(ArrayFacts((done, failed, dataclasses.replace(RUNNING, id=156), waiting)))
    assert render(going)["text/plain"].split("\n") == [
        "● array of 4 jobs (154–157) · 1 done, 1 failed, 1 running, 1 waiting · 13 s",
        "  ████████████░░░░░░░░░░░░ 2 of 4",
    ]
    assert render(array_view(ArrayFacts((done, failed)))).get("text/plain", "").startswith("✗")
    assert render(array_view(ArrayFacts((done,)))).get("text/plain", "").startswith("✓")


class Tags(HTMLParser):
    """Which tags a page has, and what text."""

    def __init__(self):
        super().__init__()
        self.tags, self.text = set(), ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data):
        self.text += data


WORDS = st.text() | st.text("<>&\"'/=b x\n") | st.sampled_from(["<b>", '"><b x="', "' onload='x"])


@given(WORDS, WORDS, WORDS, WORDS)
def test_whatever_the_words_the_page_holds(name, node, trouble, label):
    bar = {"bar": "1", "done": 1, "total": 2, "label": label, "unit": name}
    facts = dataclasses.replace(RUNNING, name=name, node=node, trouble=trouble, progress=(bar,))
    page = Tags()
    page.feed(render(dataclasses.replace(job_view(facts), note=label))["text/html"])
    page.close()
    assert page.tags <= {"div", "span", "progress"}


@given(st.floats(0, 1e7))
def test_durations_tick_seldom(seconds):
    assert 0 <= seconds - ticking(seconds) < 60
    assert duration(seconds)


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ([3], "job 3"),
        ([3, 4], "jobs 3–4"),
        ([3, 5, 6, 7, 9], "jobs 3, 5–7, 9"),
        (range(0, 40, 2), "jobs 0, 2, 4, 6, 8, 10, 12, 14, …"),
    ],
)
def test_numbers_of_jobs_in_few_words(ids, words):
    assert spans(ids) == words
