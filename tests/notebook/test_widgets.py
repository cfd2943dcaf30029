"""`JobMonitor()` and `ResourcePicker()`, by what a kernel tells its page."""

from __future__ import annotations

import gc
import sys
import time

import pytest

from pydra_oar_jupyter.core.errors import SpoolError
from pydra_oar_jupyter.notebook.widgets.monitor import JobMonitor
from tests.conftest import PATIENCE
from tests.waiting import wait_until

VIEW = "application/vnd.jupyter.widget-view+json"


class Page:
    """A page's part of one widget: it talks with it over the widget's comm."""

    def __init__(self, kernel, ran):
        self.kernel, self.messages = kernel, []
        self.id = ran.value[VIEW]["model_id"]
        self.state = next(
            message["content"]["data"]["state"]
            for message in ran.messages
            if message["msg_type"] == "comm_open" and message["content"]["comm_id"] == self.id
        )

    def send(self, data):
        content = {"comm_id": self.id, "data": data}
        client = self.kernel.client
        client.shell_channel.send(client.session.msg("comm_msg", content))

    def ask(self, number, verb, **given):
        self.send({"method": "custom", "content": {"id": number, "ask": verb, "with": given}})
        return self.until(lambda message: message.get("id") == number)

    def until(self, wanted):
        """The next message that is."""
        deadline = time.monotonic() + PATIENCE
        while True:
            message = self.kernel.client.get_iopub_msg(timeout=deadline - time.monotonic())
            if message["msg_type"] != "comm_msg" or message["content"]["comm_id"] != self.id:
                continue
            data = message["content"]["data"]
            if data["method"] == "custom" and wanted(data["content"]):
                return data["content"]


@pytest.fixture
def page(kernel):
    return Page(kernel, kernel.run("import pydra_oar_jupyter as oar\noar.JobMonitor()"))


def test_the_page_gets_its_part_and_the_spools_name(page):
    assert "export" in page.state["_esm"]
    assert ".poj-" in page.state["_css"]
    assert page.state["view"] == "monitor"
    assert page.ask(1, "hello")["answer"]["spool"] == page.state["spool"]


def test_a_job_is_followed_from_a_page(page, kernel):
    page.ask(1, "hello")
    page.ask(2, "follow", everyone=False, opened=[])
    kernel.start("%%oar --detach\nprint('hello')")
    rows = {}

    def ended(message):
        for change in message.get("changed", []):
            rows.setdefault(change["key"], {}).update(change)
        return any(row["ended"] for row in rows.values())

    page.until(ended)
    (row,) = rows.values()
    assert (row["kind"], row["tone"]) == ("cell", "done")


def test_a_page_that_is_loaded_anew_is_told_all_rows_again(page, kernel):
    for number in (1, 3):
        page.ask(number, "hello")
        page.ask(number + 1, "follow", everyone=False, opened=[])
        assert page.until(lambda message: message.get("push") == "rows")["whole"]


def test_what_the_page_sends_can_do_no_harm(page):
    for content in (None, [], "hello", {"id": 1}, {"ask": "hello"}, {"ask": ["hello"]}):
        page.send({"method": "custom", "content": content})
        assert page.until(lambda message: "problem" in message)
    assert "answer" in page.ask(9, "hello")


def test_a_saved_notebook_shows_the_jobs_as_text(kernel):
    kernel.run("%%oar -n <script>x</script>\nprint('hello')")
    shown = kernel.run("import pydra_oar_jupyter as oar\noar.JobMonitor()").value
    assert "<script>x</script>" in shown["text/plain"]
    assert "<script>" not in shown["text/html"]
    assert "&lt;script&gt;x&lt;/script&gt;" in shown["text/html"]


def test_what_is_picked_in_the_page_is_told_to_code(kernel):
    ran = kernel.run(
        "import pydra_oar_jupyter as oar\n"
        "picker, seen = oar.ResourcePicker(), []\n"
        "picker.observe(lambda change: seen.append(change.new), 'words')\n"
        "picker"
    )
    assert ran.value["text/plain"] == "Resources: nothing picked yet"
    page = Page(kernel, ran)
    assert page.state["view"] == "picker"
    page.send(
        {"method": "update", "state": {"words": "-l host=1 -p \"a<'b'\""}, "buffer_paths": []}
    )
    assert kernel.eval("seen") == ["-l host=1 -p \"a<'b'\""]
    assert "a&lt;&#x27;b&#x27;" in kernel.run("picker").value["text/html"]


def test_a_closed_widget_is_told_nothing_more(kernel):
    page = Page(kernel, kernel.run("import pydra_oar_jupyter as oar\nm = oar.JobMonitor()\nm"))
    page.ask(1, "follow", everyone=False, opened=[])
    kernel.run("m.close()")
    kernel.run("%%oar\nprint('hello')")
    threads = "[t.name for t in __import__('threading').enumerate()]"
    wait_until(lambda: "oar-monitor" not in kernel.eval(threads), PATIENCE)


def test_a_spool_that_is_not_ours_alone_is_all_that_is_told(spool, monkeypatch):
    spool.mkdir(mode=0o755)
    unheard = []
    monkeypatch.setattr(sys, "unraisablehook", unheard.append)
    with pytest.raises(SpoolError, match="must be yours alone"):
        JobMonitor()
    gc.collect()
    assert not unheard


def test_a_job_that_can_not_be_read_hides_no_other(new_kernel, spool):
    kernel = new_kernel()
    kernel.run("%%oar -n fine\nprint('hello')")
    kernel.run("%%oar -n torn\nprint('hello')")
    torn = kernel.eval("__import__('pydra_oar_jupyter').jobs()[0].directory.id")
    (spool / "jobs" / torn / "spec.json").write_text("{")
    shown = new_kernel().run("import pydra_oar_jupyter as oar\noar.JobMonitor()")
    assert VIEW in shown.value, shown.outputs
    assert "fine" in shown.value["text/plain"]
