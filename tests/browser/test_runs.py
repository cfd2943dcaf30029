"""A Pydra run, opened to the task that failed."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.cells import CAMPAIGN, LOAD


def test_a_run_is_opened_to_a_failed_task_and_its_traceback(page, lab):
    cell = "%%pydra --cache-root cache -l core=1\nCampaign(samples=[1, 2, 3])"
    page.open(lab.notebook("run.ipynb", LOAD, CAMPAIGN.format(fails=2), cell))
    tab = page.tab()
    page.bring("run.ipynb")
    page.run(0, wait=True)
    page.run(1, wait=True)
    page.run(2)
    page.bring("OAR jobs")
    run = tab.expect_state("Campaign", "failed")
    run.click()
    page.keyboard.press("ArrowRight")
    node = tab.row("calibrate")
    expect(node).to_have_attribute("aria-level", "2")
    node.click()
    page.keyboard.press("ArrowRight")
    task = tab.grid.locator(".poj-row[aria-level='3']").filter(
        has=tab.page.page.locator(".poj-is-failed")
    )
    expect(task).to_have_count(1)
    task.click()
    page.keyboard.press("Enter")
    failure = tab.job.get_by_role("region", name="What went wrong")
    expect(failure).to_contain_text("ZeroDivisionError")
    expect(failure).to_contain_text("return 1 / (sample - 2)")
