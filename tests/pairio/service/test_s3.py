"""Files of jobs in a bucket, on a real server of S3: rclone's, which checks each signature."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import httpx
import pytest

from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.service.files.store import store_at
from tests.pairio.service.uploading import places, running, upload
from tests.pairio.serving import free_port
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.pairio.conftest import Served

TEXT = b"Hello, world!\n"
KEY, SECRET = "the-key", "the-secret-key"
LARGE = random.Random(7).randbytes(20_000_000)  # more than two parts of an upload


class Bucket:
    """A server of S3 with one bucket, whose files are in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "bucket").mkdir()
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        """Let it answer."""
        command = [
            Path(sys.executable).with_name("rclone"), "serve", "s3", self._folder,
            "--addr", f"127.0.0.1:{self._port}", "--auth-key", f"{KEY},{SECRET}",
            "--config", self._folder / "none", "--vfs-cache-mode", "off",
        ]  # fmt: skip
        log = self._folder.with_name("s3.log").open("ab")
        self._process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(self._answers)

    def stop(self) -> None:
        """Let it be away."""
        self._process.kill()
        self._process.wait()

    def keys(self) -> list[str]:
        """All that is in there."""
        found = boto3.client("s3").list_objects_v2(Bucket="bucket")
        return [one["Key"] for one in found.get("Contents", [])]

    def unfinished(self) -> list[Any]:
        """Uploads that were begun, and neither finished nor given up."""
        found: list[Any] = (
            boto3.client("s3").list_multipart_uploads(Bucket="bucket").get("Uploads", [])
        )
        return found

    def _answers(self) -> bool:
        assert self._process.poll() is None
        try:
            return bool(httpx.get(self.url).status_code)
        except httpx.TransportError:
            return False


@contextmanager
def _bucket(folder: Path) -> Iterator[Bucket]:
    folder.mkdir()
    bucket = Bucket(folder)
    try:
        yield bucket
    finally:
        bucket.stop()


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    for name, value in (
        ("AWS_ACCESS_KEY_ID", KEY),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
    ):
        monkeypatch.setenv(name, value)
    with _bucket(tmp_path / "s3") as found:
        monkeypatch.setenv("AWS_ENDPOINT_URL", found.url)
        yield found


@pytest.fixture
def stored(
    bucket: Bucket, serve: Callable[..., AbstractContextManager[Served]]
) -> Iterator[Served]:
    """A service that keeps its files in the bucket."""
    with serve(files="s3://bucket/of/pairio") as service:
        yield service


def test_an_output_is_stored_and_read(stored: Served, bucket: Bucket) -> None:
    job = running(stored)
    url = upload(stored, job, "output", TEXT, "output")
    assert url.startswith(stored.url)
    assert bucket.keys() == [f"of/pairio/{job['serviceName']}/{job['jobId']}/output/output"]

    with httpx.Client(follow_redirects=True) as client:
        whole = client.get(url)
        assert str(whole.url).startswith(bucket.url)
        assert whole.content == TEXT
        assert whole.headers["content-type"] == "text/plain; charset=utf-8"
        assert "output.txt" in whole.headers["content-disposition"]
        part = client.get(url, headers={"Range": "bytes=7-11"})
        assert part.content == b"world"  # with 206, if it weren't rclone's
        assert part.headers["content-range"] == f"bytes 7-11/{len(TEXT)}"
        head = client.head(url)
        assert (head.status_code, head.headers["content-length"]) == (200, str(len(TEXT)))


def test_images_without_a_telling_name(stored: Served) -> None:
    job = running(stored, outputs={"output": "figure"})
    url = upload(stored, job, "output", b"<svg/>", "output")
    answer = httpx.get(url, follow_redirects=True)
    assert answer.headers["content-type"] == "image/svg+xml"
    # Nothing of this service's keeps it from running when it is opened at the bucket's.
    assert answer.headers["content-disposition"].startswith("attachment")
    url = upload(stored, job, "other", b"GIF89a", "figure")
    answer = httpx.get(url, follow_redirects=True)
    assert answer.headers["content-type"] == "image/gif"
    assert answer.headers["content-disposition"].startswith("inline")


