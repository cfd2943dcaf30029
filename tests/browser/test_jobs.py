"""Jobs of cells, seen in the side panel while they come, run and end."""

from __future__ import annotations

import os
import signal

from playwright.sync_api import expect

from tests.browser.cells import LOAD, gated


def test_a_cell_s_job_is_seen_to_come_run_and_end(page, lab):
    cell, open_gate = gated(lab, "spectrum")
    page.open(lab.notebook("live.ipynb", LOAD, cell))
    panel = page.panel()
    page.page.evaluate("window.sameVisit = true")
    page.run(0, wait=True)
    page.run(1)
    panel.expect_state("spectrum", "running")
    panel.show("spectrum")
    expect(panel.log).to_contain_text("begun")
    expect(panel.log).not_to_contain_text("gone on")
    open_gate()
    expect(panel.log).to_contain_text("gone on")
    open_gate()
    expect(panel.log).to_contain_text("ended")
    panel.place.get_by_role("button", name="Back").click()
    panel.expect_state("spectrum", "done")
    assert page.page.evaluate("window.sameVisit")


def test_a_job_is_cancelled(page, lab):
    cell, _ = gated(lab, "runaway")
    page.open(lab.notebook("cancel.ipynb", LOAD, cell))
    panel = page.panel()
    page.run(0, wait=True)
    page.run(1)
    panel.expect_state("runaway", "running")
    job = panel.show("runaway")
    job.get_by_role("button", name="Cancel", exact=True).click()
    question = page.page.get_by_role("alertdialog")
    expect(question).to_contain_text("its output so far is kept")
    question.get_by_role("button", name="Keep it").click()
    expect(question).to_have_count(0)
    expect(job.locator(".poj-job-head .poj-is-running").first).to_be_visible()
    job.get_by_role("button", name="Cancel", exact=True).click()
    question.get_by_role("button", name="Cancel it").click()
    expect(job.locator(".poj-job-head .poj-is-stopped").first).to_be_visible()
    expect(page.output(1)).to_contain_text("deleted")


def test_a_job_is_seen_when_its_kernel_is_dead(page, lab):
    cell, open_gate = gated(lab, "orphan")
    page.open(lab.notebook("dead.ipynb", LOAD, "import os; os.getpid()", cell))
    panel = page.panel()
    page.run(0, wait=True)
    page.run(1, wait=True)
    kernel = int(page.output(1).inner_text().split()[-1])
    page.run(2)
    panel.expect_state("orphan", "running")
    os.kill(kernel, signal.SIGKILL)
    panel.show("orphan")
    open_gate()
    expect(panel.log).to_contain_text("gone on")
    open_gate()
    expect(panel.job.locator(".poj-job-head .poj-is-done").first).to_be_visible()
    expect(panel.log).to_contain_text("ended")


def test_one_goes_to_the_cell_that_a_job_came_from(page, lab):
    cell = "%%oar -n from-here -l core=1\nprint('here')"
    rest = [f"# cell {number}\n\n\n\n\n" for number in range(30)]
    page.open(lab.notebook("origin.ipynb", LOAD, cell, *rest))
    page.run(0, wait=True)
    page.run(1, wait=True)
    page.cell(25).locator(".cm-content").click()
    expect(page.cell(1)).not_to_be_in_viewport()
    tab = page.tab()
    tab.show("from-here").get_by_role("button", name="origin.ipynb").click()
    expect(page.cell(1)).to_be_in_viewport()
    active = page.notebook.locator(".jp-Cell.jp-mod-active")
    expect(active).to_contain_text("from-here")


def test_it_works_without_a_notebook(page, lab):
    page.open()
    tab = page.tab()
    expect(tab.grid.or_(tab.place.locator(".poj-nothing"))).to_be_visible()
    tab.view("Resources")
    tab.place.get_by_role("button", name="Use in this cell").click()
    expect(tab.place.locator(".poj-told")).to_have_text(
        "Copied: paste it on the first line of a cell."
    )
