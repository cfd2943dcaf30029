"""Ten thousand jobs stay smooth."""

from __future__ import annotations

import shutil
from statistics import median

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import started
from tests.history import fill

# Scrolls by so many pixels a frame and tells how long each frame took, in milliseconds.
SCROLL = """
([grid, step, frames]) => new Promise((done) => {
  const times = [];
  let last = performance.now();
  const frame = (now) => {
    times.push(now - last);
    last = now;
    grid.scrollTop += step;
    if (times.length < frames) requestAnimationFrame(frame);
    else done(times.slice(1));
  };
  requestAnimationFrame(frame);
})
"""


@pytest.fixture
def crowded():
    with started("local", prepare=lambda lab: fill(lab.spool, 10_000)) as lab:
        yield lab
        lab.stop()
        shutil.rmtree(lab.spool)  # none of them has to be ended


def test_ten_thousand_jobs_scroll_smoothly(crowded, new_page, capsys):
    page = new_page(crowded)
    page.open()
    tab = page.tab()
    expect(tab.grid).to_have_attribute("aria-rowcount", "10001")
    drawn = tab.grid.locator(".poj-row")
    assert drawn.count() < 100
    times = tab.grid.evaluate(f"grid => ({SCROLL})([grid, 500, 200])")
    assert drawn.count() < 100
    with capsys.disabled():
        late = sum(time > 33 for time in times)
        print(
            f"\n10,000 jobs, {len(times)} frames of 500 px each: median {median(times):.1f} ms, "
            f"longest {max(times):.1f} ms, {late} above 33 ms"
        )
    assert median(times) < 50
    tab.place.get_by_role("searchbox").fill("fit-9991")
    expect(drawn).to_have_count(1)
