"""A day at work, which is what the pictures of the documentation show."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from pydra_oar_jupyter.core.outcome import Ending
from tests import history
from tests.browser.cells import CAMPAIGN, LOAD
from tests.browser.conftest import started
from tests.history import Ended

HOUR = 3600.0
REQUEST = '-l host=1/core=2,walltime=0:30:00 -p "mem>=8192"'
YESTERDAY = [
    Ended("calibration", 21 * HOUR, 40, 1840, 4, source="calibration.ipynb [6]"),
    Ended("reduce-raw", 19.5 * HOUR, 12, 4100, 8, "script", host="oarnode2"),
    Ended("fit", 18 * HOUR, 9, 95, 1, ending=Ending.RAISED, source="analysis.ipynb [9]"),
    Ended("fit", 17.9 * HOUR, 7, 1260, 1, source="analysis.ipynb [9]"),
    Ended("monte-carlo", 16 * HOUR, 300, 7200, 4, "script", Ending.WALLTIME, host="oarnode2"),
    Ended("monte-carlo", 13 * HOUR, 800, 9400, 4, "script", host="oarnode2"),
    Ended("background", 3 * HOUR, 4, 212, 2, source="analysis.ipynb [4]"),
    Ended("preview", 2.2 * HOUR, 3, 31, 1, ending=Ending.DELETED, source="analysis.ipynb [5]"),
]

SETUP = "import os, time\n" + CAMPAIGN.format(fails=4)

SUBMIT = """\
%%pydra -l core=1 --cache-root cache
Campaign(samples=[1, 2, 3, 4, 5, 6])"""

SPECTRUM = """\
%%oar -n spectrum -l host=1/core=2,walltime=1:30:0 --detach
from pydra_oar_jupyter import progress
print("reading 1200 frames of run 0412")
for frame in progress(range(1200), label="frames"):
    if frame % 40 == 0:
        print(f"frame {frame:4d}  peak at {431 + frame % 7 / 10:.1f} nm", flush=True)
    time.sleep(0.002)
    while frame == 744 and not os.path.exists("go-on"):
        time.sleep(0.1)
"""

SWEEP = """\
%%oar -n sweep -l core=1,walltime=0:40:0 --detach --over temperature in range(280, 310, 2)
if temperature == 286:
    raise ValueError(f"no solution at {temperature} K")
while temperature > 290 and not os.path.exists("go-on"):
    time.sleep(0.1)
temperature ** 4 * 5.67e-8
"""

TRAIN = """\
%%oar -n train -l host=2/core=4,walltime=6:0:0 --detach
1
"""


def prepare(lab):
    for number, job in enumerate(YESTERDAY, 9001):
        history.write(lab.spool, number, job, backend=lab.backend)


@pytest.fixture
def working(lab):
    with started(lab.backend, prepare=prepare) as own:
        yield own


def test_a_day_at_work(working, new_page):
    page = new_page(working)
    cells = [LOAD, SETUP, SUBMIT, SPECTRUM, SWEEP, TRAIN, ""]
    page.open(working.notebook("analysis.ipynb", *cells))
    for number in range(6):
        page.run(number, wait=True)
    page.page.evaluate("jupyterapp.commands.execute('application:toggle-left-area')")

    tab = page.tab()
    tab.expect_state("spectrum", "running")
    expect(tab.row("spectrum")).to_contain_text("/1200")
    running = tab.place.get_by_role("button", name="Running", exact=False).first
    # As many as there are cores for; other tests may need some, but pictures are taken alone.
    expect(running).to_have_text("Running 7" if page.pictures else re.compile("Running [2-7]"))
    array = tab.row("sweep")
    expect(array.locator(".poj-bar-words")).to_have_text("6/15")
    tab.expect_state("train", "waiting")
    run = tab.expect_state("Campaign", "failed")
    run.locator(".poj-twisty").click()
    tab.row("calibrate").locator(".poj-twisty").click()
    expect(tab.grid.locator(".poj-row[aria-level='3']")).to_have_count(6)
    page.picture("monitor", height=800)

    tab.row("calibrate").locator(".poj-twisty").click()
    run.locator(".poj-twisty").click()
    tab.show("spectrum")
    expect(tab.log).to_contain_text("frame  720")
    page.picture("job")
    tab.place.get_by_role("button", name="Close").click()

    tab.view("Cluster")
    expect(tab.place.get_by_role("button", name="train").first).to_be_visible()
    page.picture("cluster", height=450)

    tab.view("Resources")
    picker = tab.place.locator(".poj-picker")
    picker.get_by_role("button", name="More: host").click()
    picker.get_by_role("button", name="More: core").click()
    picker.get_by_role("button", name="+ condition").click()
    picker.get_by_label("Property").select_option("mem")
    picker.get_by_label("Comparison").select_option(">=")
    picker.get_by_label("Value").fill("8192")
    picker.get_by_role("button", name="30 min", exact=True).click()
    expect(picker.get_by_label("Request")).to_have_value(REQUEST)
    expect(picker.get_by_role("button", name="Use in this cell")).to_be_enabled()
    page.picture("picker", height=400)

    page.bring("analysis.ipynb")
    panel = page.panel()
    panel.expect_state("spectrum", "running")
    page.picture("panel")
