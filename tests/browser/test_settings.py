"""What a person sets in JupyterLab."""

from __future__ import annotations

from playwright.sync_api import expect


def test_a_tab_begins_with_everybody_s_jobs_where_that_is_set(page, lab):
    with lab.settings("pydra-oar-jupyter:monitor", everyone=True):
        page.open()
        tab = page.tab()
        expect(tab.place.get_by_role("switch", name="Whole cluster")).to_be_checked()
