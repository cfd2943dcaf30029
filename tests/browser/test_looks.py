"""For keyboards, with strings that want to be code; and what is told when one looks away."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from tests.browser.cells import LOAD, gated

EVIL = "<img src=x onerror=window.hit=1><script>window.hit=1</script>"


def test_strings_are_text(page, lab):
    cell = f"%%oar -l core=1 -n '{EVIL}'\nprint({EVIL!r})\nraise ValueError({EVIL!r})"
    page.open(lab.notebook("evil.ipynb", LOAD, cell))
    tab = page.tab()
    page.bring("evil.ipynb")
    page.run(0, wait=True)
    page.run(1, wait=True)
    page.bring("OAR jobs")
    row = tab.expect_state("<img src=x", "failed")
    expect(row).to_contain_text(EVIL)
    job = tab.show("<img src=x")
    expect(job.get_by_role("heading", level=2)).to_have_text(EVIL)
    expect(tab.log).to_contain_text(EVIL)
    expect(job.get_by_role("region", name="What went wrong")).to_contain_text(EVIL)
    for view in ("Cluster", "Jobs"):
        tab.view(view)
    assert not page.page.evaluate("window.hit")


def test_a_notice_tells_of_an_end_and_leads_to_it(page, lab):
    cell, open_gate = gated(lab, "told")
    settings = lab.settings("pydra-oar-jupyter", "monitor")
    settings.write_text(json.dumps({"longerThan": 0, "textDone": "{name} is through."}))
    page.open(lab.notebook("told.ipynb", LOAD, cell))
    page.run(0, wait=True)
    page.run(1)
    expect(page.output(1)).to_contain_text("begun")
    icon = page.page.locator(".lm-TabBar-tab[data-id=pydra-oar-panel]")
    expect(icon).to_have_attribute("data-poj-running", "1")
    open_gate()
    open_gate()
    toast = page.page.get_by_role("alert").filter(has_text="told is through.")
    toast.get_by_role("button", name="Show").click()
    job = page.page.locator("#pydra-oar-panel").get_by_role("article")
    expect(job).to_contain_text("told")
    settings.unlink()


def test_keys_alone_will_do(page, lab):
    cell = "%%oar -l core=1 -n keys\nprint('by keys')"
    page.open(lab.notebook("keys.ipynb", LOAD, cell))
    page.run(0, wait=True)
    page.run(1, wait=True)
    tab = page.tab()
    tab.expect_state("keys", "done")
    press = page.keyboard.press
    page.page.evaluate("document.activeElement.blur()")
    tab.place.get_by_role("tab", name="Jobs").focus()
    press("Tab")
    page.keyboard.type("keys")
    expect(tab.grid.locator(".poj-row")).to_have_count(1)
    for _ in range(20):
        press("Tab")
        if tab.grid.locator(".poj-row:focus").count():
            break
    press("Space")
    expect(tab.row("keys")).to_have_attribute("aria-selected", "true")
    press("Enter")
    expect(tab.job).to_be_visible()
    expect(tab.log).to_contain_text("by keys")
    press("Escape")
    expect(tab.job).to_have_count(0)
    expect(tab.row("keys")).to_be_focused()
