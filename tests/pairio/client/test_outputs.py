"""Outputs: read, downloaded, and shown in a cell as what they are."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.pairio import PairioError
from pydra_oar_jupyter.pairio.client import PairioJobFailed, shown
from tests.conftest import PATIENCE
from tests.pairio.client.conftest import Worker

if TYPE_CHECKING:
    from pathlib import Path

    from pydra_oar_jupyter.pairio.client import App, Output
    from tests.pairio.conftest import Served

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
URL = "http://somewhere/files/x?a=1&b=2"


def made(service: Served, hello: App, content: bytes, name: str = "output.txt") -> Output:
    """An output of a job that has completed, with that content."""
    job = hello.hello_world_2(name=name, output=name).submit()
    Worker.claim(service, job).complete(output=content)
    return job.result(PATIENCE)["output"]


def test_is_read(service: Served, hello: App) -> None:
    output = made(service, hello, '{"ü": 1}'.encode())
    assert output.bytes() == '{"ü": 1}'.encode()
    assert output.text() == '{"ü": 1}'
    assert output.json() == {"ü": 1}
    assert output.size == 9
    assert output.fileBaseName == "output.txt"

    async def awaited() -> tuple[bytes, str, object]:
        return await output.abytes(), await output.atext(), await output.ajson()

    assert asyncio.run(awaited()) == ('{"ü": 1}'.encode(), '{"ü": 1}', {"ü": 1})


def test_is_downloaded(service: Served, hello: App, tmp_path: Path, capsys) -> None:
    output = made(service, hello, b"Hello" * 1000)
    here = tmp_path / "here"
    here.mkdir()
    assert output.download(here) == here / "output.txt"
    assert output.download(here / "other") == here / "other"
    assert asyncio.run(output.adownload(str(here / "third"))) == here / "third"
    assert {one.read_bytes() for one in here.iterdir()} == {b"Hello" * 1000}
    assert len(list(here.iterdir())) == 3
    assert "output.txt: 100%" in capsys.readouterr().err


def test_that_there_is_not_is_told(service: Served, hello: App) -> None:
    job = hello.hello_world_2().submit()
    with pytest.raises(PairioError, match="Did you mean 'output'") as raised:
        job.get_output("ouput")
    assert isinstance(raised.value, KeyError)
    assert str(raised.value).startswith(f"Job {job.jobId} has no output")


def test_of_a_failed_job_tells_why(service: Served, hello: App) -> None:
    job = hello.hello_world_2().submit()
    Worker.claim(service, job).tell("failed", error="it broke")
    with pytest.raises(PairioJobFailed, match="it broke"):
        job.outputs["output"].text()
    assert "it broke" in job.outputs["output"]._repr_mimebundle_()["text/html"]


def test_that_is_not_there_yet_is_not_waited_for_to_show_it(service: Served, hello: App) -> None:
    shown = hello.hello_world_2().submit().outputs["output"]._repr_mimebundle_()
    assert "pending" in shown["text/plain"]
    assert "pending" in shown["text/html"]


def test_shows_its_text(service: Served, hello: App) -> None:
    shown = made(service, hello, b"Hello, <b>you</b>!")._repr_mimebundle_()
    assert shown["text/plain"] == "Hello, <b>you</b>!"
    assert "Hello, &lt;b&gt;you&lt;/b&gt;!" in shown["text/html"]


def test_that_is_large_is_not_fetched_to_show_it(service: Served, hello: App) -> None:
    output = made(service, hello, b"a line\n" * 2_000_000)
    shown = output._repr_mimebundle_()
    assert len(shown["text/html"]) < 60_000
    assert f'href="{output.url}"' in shown["text/html"]
    assert "14 MB" in shown["text/html"]


def test_a_job_shows_its_outputs(service: Served, hello: App) -> None:
    output = made(service, hello, b"Hello")
    shown = output.job._repr_mimebundle_()["text/html"]
    assert f'href="{output.url}"' in shown
    assert "5 bytes" in shown
    assert "output.txt" in output.job.outputs._repr_html_()
    assert repr(output.job.outputs) == (
        f"{{'output': <Output 'output' of job {output.jobId}: 5 bytes>}}"
    )


class TestBundles:
    """What is shown of a content and a name."""

    def html(self, content: bytes, name: str) -> str:
        return shown.bundle(content, name, URL, len(content))["text/html"]

    def test_images(self) -> None:
        data = base64.b64encode(PNG).decode()
        assert f'<img src="data:image/png;base64,{data}"' in self.html(PNG, "plot")
        assert "image/jpeg" in self.html(b"\xff\xd8\xff\xe0" + bytes(9), "x.png")
        svg = self.html(b"<svg><script>alert(1)</script></svg>", "plot.svg")
        assert 'src="data:image/svg+xml;base64,' in svg
        assert "<script" not in svg

    def test_a_name_may_say_nothing(self) -> None:
        svg = b"<?xml version='1.0'?><!-- made --><svg/>"
        assert '<img src="data:image/svg+xml;base64,' in self.html(svg, "figure")
        table = self.html(b"time_sec,rate_hz\n0.5,12\n1.5,80\n", "histogram")
        assert (table.count("<th"), table.count("<td")) == (2 + 1, 4)  # and <thead>
        assert "<table" not in self.html(b"Hello, world\nBye, world\n", "letter")

    def test_json(self) -> None:
        assert "\n  &quot;a&quot;: [" in self.html(b'{"a":[1,2]}', "output")
        assert "{&quot;a&quot;: nonsense" in self.html(b'{"a": nonsense', "output.json")
        assert "[[[[" in self.html(b"[" * 10_000, "deep.json")

    def test_tables(self) -> None:
        table = self.html(b'a,b\n1,"x, <y>"\n', "table.csv")
        assert "<table" in table
        assert "x, &lt;y&gt;" in table
        assert URL.replace("&", "&amp;") not in table
        assert table.count("<td") == 2
        long = self.html(b"a\tb\n" + b"1\t2\n" * 1000, "table.tsv")
        assert long.count("<tr>") == 51
        assert URL.replace("&", "&amp;") in long
        assert "<table" not in self.html(b"", "table.csv")

    @pytest.mark.parametrize("content", [b"\x00\x01\x02", b"\xff\xfe\xfa"])
    def test_what_is_none_of_these_is_a_link(self, content: bytes) -> None:
        linked = self.html(content, '<b>".bin')
        assert f'href="{URL.replace("&", "&amp;")}"' in linked
        assert "<b>" not in linked
        assert "<pre" not in linked

    def test_links_lead_to_pages_only(self) -> None:
        found = shown.bundle(b"\x00", "x", "javascript:alert(1)", None)["text/html"]
        assert "<a" not in found

    def test_a_letter_that_is_cut_is_no_reason_against_text(self) -> None:
        head = ("ü" * (shown.MOST // 2 + 1)).encode()[: shown.MOST + 1]
        assert "<pre" in self.html(head, "x")

    def test_plain_text_is_bounded_as_well(self) -> None:
        found = shown.bundle(b"[" + b"1," * 1_000_000 + b"1]", "x.json", URL, None)
        assert all(len(one) < 500_000 for one in found.values())
        json.dumps(found)
