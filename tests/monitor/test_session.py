"""One viewer's questions: what is answered, and what is refused."""

from __future__ import annotations

import getpass
import importlib
import inspect
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pydra_oar_jupyter.monitor import verbs
from pydra_oar_jupyter.monitor.feed import Feed
from pydra_oar_jupyter.monitor.keys import job_key
from pydra_oar_jupyter.monitor.session import Session
from tests.monitor.conftest import Problem, Viewer
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydra_oar_jupyter.core.job import Job
    from pydra_oar_jupyter.monitor.view import View


@pytest.fixture
def backend() -> str:
    return "local"


def test_hello_tells_whose_jobs_these_are(
    new_viewer: Callable[[], Viewer], spool: Path, backend: str
) -> None:
    one, other = new_viewer().ask("hello"), new_viewer().ask("hello")
    assert one["spool"] == other["spool"]
    assert str(spool) in one["spool"]
    assert (one["backend"], one["user"]) == (backend, getpass.getuser())
    assert "local" in one["backends"]
    assert one["version"]


def test_another_folder_of_the_same_name_is_another_spool(viewer: Viewer, spool: Path) -> None:
    before = viewer.ask("hello")["spool"]
    spool.rename(spool.with_name("elsewhere"))
    assert viewer.ask("hello")["spool"] != before


@pytest.mark.parametrize(
    ("verb", "given"),
    [
        ("hello", {"more": 1}),
        ("follow", {}),
        ("follow", {"everyone": 1, "opened": []}),
        ("follow", {"everyone": True, "opened": ["job:../../etc"]}),
        ("follow", {"everyone": True, "opened": "job:2345678923"}),
        ("watch", {"keys": ["job:2345678923"] * 21}),
        ("details", {"key": ""}),
        ("details", {"key": 5}),
        ("log", {"key": "job:2345678923", "stream": "stdin", "at": 0, "most": 5}),
        ("log", {"key": "job:2345678923", "stream": "stdout", "at": -2, "most": 5}),
        ("log", {"key": "job:2345678923", "stream": "stdout", "at": 0.5, "most": 5}),
        ("log", {"key": "job:2345678923", "stream": "stdout", "at": 0, "most": 1e300}),
        ("log", {"key": "job:2345678923", "stream": "stdout", "at": True, "most": 5}),
        ("act", {"action": "format", "keys": []}),
        ("act", {"action": "cancel", "keys": ["job:2345678923"] * 10_001}),
        ("cluster", {"backend": "local", "from": float("nan"), "to": 1}),
        ("cluster", {"backend": "local", "from": 0, "to": float("inf")}),
        ("cluster", {"backend": "local", "from": 0, "to": 10**400}),
        ("cluster", {"backend": "x" * 201, "from": 0, "to": 1}),
        ("pick", {"backend": "local", "choice": {"levels": []}}),
        ("place", {"cell": "x" * 100_001, "words": ""}),
        ("shell", {"command": "ls"}),
    ],
)
def test_what_has_another_form_is_refused(viewer: Viewer, verb: str, given: Any) -> None:
    with pytest.raises(Problem, match=r"must be|can't be asked"):
        viewer.ask(verb, **given)


def test_bad_messages_are_answered(viewer: Viewer) -> None:
    for message in (None, [], "x", {}, {"id": "1", "ask": "hello", "with": {}}, {"id": 1},
                    {"id": True, "ask": "hello", "with": {}}):  # fmt: skip
        viewer.session.receive(message)
        assert viewer.messages[-1]["id"] == -1
        assert viewer.messages[-1]["problem"]["message"]
    viewer.session.receive({"id": 7, "ask": ["hello"], "with": {}})
    assert viewer.messages[-1]["id"] == 7


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
)
QUESTIONS = st.fixed_dictionaries(
    {"id": st.integers(), "ask": st.sampled_from([*verbs.VERBS]) | JSON, "with": JSON}
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(JSON | QUESTIONS)
def test_no_message_raises(spool: Path, message: Any) -> None:
    session = Session(Feed(), json.dumps)
    session.receive(message)
    session.close()


def test_every_verb_is_answered_by_a_function_that_takes_its_parameters() -> None:
    for name, verb in verbs.VERBS.items():
        if not verb.place:
            continue
        module = f"pydra_oar_jupyter.monitor.{verb.place.partition(':')[0]}"
        assert importlib.util.find_spec(module), name
        takes = {verbs._RENAMED.get(parameter, parameter) for parameter in verb.takes}
        assert set(inspect.signature(verb.function()).parameters) == takes, name


def test_only_acting_changes_anything() -> None:
    assert [name for name, verb in verbs.VERBS.items() if verb.changes] == ["act"]


def test_too_many_questions_at_once_are_refused(
    viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()

    def slow() -> str:
        return "late" if gate.wait(60) else ""

    monkeypatch.setattr("pydra_oar_jupyter.monitor.hello.hello", slow)
    for number in range(200):
        viewer.session.receive({"id": 1000 + number, "ask": "hello", "with": {}})
    problems = [message["problem"] for message in viewer.messages if "problem" in message]
    assert 0 < len(problems) < 200
    assert all("Too much is asked at once" in problem["message"] for problem in problems)
    gate.set()
    viewer.until(lambda: len(viewer.messages) == 200)
    assert viewer.ask("hello") == "late"  # and it goes on


def test_output_is_read_while_a_scheduler_hangs(
    viewer: Viewer, submit: Callable[..., list[Job]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (job,) = submit("echo said")
    job.wait(60)
    gate = threading.Event()
    monkeypatch.setattr("pydra_oar_jupyter.monitor.site.site", lambda backend: gate.wait(60))
    for number in range(10):
        viewer.session.receive({"id": 1000 + number, "ask": "site", "with": {"backend": "local"}})
    log = viewer.ask("log", key=job_key(job.directory.id), stream="stdout", at=0, most=99)
    assert log["text"] == "said\n"
    assert not gate.is_set()
    gate.set()
    viewer.until(lambda: sum(message.get("id", 0) >= 1000 for message in viewer.messages) == 10)


def test_a_closed_session_sends_nothing(viewer: Viewer, submit: Callable[..., list[Job]]) -> None:
    viewer.follow()
    viewer.until(lambda: viewer.pushes("rows"))
    viewer.session.close()
    told = len(viewer.messages)
    submit("true")[0].wait(60)
    viewer.session.receive({"id": 99, "ask": "follow", "with": {"everyone": False, "opened": []}})
    assert len(viewer.messages) == told  # that would be answered at once


def test_a_channel_that_breaks_ends_its_session_alone(
    feed: Feed, viewer: Viewer, submit: Callable[..., list[Job]]
) -> None:
    def fail(_: Any) -> None:
        raise OSError("gone")

    broken = Session(feed, fail)
    broken.receive({"id": 1, "ask": "follow", "with": {"everyone": False, "opened": []}})
    viewer.follow()
    (job,) = submit("true")
    viewer.until(lambda: [row["tone"] for row in viewer.rows.values()] == ["done"])
    assert job.done()


def test_a_channel_that_is_gone_while_it_asks_is_left_alone(spool: Path) -> None:
    """Nothing is looked at for a viewer that is not there."""

    class Overtaken(Feed):
        def join(self, view: View) -> None:
            session.close()
            super().join(view)

    session = Session(Overtaken(), lambda _: None)
    session.receive({"id": 1, "ask": "follow", "with": {"everyone": False, "opened": []}})
    wait_until(lambda: "oar-monitor" not in [thread.name for thread in threading.enumerate()])
