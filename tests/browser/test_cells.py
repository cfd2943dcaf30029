"""The same component in a cell's output."""

from __future__ import annotations

from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from tests.browser.cells import LOAD, gated
from tests.browser.pages import Monitor

SHOW = "from pydra_oar_jupyter import JobMonitor\nJobMonitor()"


def test_it_is_live_in_a_cell_while_another_cell_runs(page, lab):
    cell, open_gate = gated(lab, "watched")
    page.open(lab.notebook("cell.ipynb", LOAD, SHOW, cell))
    page.run(0, wait=True)
    page.run(1, wait=True)
    monitor = Monitor(page, page.output(1))
    page.run(2)
    monitor.expect_state("watched", "running")
    monitor.show("watched")  # the kernel is busy: the server answers
    expect(monitor.log).to_contain_text("begun")
    open_gate()
    expect(monitor.log).to_contain_text("gone on")
    open_gate()
    expect(page.output(2)).to_contain_text("ended")
    monitor.expect_state("watched", "done")


def test_the_kernel_alone_will_do(plain_lab, new_page):
    with pytest.raises(HTTPError, match="404"):  # the server has no part of ours
        urlopen(f"{plain_lab.url}/pydra-oar-jupyter/monitor?token={plain_lab.token}")
    cell, open_gate = gated(plain_lab, "alone")
    page = new_page(plain_lab)
    detached = cell.replace("%%oar", "%%oar --detach")
    page.open(plain_lab.notebook("kernel.ipynb", LOAD, SHOW, detached))
    page.run(0, wait=True)
    page.run(1, wait=True)
    monitor = Monitor(page, page.output(1))
    page.run(2, wait=True)
    monitor.expect_state("alone", "running")
    monitor.show("alone")
    expect(monitor.log).to_contain_text("begun")
    open_gate()
    open_gate()
    expect(monitor.log).to_contain_text("ended")


def test_resources_are_picked_in_a_cell_for_the_next(page, lab):
    picker = "from pydra_oar_jupyter import ResourcePicker\npicker = ResourcePicker()\npicker"
    page.open(lab.notebook("picker.ipynb", LOAD, picker, "1 + 1"))
    page.run(0, wait=True)
    page.run(1, wait=True)
    page.output(1).get_by_role("button", name="Use in this cell").click()
    expect(page.cell(2).locator(".cm-line").first).to_contain_text("%%oar -l")
    assert "ResourcePicker" in page.source(1)
