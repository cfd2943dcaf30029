"""Files of jobs in a folder: what comes in with a ticket, what goes out, and what gets nowhere."""

from __future__ import annotations

import http.client
import socket
import threading
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlencode, urlsplit, urlunsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.service.files import tickets
from pydra_oar_jupyter.pairio.service.files.names import Place
from pydra_oar_jupyter.pairio.service.files.shelf import Shelf
from pydra_oar_jupyter.pairio.service.settings import Settings
from tests.pairio.postgresql import each_database
from tests.pairio.service.uploading import allowed, places, running, upload
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.pairio.conftest import Served

    Serve = Callable[..., AbstractContextManager[Served]]

TEXT = b"Hello, world!\n"


def changed(url: str, **fields: str) -> str:
    """A URL with other fields in its query; those that are "" are gone."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | fields
    kept = {name: value for name, value in query.items() if value}
    return urlunsplit(parts._replace(query=urlencode(kept)))


class Slow:
    """A body of which the second half comes when it is let go."""

    def __init__(self, first: bytes, second: bytes) -> None:
        self.go_on = threading.Event()
        self._parts = first, second

    def __iter__(self) -> Iterator[bytes]:
        yield self._parts[0]
        assert self.go_on.wait(60)
        yield self._parts[1]


class Putting(threading.Thread):
    """A PUT that is on its way into the service, until it is let go."""

    def __init__(self, service: Served, url: str, body: Slow) -> None:
        super().__init__(daemon=True)
        self._url, self._body = url, body
        self.start()
        coming = service.settings.data / "files" / ".coming"
        wait_until(lambda: any(coming.iterdir()))

    def run(self) -> None:
        self._answer = httpx.put(self._url, content=iter(self._body), timeout=60)

    def end(self) -> httpx.Response:
        self._body.go_on.set()
        self.join(60)
        return self._answer


def raw(service: Served, path: str, method: str = "GET") -> tuple[int, bytes]:
    """The answer to a path that no client library has tidied."""
    parts = urlsplit(service.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.putrequest(method, parts.path + path, skip_accept_encoding=True)
    connection.endheaders()
    answer = connection.getresponse()
    return answer.status, answer.read()


@each_database
def test_an_output_is_stored_and_read(service: Served) -> None:
    job = running(service)
    url = upload(service, job, "output", TEXT, "output")
    (result,) = service.job(job["jobId"])["outputFileResults"]
    assert result == {"name": "output", "fileBaseName": "output.txt", "url": url, "size": len(TEXT)}

    whole = httpx.get(url)
    assert whole.content == TEXT
    assert whole.headers["content-type"] == "text/plain; charset=utf-8"
    assert whole.headers["content-security-policy"] == "sandbox"
    assert whole.headers["x-content-type-options"] == "nosniff"
    head = httpx.head(url)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(TEXT)))


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("output", b"\x89PNG\r\n\x1a\n\0", "image/png"),
        ("output", b"<svg/>", "image/svg+xml"),
        ("output", b"a,b\n1,2\n", "text/plain; charset=utf-8"),
        ("output", b"<html><script>alert(1)</script>", "text/plain; charset=utf-8"),
        ("output", b'{"a": 1}', "application/json"),
        ("output", b"<svg/>" + bytes(10_000), "image/svg+xml"),
        ("a.json", b"\xff", "application/json"),
        ("a.html", b"<svg/>", "text/plain; charset=utf-8"),
        ("a.nwb", b"\x89HDF\0", "application/octet-stream"),
        ("output", b"PK\x03\x04\0", "application/octet-stream"),
    ],
)
def test_what_a_browser_is_told(service: Served, name: str, content: bytes, kind: str) -> None:
    url = upload(service, running(service, outputs={"output": name}), "output", content, "output")
    for answer in (httpx.get(url), httpx.head(url), httpx.get(url, headers={"Range": "bytes=0-1"})):
        assert answer.headers["content-type"] == kind
        assert answer.headers["content-security-policy"] == "sandbox"
        how = "attachment" if kind == "application/octet-stream" else "inline"
        assert answer.headers["content-disposition"].startswith(how)


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-4", b"Hello"),
        ("bytes=7-", b"world!\n"),
        ("bytes=-3", b"d!\n"),
        ("bytes=10-1000", b"ld!\n"),
    ],
)
def test_a_part_of_a_file(service: Served, asked: str, part: bytes) -> None:
    url = upload(service, running(service), "output", TEXT, "output")
    answer = httpx.get(url, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, part)
    start = TEXT.index(part)
    expected = f"bytes {start}-{start + len(part) - 1}/{len(TEXT)}"
    assert answer.headers["content-range"] == expected


def test_parts_that_there_are_not(service: Served) -> None:
    url = upload(service, running(service), "output", TEXT, "output")
    beyond = httpx.get(url, headers={"Range": "bytes=100-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(TEXT)}")
    for nonsense in ("bytes=5-2", "bytes=-", "lines=1-2", "bytes=0-1,3-4"):
        assert httpx.get(url, headers={"Range": nonsense}).content == TEXT


def test_an_empty_file(service: Served) -> None:
    url = upload(service, running(service), "output", b"", "output")
    answer = httpx.get(url)
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_url_takes_one_put(service: Served) -> None:
    put, get = places(service, running(service), "output", 100, "output")
    assert httpx.put(put, content=TEXT).status_code == 200
    second = httpx.put(put, content=b"other")
    assert second.status_code == 409
    assert "has been used" in second.json()["error"]
    assert httpx.get(get).content == TEXT


@each_database
def test_a_url_takes_one_put_at_a_time(service: Served) -> None:
    put, get = places(service, running(service), "output", 100, "output")
    first = Putting(service, put, Slow(b"Hello, ", b"world!\n"))
    assert httpx.put(put, content=b"other").status_code == 409
    assert httpx.get(get).status_code == 404  # it is seen whole, or not at all
    assert first.end().status_code == 200
    assert httpx.get(get).content == TEXT


@pytest.mark.parametrize("in_chunks", [False, True])
def test_no_more_comes_in_than_was_announced(service: Served, in_chunks: bool) -> None:
    put, get = places(service, running(service), "output", len(TEXT), "output")
    more = TEXT + b"!"
    answer = httpx.put(put, content=iter([more]) if in_chunks else more)
    assert answer.status_code == 413
    assert "14 bytes" in answer.json()["error"]
    assert httpx.get(get).status_code == 404
    assert httpx.put(put, content=TEXT).status_code == 200  # nothing was stored before


def test_an_upload_that_breaks_off_stores_nothing(service: Served) -> None:
    put, get = places(service, running(service), "output", 100, "output")
    parts = urlsplit(put)
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        connection.sendall(f"{head}Content-Length: 14\r\n\r\nHello".encode())
    wait_until(lambda: httpx.put(put, content=TEXT).status_code == 200)
    assert httpx.get(get).content == TEXT


def test_a_url_that_was_changed(service: Served) -> None:
    job = running(service)
    put, _ = places(service, job, "output", len(TEXT), "output")
    other, _ = places(service, job, "consoleOutput", 1000)
    query = {name: values[0] for name, values in parse_qs(urlsplit(other).query).items()}
    for wrong in (
        changed(put, size="1000"),
        changed(put, expires=str(2**40)),
        changed(put, signature=""),
        changed(put, signature="0" * 64),
        changed(put, signature="ü"),
        changed(put, **query),
        urlunsplit(urlsplit(put)._replace(query="")),
    ):
        answer = httpx.put(wrong, content=TEXT)
        assert answer.status_code == 403
        assert "signature" in answer.json()["error"]
    assert httpx.put(put, content=TEXT).status_code == 200


def test_a_url_expires(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    job = running(service)
    monkeypatch.setattr(tickets, "LIFE", -1.0)
    put, get = places(service, job, "output", len(TEXT), "output")
    answer = httpx.put(put, content=TEXT)
    assert answer.status_code == 403
    assert "expired" in answer.json()["error"]
    assert httpx.get(get).status_code == 404


def test_console_output_again_and_again(service: Served) -> None:
    job = running(service)
    events = f"{service.url}/api/events?jobId={job['jobId']}"
    with httpx.stream("GET", events, timeout=60) as answer:
        lines = answer.iter_lines()
        assert "event: job" in lines  # how it is now
        for size in (5, 14):
            url = upload(service, job, "consoleOutput", TEXT[:size])
            assert httpx.get(url).content == TEXT[:size]
            assert "event: console" in lines
            assert f'"size": {size}' in next(lines)
    assert url == service.job(job["jobId"])["consoleOutputUrl"]


def test_files_beside_the_outputs(service: Served) -> None:
    job = running(service)
    urls = {
        name: upload(service, job, "other", name.encode(), name)
        for name in ("a", "a/b", "a/b/c.d/e-f_g/1/2", "x" * 64)
    }
    upload(service, job, "other", b"more", "a")
    found = {one["name"]: one for one in service.job(job["jobId"])["otherFileOutputs"]}
    assert {name: one["url"] for name, one in found.items()} == urls
    assert found["a"]["size"] == 4
    assert httpx.get(urls["a"]).content == b"more"
    assert httpx.get(urls["a/b"]).content == b"a/b"


NO_NAMES = (
    "", ".", "..", "../x", "a/../b", "a/..", "/etc/passwd", "a//b", "a/", ".hidden", "a.",
    "a/.b", "a\\b", "..\\b", "a%2fb", "%2e%2e/a", "a b", "a\n", "ü", "x" * 65, "1/2/3/4/5/6/7",
    "a:b", "~", "a+", "\0", "a\0b",
)  # fmt: skip


def test_names_that_are_refused(service: Served) -> None:
    job = running(service)
    for name in NO_NAMES:
        assert allowed(service, job, "other", 1, name).status_code == 400, name


@pytest.mark.parametrize(
    ("kind", "size", "name"),
    [
        ("other", (1 << 30) + 1, "a"),
        ("consoleOutput", 100_000_001, None),
        ("resourceUtilizationLog", 100_000_001, None),
        ("output", -1, "output"),
        ("output", 2**63 - 1, "output"),
        ("output", 1, "input"),
        ("output", 1, "../output"),
        ("output", 1, None),
    ],
)
def test_what_a_job_may_not_store(service: Served, kind: str, size: int, name: str | None) -> None:
    answer = allowed(service, running(service), kind, size, name)
    assert answer.status_code == 400, answer.text


NOWHERE = (
    "/files/../upload_secret",
    "/files/..%2fupload_secret",
    "/files/%2e%2e/upload_secret",
    "/files/%2e%2e%2fupload_secret",
    "/files/%252e%252e%252fupload_secret",
    "/files/..%5cupload_secret",
    "/files/%c0%ae%c0%ae/upload_secret",
    "/files//etc/passwd",
    "/files/%2fetc%2fpasswd",
    "/files/SERVICE/JOB/output/../../../../upload_secret",
    "/files/SERVICE/JOB/output/..%2f..%2f..%2f..%2fupload_secret",
    "/files/SERVICE/JOB/other/%2e%2e/%2e%2e/%2e%2e/%2e%2e/upload_secret",
    "/files/SERVICE/JOB/consoleOutput/../../../../upload_secret",
    "/files/SERVICE/JOB/../../../upload_secret",
    "/files/SERVICE/JOB/output/output%00",
    "/files/SERVICE/JOB/output/output/",
    "/files/SERVICE/JOB/output/",
    "/files/SERVICE/JOB/output",
    "/files/SERVICE/JOB",
    "/files/.coming/x/output/x",
    "/static/..%2froutes.py",
    "/static/%2e%2e%2froutes.py",
)


def test_paths_that_lead_nowhere(service: Served) -> None:
    job = running(service)
    upload(service, job, "output", TEXT, "output")
    secret = (service.settings.data / "upload_secret").read_bytes()
    for path in NOWHERE:
        path = path.replace("SERVICE", job["serviceName"]).replace("JOB", job["jobId"])
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            status, body = raw(service, path, method)
            assert status in (404, 405), (method, path)
            assert secret not in body
            assert b"root:" not in body


@given(
    st.text()
    | st.lists(st.sampled_from([*"aA0_-./\\%~\0é", "..", "output", "other"])).map("".join)
    | st.lists(st.text(alphabet="ab.", max_size=3)).map("s/j/other/".__add__ and "/".join)
)
def test_a_place_is_below_its_job(path: str) -> None:
    try:
        place = Place.at(path)
    except ValueError:
        return
    assert place.path == path == quote(path)
    parts = path.split("/")
    assert parts[:2] == [place.service, place.job]
    assert not any(part.startswith(".") or part.endswith(".") or not part for part in parts)


@each_database
def test_a_cancelled_job_stores_no_output(service: Served) -> None:
    job = running(service)
    before, get = places(service, job, "output", 100, "output")
    console, _ = places(service, job, "consoleOutput", 100)
    amid, _ = places(service, job, "output", 100, "output")
    on_its_way = Putting(service, amid, Slow(b"Hello, ", b"world!\n"))
    service.call("cancelJob", service.key, jobId=job["jobId"])

    assert on_its_way.end().status_code == 400
    late = httpx.put(before, content=TEXT)
    assert late.status_code == 400
    assert "is failed" in late.json()["error"]
    assert httpx.get(get).status_code == 404
    assert httpx.put(console, content=TEXT).status_code == 200  # its last words


def test_a_job_that_was_taken_away_stores_nothing(serve: Serve) -> None:
    with serve(lease=2.0) as service:
        job = running(service)
        put, get = places(service, job, "output", 100, "output")
        console, _ = places(service, job, "consoleOutput", 100)
        wait_until(lambda: service.job(job["jobId"])["status"] == "pending")
        for url in (put, console):
            assert httpx.put(url, content=TEXT).status_code == 409
        assert httpx.get(get).status_code == 404


@each_database
def test_files_go_with_their_job(service: Served) -> None:
    gone, stays = running(service), running(service)
    urls = {job["jobId"]: upload(service, job, "other", TEXT, "a/b") for job in (gone, stays)}
    late, _ = places(service, gone, "other", 100, "c")
    service.call("deleteJobs", service.key, userId="alice", jobIds=[gone["jobId"]])
    assert httpx.get(urls[gone["jobId"]]).status_code == 404
    assert httpx.put(late, content=TEXT).status_code == 404
    assert httpx.get(urls[stays["jobId"]]).content == TEXT
    files = service.settings.data / "files" / gone["serviceName"]
    assert [folder.name for folder in files.iterdir()] == [stays["jobId"]]


def test_only_its_user_can_read_what_it_keeps(service: Served) -> None:
    upload(service, running(service), "output", TEXT, "output")
    data = service.settings.data
    secret, files = data / "upload_secret", data / "files"
    assert data.stat().st_mode & 0o077 == 0
    assert secret.stat().st_mode & 0o077 == 0
    assert files.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in files.rglob("*") if file.is_file())


def test_a_secret_that_others_know(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    Shelf(settings)
    (tmp_path / "upload_secret").chmod(0o644)
    with pytest.raises(PairioError, match="Others may know"):
        Shelf(settings)