def test_files_beside_the_outputs(stored: Served) -> None:
    job = running(stored)
    urls = {
        name: upload(stored, job, "other", name.encode(), name) for name in ("a/b/c", "a/b", "a")
    }
    for name, url in urls.items():
        assert httpx.get(url, follow_redirects=True).text == name


def test_what_is_not_there(stored: Served) -> None:
    _, get = places(stored, running(stored), "output", 1, "output")
    assert httpx.get(get).status_code == 404


def test_a_file_of_several_parts(stored: Served, bucket: Bucket) -> None:
    url = upload(stored, running(stored), "other", LARGE, "large")
    got = httpx.get(url, follow_redirects=True, timeout=60).content
    assert hashlib.sha256(got).digest() == hashlib.sha256(LARGE).digest()
    assert not bucket.unfinished()


def test_nothing_is_left_of_a_file_that_is_too_large(stored: Served, bucket: Bucket) -> None:
    put, get = places(stored, running(stored), "other", len(LARGE) - 1, "large")
    blocks = (LARGE[start : start + 100_000] for start in range(0, len(LARGE), 100_000))
    assert httpx.put(put, content=blocks, timeout=60).status_code == 413
    assert httpx.get(get).status_code == 404
    assert (bucket.keys(), bucket.unfinished()) == ([], [])


def test_a_url_takes_one_put(stored: Served) -> None:
    put, get = places(stored, running(stored), "output", 100, "output")
    assert httpx.put(put, content=TEXT).status_code == 200
    assert httpx.put(put, content=b"other").status_code == 409
    assert httpx.get(get, follow_redirects=True).content == TEXT


def test_files_go_with_their_job(stored: Served, bucket: Bucket) -> None:
    gone, stays = running(stored), running(stored)
    for job in (gone, stays):
        upload(stored, job, "other", TEXT, "a/b")
        upload(stored, job, "consoleOutput", TEXT)
    stored.call("deleteJobs", stored.key, userId="alice", jobIds=[gone["jobId"]])
    left = bucket.keys()
    assert len(left) == 2
    assert all(stays["jobId"] in key for key in left)


def test_the_page_of_a_job_shows_what_is_in_the_bucket(stored: Served, bucket: Bucket) -> None:
    job = running(stored)
    upload(stored, job, "output", TEXT, "output")
    upload(stored, job, "consoleOutput", b"It says this.")
    upload(stored, job, "resourceUtilizationLog", b"")
    upload(stored, job, "other", b"not really an image", "image.png")
    page = httpx.get(f"{stored.url}/job/{job['jobId']}")
    assert TEXT.decode() in page.text
    assert "It says this." in page.text
    assert f"img-src 'self' {bucket.url};" in page.headers["content-security-policy"]


def test_a_server_that_is_away(stored: Served, bucket: Bucket) -> None:
    put, get = places(stored, running(stored), "output", 100, "output")
    bucket.stop()
    for answer in (httpx.put(put, content=TEXT, timeout=120), httpx.get(get, timeout=120)):
        assert answer.status_code == 503
        assert "can't be reached" in answer.json()["error"]
        assert urlsplit(bucket.url).netloc not in answer.text
    bucket.start()
    assert httpx.put(put, content=TEXT).status_code == 200


def test_a_bucket_that_there_is_not(bucket: Bucket, tmp_path: Path) -> None:
    with pytest.raises(PairioError, match="The bucket 'another' can't be used"):
        store_at("s3://another", tmp_path)


@pytest.mark.parametrize("where", ["s3://", "s3:///x", "bucket", "https://x/y"])
def test_what_is_no_bucket(tmp_path: Path, where: str) -> None:
    with pytest.raises(PairioError, match=where):
        store_at(where, tmp_path)
