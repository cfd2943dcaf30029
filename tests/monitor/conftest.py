"""Viewers, and jobs for them to look at."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.core.pack import new_pack
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.monitor.feed import Feed
from pydra_oar_jupyter.monitor.session import Session
from tests.conftest import PATIENCE
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pydra_oar_jupyter.core.job import Job


class Viewer:
    """A browser's part: it asks, keeps all that it is told, and the rows as they are now."""

    def __init__(self, feed: Feed) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.messages: list[dict[str, Any]] = []
        self._told = threading.Condition()
        self._next = 0
        self.session = Session(feed, self._take)

    def _take(self, message: dict[str, Any]) -> None:
        message = json.loads(json.dumps(message))  # as it travels
        with self._told:
            self.messages.append(message)
            if message.get("push") == "rows":
                self._apply(message)
            self._told.notify_all()

    def _apply(self, push: dict[str, Any]) -> None:
        if push["whole"]:
            self.rows.clear()
        for change in push["changed"]:
            self.rows[change["key"]] = {**self.rows.get(change["key"], {}), **change}
        for key in push["gone"]:
            del self.rows[key]

    def ask(self, verb: str, **given: Any) -> Any:
        """The answer; a problem is raised."""
        self._next += 1
        number = self._next
        self.session.receive({"id": number, "ask": verb, "with": given})
        found = self.until(lambda: next((m for m in self.messages if m.get("id") == number), None))
        if problem := found.get("problem"):
            raise Problem(problem["message"])
        return found["answer"]

    def follow(self, *opened: str, everyone: bool = False) -> None:
        self.ask("follow", everyone=everyone, opened=list(opened))

    def until(self, condition: Callable[[], Any]) -> Any:
        """Wait until what was told makes it true."""
        with self._told:
            assert self._told.wait_for(condition, PATIENCE), (self.rows, self.messages[-5:])
            return condition()

    def pushes(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message.get("push") == kind]

    def row(self, key: str) -> dict[str, Any]:
        """That row, as soon as it is there."""
        self.until(lambda: key in self.rows)
        return self.rows[key]


class Problem(Exception):
    """What was asked could not be done."""


@pytest.fixture
def feed(spool: Path) -> Feed:
    return Feed()


@pytest.fixture
def new_viewer(feed: Feed) -> Iterator[Callable[[], Viewer]]:
    """Makes viewers of one feed."""
    made: list[Viewer] = []

    def make() -> Viewer:
        made.append(Viewer(feed))
        return made[-1]

    yield make
    for viewer in made:
        viewer.session.close()
    wait_until(lambda: "oar-monitor" not in [thread.name for thread in threading.enumerate()])


@pytest.fixture
def viewer(new_viewer: Callable[[], Viewer]) -> Viewer:
    return new_viewer()


@pytest.fixture
def submit(spool: Path, backend: str) -> Callable[..., list[Job]]:
    """Submit jobs of sh: their scripts; several are an array. Their handles."""

    def begin(
        *works: str,
        kind: str = "script",
        name: str = "test",
        options: str = "-l core=1",
        array: bool | None = None,
    ) -> list[Job]:
        array = len(works) > 1 if array is None else array
        pack = new_pack(Request.parse(options), kind, name, array=array)
        for number, work in enumerate(works):
            pack.add()
            pack.work(f"cd {spool.parent}\n{work}", f"{name}[{number}]" if array else name)
        return pack.submit(backend)

    return begin


def forget_handles() -> None:
    """Let this process know as much of the spool as one that has just begun."""
    all_jobs.cache_clear()
