"""The pages: what they show, what they never show, and that nothing on them runs."""

from __future__ import annotations

import json
import re
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from sqlalchemy import select

from pydra_oar_jupyter.core.tones import COLOURS, MARKS
from pydra_oar_jupyter.pairio.service import pages
from pydra_oar_jupyter.pairio.service.tables import Job
from tests.pairio.postgresql import each_database
from tests.pairio.service.uploading import running, upload

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from tests.pairio.conftest import Served

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


class Page(HTMLParser):
    """A page as it was answered: its text, its elements, and where its links go.

    It must have nothing that runs but the service's own script.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self.answer = httpx.get(url, timeout=60)
        self.text = ""
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(self.answer.text)
        self._see_that_nothing_runs()

    @property
    def links(self) -> list[str]:
        """All that it refers to."""
        return [
            value
            for _, facts in self.elements
            for name, value in facts.items()
            if name in ("href", "src", "action", "data-events") and value
        ]

    def count(self, element: str, **facts: str) -> int:
        """How many such elements it has."""
        return sum(
            name == element and facts.items() <= found.items() for name, found in self.elements
        )

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def _see_that_nothing_runs(self) -> None:
        policy = self.answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'; ")
        assert "unsafe" not in policy
        for element, facts in self.elements:
            assert not any(name.startswith("on") or name == "style" for name in facts)
            assert element not in ("style", "iframe", "object", "embed", "base")
            if element == "script":
                assert str(facts.get("src")).partition("?")[0].endswith("/static/pages.js")
        for link in self.links:
            assert urlsplit(link).scheme in ("", "http", "https")


def page_of(service: Served, job: dict[str, Any]) -> Page:
    """The page of a job."""
    return Page(f"{service.url}/job/{job['jobId']}")


@each_database
def test_a_job_that_waits(service: Served) -> None:
    first = service.submit("hello_world_2", outputs={"output": "output.txt"})
    url = first["outputFileResults"][0]["url"]
    second = service.submit(
        "count_characters", inputs={"input": url}, outputs={"output": "n.json"}, tags=["a tag"]
    )
    page = page_of(service, second)
    assert page.answer.headers["content-type"] == "text/html; charset=utf-8"
    assert MARKS["waiting"] in page.text
    assert "waiting for other jobs" in page.text
    assert {url, f"/job/{first['jobId']}", "/jobs?tag=a+tag"} <= set(page.links)
    assert page.count("meta", **{"http-equiv": "refresh"}) == 1  # it goes on without script
    assert f"/job/{second['jobId']}" in page_of(service, first).links


@each_database
def test_a_job_that_has_ended(service: Served) -> None:
    job = running(service, parameters={"name": "world"}, tags=["one"])
    upload(service, job, "output", b"Hello, world!", "output")
    upload(service, job, "consoleOutput", b"so far\r 50%\r100%\r\n\x1b[31mred\x1b[0m\n")
    upload(service, job, "other", b"\x00\x01", "more/data.bin")
    service.tell(job, "completed")
    page = page_of(service, job)
    for words in ("hello_world / hello_world_2", "completed", "Hello, world!", "100%\nred\n",
                  "more/data.bin", "alice", "worker", "world", "13 bytes"):  # fmt: skip
        assert words in page.text, words
    assert "50%" not in page.text
    path = f"/files/{job['serviceName']}/{job['jobId']}"
    assert {f"{path}/output/output", f"{path}/consoleOutput", f"{path}/other/more/data.bin"} <= set(
        page.links
    )
    assert not page.count("meta", **{"http-equiv": "refresh"})


def test_a_job_that_failed_and_one_that_was_cancelled(service: Served) -> None:
    failed, cancelled = running(service), running(service)
    service.tell(failed, "failed", error="ValueError: it <broke>")
    service.call("cancelJob", service.key, jobId=cancelled["jobId"])
    page = page_of(service, failed)
    assert MARKS["failed"] in page.text
    assert "ValueError: it <broke>" in page.text
    page = page_of(service, cancelled)
    assert MARKS["stopped"] in page.text
    assert "Cancelled by alice" in page.text


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("a.txt", EVIL.encode(), EVIL),
        ("a.html", f"<html>{EVIL}</html>".encode(), f"<html>{EVIL}</html>"),
        ("a.json", json.dumps({"a": [EVIL]}).encode(), json.dumps([EVIL])[1:-1]),
        ("a.json", b"[" * 5000, "[[["),
        ("a.csv", f"name,value\n{EVIL.replace(',', '')},17".encode(), EVIL),
        ("a.tsv", b"name\tvalue\nx\t17", "value"),
        ("a.csv", b'"' + b"x" * 200_000, "The beginning only"),
        ("a.txt", "é".encode() * 100_000, "The beginning only"),
        ("a.txt", b"\xff\xfe", "No preview"),
        ("a.nwb", b"\x89HDF\0", "No preview"),
        ("a.txt", b"", "0 bytes"),
        ("output", EVIL.encode(), EVIL),
        ("output", b"\xff\xfe", "No preview"),
    ],
)
def test_previews(service: Served, name: str, content: bytes, shown: str) -> None:
    job = running(service, outputs={"output": name})
    upload(service, job, "output", content, "output")
    page = page_of(service, job)
    assert shown in page.text
    assert page.count("script") == 1


def test_a_table_without_a_telling_name(service: Served) -> None:
    job = running(service, outputs={"output": "histogram"})
    upload(service, job, "output", b"time_sec,rate_hz\n0.5,12.25\n1.5,80\n", "output")
    page = page_of(service, job)
    (end,) = [at for at, (name, _) in enumerate(page.elements) if name == "td"][-1:]
    assert [name for name, _ in page.elements[:end]].count("th") >= 2
    assert "12.25" in page.text
    assert "0.5,12.25" not in page.text


@pytest.mark.parametrize("name", ["a.svg", "figure"])
def test_an_image(service: Served, name: str) -> None:
    job = running(service, outputs={"output": name})
    url = upload(service, job, "output", b"<?xml version='1.0'?><svg onload='alert(1)'/>", "output")
    assert page_of(service, job).count("img", src=urlsplit(url).path) == 1
    answer = httpx.get(url)
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["content-security-policy"] == "sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("inline")


def test_what_only_its_name_calls_an_image(service: Served) -> None:
    job = running(service, outputs={"output": "a.png"})
    url = upload(service, job, "output", b"no image", "output")
    page = page_of(service, job)
    assert "no image" in page.text
    assert not page.count("img")
    assert httpx.get(url).headers["content-type"] == "text/plain; charset=utf-8"


def test_strings_made_to_break_a_page(service: Served) -> None:
    job = running(
        service,
        parameters={"name": EVIL},
        outputs={"output": "a'\"><b>.txt"},
        tags=[EVIL],
        batchId=EVIL,
    )
    upload(service, job, "consoleOutput", f"{EVIL}\n\u202eturned\n".encode())
    upload(service, job, "resourceUtilizationLog", f'{EVIL}\n{{"timestamp": "x"}}\n'.encode())
    service.tell(job, "failed", error=EVIL)
    page = page_of(service, job)
    assert page.text.count(EVIL) >= 5
    assert "\u202e" not in page.text
    for query in (f"?tag={quote(EVIL)}", f"?service={quote(EVIL)}", f"?page={quote(EVIL)}"):
        Page(f"{service.url}/jobs{query}")
    nobody = quote(EVIL.replace("/", ""))
    assert Page(f"{service.url}/job/{nobody}").answer.status_code == 404


def test_only_pages_are_linked(service: Served) -> None:
    job = service.submit("count_characters", inputs={"input": "https://x.example/a?b=1&c=2"},
                         outputs={"output": "n.json"})  # fmt: skip
    assert "https://x.example/a?b=1&c=2" in page_of(service, job).links
    with service.state.write() as session:  # which no call would take
        row = session.scalars(select(Job).where(Job.job_id == job["jobId"])).one()
        inputs = [{"name": "input", "fileBaseName": "a", "url": "javascript:alert(1)"}]
        row.definition = {**row.definition, "inputFiles": inputs}
    page = page_of(service, job)
    assert "javascript:alert(1)" in page.text
    assert not any("javascript" in link for link in page.links)


def test_keys_and_secrets_are_on_no_page(service: Served) -> None:
    job = running(service, secrets=[{"name": "TOKEN", "value": "the-secret-value"}])
    upload(service, job, "output", b"Hello", "output")
    hidden = (service.key, service.client_key, job["jobPrivateKey"], "the-secret-value", "TOKEN")
    hidden += ((service.settings.data / "upload_secret").read_text(),)
    for path in ("/", "/jobs", "/jobs/none", f"/job/{job['jobId']}", "/job/none"):
        answer = httpx.get(f"{service.url}{path}")
        assert not [one for one in hidden if one in answer.text]


@each_database
def test_services_and_apps(service: Served) -> None:
    service.submit()
    cancelled = service.submit(skipCache=True)
    service.call("cancelJob", service.key, jobId=cancelled["jobId"])
    page = Page(f"{service.url}/")
    for words in (
        "hello_world_service", "hello_world", "count_characters", "1 pending", "1 cancelled",
    ):  # fmt: skip
        assert words in page.text
    assert "failed" not in page.text
    assert "/jobs?service=hello_world_service&status=pending" in page.links


@each_database
def test_lists_of_jobs(service: Served) -> None:
    tagged = service.submit("hello_world_2", outputs={"output": "a"}, tags=["a tag", "b"])
    other = running(service, "hello_world_1")

    def listed(query: str) -> set[str]:
        found = Page(f"{service.url}/jobs{query}")
        assert found.answer.status_code == 200
        return {link.rpartition("/")[2] for link in found.links if link.startswith("/job/")}

    ids = {tagged["jobId"], other["jobId"]}
    for query, expected in (
        ("", ids),
        ("?service=hello_world_service&user=alice&app=hello_world", ids),
        ("?tag=a+tag", {tagged["jobId"]}),
        ("?tag=a", set()),
        ("?processor=hello_world_1", {other["jobId"]}),
        ("?status=running", {other["jobId"]}),
        ("?status=nonsense", set()),
        ("?user=%00", ids),
        ("?page=2", set()),
        *((f"?page={page}", ids) for page in ("0", "-1", "x", "%F0", "9" * 50)),
    ):
        assert listed(query) == expected, query
    service.call("cancelJob", service.key, jobId=other["jobId"])
    assert listed("?status=cancelled") == {other["jobId"]}
    assert listed("?status=failed") == set()


def test_pages_of_a_list(service: Served) -> None:
    made = [service.submit(tags=["many"], skipCache=True)["jobId"] for _ in range(53)]
    found: list[str] = []
    path = "/jobs?tag=many"
    while path:
        page = Page(f"{service.url}{path}")
        found += [link[5:] for link in page.links if link.startswith("/job/")]
        links = [facts for _, facts in page.elements if facts.get("rel") == "next"]
        path = str(links[0]["href"]) if links else ""
    assert found == made[::-1]


def test_a_list_hears_of_new_jobs(service: Served) -> None:
    page = Page(f"{service.url}/jobs")
    (path,) = [str(facts["data-events"]) for _, facts in page.elements if "data-events" in facts]
    with httpx.stream("GET", f"{service.url}{path}", timeout=60) as answer:
        lines = answer.iter_lines()
        assert next(lines).startswith(":")  # it watches
        service.submit()
        assert "event: job" in lines


def test_all_links_are_below_the_root(
    serve: Callable[..., AbstractContextManager[Served]],
) -> None:
    with serve(url="https://site.example/pairio/") as service:
        job = running(service, tags=["one"])
        for path in ("/", "/jobs", f"/job/{job['jobId']}", "/job/none"):
            links = Page(f"{service.url}{path}").links
            assert links
            assert all(link.startswith("/pairio/") for link in links)


def test_what_the_pages_are_made_of(service: Served) -> None:
    page = Page(f"{service.url}/")
    made_of = [link for link in page.links if link.startswith("/static/")]
    assert len(made_of) == 3
    for link in made_of:
        answer = httpx.get(f"{service.url}{link}")
        assert answer.status_code == 200
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert httpx.get(f"{service.url}/static/none").status_code == 404


def test_states_have_the_colours_that_they_have_elsewhere() -> None:
    style = (Path(str(pages.__file__)).parent / "static" / "pages.css").read_text()
    found = dict(re.findall(r"--(\w+): (#\w+);", style.partition("@media")[0]))
    for tone in ("waiting", "running", "done", "failed", "stopped"):
        assert found[tone] == COLOURS[tone]  # type: ignore[index]


def sample(at: float, percent: float, used: float) -> bytes:
    """A line of a log."""
    facts = {"timestamp": at, "cpu": {"percent": percent}, "virtual_memory": {"used": used}}
    return json.dumps(facts).encode() + b"\n"


def test_a_plot_of_resources(service: Served) -> None:
    job = running(service)
    begin = time.time()
    log = b"\n".join(sample(begin + 10 * at, at % 100, 2e9) for at in range(1000))
    upload(service, job, "resourceUtilizationLog", log + sample(begin + 10_000, 180, 4e9))
    page = page_of(service, job)
    for words in ("CPU, at most 180 %", "Memory, at most 4 GB", "2 h 46 min"):
        assert words in page.text
    assert page.count("polyline") == 2
    other = running(service)
    upload(service, other, "resourceUtilizationLog", b"nothing")
    assert "Nothing in the log can be read." in page_of(service, other).text
