"""Resources picked by eye, and the cluster as a picture."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.cells import LOAD, gated


def test_resources_are_picked_and_run_with(page, lab):
    page.open(lab.notebook("pick.ipynb", LOAD, "print('picked')"))
    page.run(0, wait=True)
    page.cell(1).locator(".cm-content").click()
    picker = page.panel("resources").place.locator(".poj-picker")
    core = picker.get_by_role("group", name="core", exact=True)
    core.get_by_role("textbox").fill("2")
    core.get_by_role("textbox").press("Enter")
    expect(picker.locator(".poj-outlook")).to_contain_text("match")
    picker.get_by_role("button", name="Use in this cell").click()
    expect(page.cell(1).locator(".cm-line").first).to_contain_text("%%oar -l")
    expect(page.cell(1).locator(".cm-line").first).to_contain_text("core=2")
    page.run(1, wait=True)
    expect(page.output(1)).to_contain_text("picked")


def test_a_request_s_words_are_read_back(page, lab):
    page.open()
    picker = page.panel("resources").place.locator(".poj-picker")
    picker.get_by_label("Request").fill("-l host=2/core=3,walltime=0:30:0 -q default")
    core = picker.get_by_role("group", name="core", exact=True)
    expect(core.get_by_role("textbox")).to_have_value("3")
    picker.get_by_label("Request").fill("-l host=")
    expect(picker.get_by_role("alert")).to_be_visible()


def test_the_cluster_is_a_picture(page, lab):
    cell, open_gate = gated(lab, "on-the-chart")
    page.open(lab.notebook("chart.ipynb", LOAD, cell))
    page.run(0, wait=True)
    page.run(1)
    expect(page.output(1)).to_contain_text("begun")
    chart = page.panel("cluster").place
    bar = chart.get_by_role("button", name="on-the-chart").first
    expect(bar).to_be_visible()
    bar.click()
    expect(chart.get_by_role("article")).to_contain_text("on-the-chart")
    open_gate()
    open_gate()
