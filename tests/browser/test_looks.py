"""For keyboards, with strings that want to be code; and what is told when one looks away."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.cells import LOAD, gated
from tests.history import Ended, write
from tests.waiting import wait_until

EVIL = "<img src=x onerror=window.hit=1><script>window.hit=1</script>"


def test_strings_are_text(page, lab):
    cell = f"%%oar -l core=1 -n '{EVIL}'\nprint({EVIL!r})\nraise ValueError({EVIL!r})"
    page.open(lab.notebook("evil.ipynb", LOAD, cell))
    tab = page.tab()
    page.bring("evil.ipynb")
    page.run(0, wait=True)
    page.run(1, wait=True)
    page.bring("OAR jobs")
    tab.expect_state(EVIL, "failed")
    job = tab.show(EVIL)
    expect(job.get_by_role("heading", level=2)).to_have_text(EVIL)
    expect(tab.log).to_contain_text(EVIL)
    expect(job.get_by_role("region", name="What went wrong")).to_contain_text(EVIL)
    for view in ("Cluster", "Jobs"):
        tab.view(view)
    assert not page.page.evaluate("window.hit")


def test_a_notice_tells_of_an_end_and_leads_to_it(page, lab):
    cell, open_gate = gated(lab, "told")
    words = {"longerThan": 0, "textDone": "{name} is through."}
    with lab.settings("pydra-oar-jupyter:monitor", **words):
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


# The contrast of each text with what is behind it, the lowest first (WCAG 2.2, 1.4.3).
CONTRASTS = """
(root) => {
  const pixel = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
  const read = (colours) => {
    pixel.clearRect(0, 0, 1, 1);
    for (const colour of colours) { pixel.fillStyle = colour; pixel.fillRect(0, 0, 1, 1); }
    return [...pixel.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map((of) => of / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element) => {
    const colours = [];
    for (let at = element; at; at = at.parentElement) {
      colours.unshift(getComputedStyle(at).backgroundColor);
    }
    return colours;
  };
  const found = [];
  for (const element of root.querySelectorAll('*')) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3)
      .map((node) => node.data.trim()).join('');
    if (!text || !element.checkVisibility() || element.matches(':disabled')) continue;
    const back = behind(element);
    const [one, other] = [read([...back, getComputedStyle(element).color]), read(back)]
      .map(light).sort((a, b) => b - a);
    found.push([(one + 0.05) / (other + 0.05), text, String(element.className)]);
  }
  return found.sort((a, b) => a[0] - b[0]);
}
"""


@pytest.mark.parametrize("theme", ["Light", "Dark", "Dark High Contrast"])
def test_texts_can_be_read_in_each_theme(page, lab, theme):
    write(lab.spool, 7001, Ended("readable", ago=60.0, output="read\n"), backend=lab.backend)
    with lab.settings("@jupyterlab/apputils-extension:themes", theme=f"JupyterLab {theme}"):
        page.open()
    tab = page.tab()
    tab.show("readable")
    expect(tab.log).to_contain_text("read")
    page.picture(theme.lower().replace(" ", "-"))
    for view in ("Jobs", "Cluster", "Resources"):
        tab.view(view)
        expect(tab.place.locator("[aria-busy=true]")).to_have_count(0)
        low = [one for one in tab.place.evaluate(CONTRASTS) if one[0] < 4.5]
        assert not low


def test_the_panel_is_as_high_as_the_page(page, lab):
    page.page.set_viewport_size({"width": 1400, "height": 400})
    page.open()
    foot = page.panel().place.locator(".poj-foot")
    expect(foot).to_be_in_viewport()
    page.page.set_viewport_size({"width": 1400, "height": 900})
    wait_until(lambda: (box := foot.bounding_box()) and box["y"] + box["height"] > 850)


@pytest.mark.parametrize("place", ["panel", "tab"])
def test_keys_alone_will_do(page, lab, place):
    name = f"keys-{place}"
    page.open(lab.notebook(f"{name}.ipynb", LOAD, f"%%oar -l core=1 -n {name}\nprint('by keys')"))
    page.run(0, wait=True)
    page.run(1, wait=True)
    page.command({"panel": "Show OAR Jobs", "tab": "Open OAR Jobs in a Tab"}[place])
    monitor = getattr(page, place)()
    monitor.expect_state(name, "done")
    press = page.keyboard.press
    monitor.place.get_by_role("tab", name="Jobs").focus()
    press("Tab")
    expect(monitor.place.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type(name)
    expect(monitor.grid.locator(".poj-row")).to_have_count(1)
    row = monitor.row(name)
    tabs_to(page, row)
    press("Space")
    expect(row).to_have_attribute("aria-selected", "true")
    press("Enter")
    expect(monitor.log).to_contain_text("by keys")
    tabs_to(page, monitor.log)
    press("Escape")
    expect(monitor.job).to_have_count(0)
    expect(row).to_be_focused()
    press("Escape")
    expect(row).to_have_attribute("aria-selected", "false")


def tabs_to(page, wanted):
    """Press Tab until it has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab does not lead to {wanted}")
