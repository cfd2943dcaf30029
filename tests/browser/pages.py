"""What a person does in a page of JupyterLab."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

    from tests.browser.server import Lab

PATIENCE = 60_000  # how long anything may take on a loaded machine, in milliseconds
expect.set_options(timeout=PATIENCE)

KERNEL = "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel"
# Ends once what a change of the page's size leads to has been drawn.
DRAWN = "new Promise((done) => setTimeout(() => requestAnimationFrame(done), 500))"
PANEL = "#pydra-oar-panel"
TAB = "#pydra-oar-tab"


class Page:
    """A page of JupyterLab in the browser."""

    def __init__(self, browser: Browser, lab: Lab, width: int = 1400, height: int = 900) -> None:
        self.lab = lab
        self.context = browser.new_context(viewport={"width": width, "height": height})
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.keyboard = self.page.keyboard
        self.errors: list[str] = []
        self.pictures = os.environ.get("PYDRA_OAR_DOCS", "")
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, notebook: str = "") -> None:
        """JupyterLab in the layout of a first visit, with the notebook if one is named."""
        tree = f"/tree/{notebook}" if notebook else ""
        self.page.goto(f"{self.lab.url}/lab{tree}?reset&token={self.lab.token}")
        self.page.wait_for_function("window.jupyterapp?.restored.then(() => true)")
        if notebook:
            self.page.wait_for_function(f"{KERNEL}?.status === 'idle'")

    def command(self, label: str) -> None:
        """Choose a command in the palette."""
        self.keyboard.press("Control+Shift+C")
        palette = self.page.locator("#modal-command-palette")
        expect(palette.locator("input")).to_be_focused()
        self.keyboard.type(label)
        expect(palette.locator(".lm-CommandPalette-item.lm-mod-active")).to_contain_text(label)
        self.keyboard.press("Enter")

    def panel(self, view: str = "panel") -> Monitor:
        """The monitor in the side panel; `view`: another command, ``cluster`` or ``resources``."""
        self._execute(view)
        return Monitor(self, self.page.locator(PANEL))

    def tab(self) -> Monitor:
        """The monitor in a tab of its own."""
        self._execute("tab")
        return Monitor(self, self.page.locator(TAB))

    def _execute(self, command: str) -> None:
        self.page.evaluate(f"jupyterapp.commands.execute('pydra-oar-jupyter:{command}')")

    def bring(self, title: str) -> None:
        """Put a tab in front."""
        tabs = self.page.locator("#jp-main-dock-panel .lm-TabBar-tab")
        tabs.filter(has_text=title).click()

    @property
    def notebook(self) -> Locator:
        """The notebook in sight."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")

    def cell(self, number: int) -> Locator:
        """A cell of it."""
        return self.notebook.locator(".jp-Cell").nth(number)

    def source(self, number: int) -> str:
        """What stands in a cell."""
        return self.cell(number).locator(".cm-content").inner_text()

    def run(self, number: int, *, wait: bool = False) -> Locator:
        """Run a cell as a person does."""
        cell = self.cell(number)
        cell.locator(".cm-content").click()
        self.keyboard.press("Control+Enter")
        if wait:
            expect(cell.locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]:"))
        return cell

    def output(self, number: int) -> Locator:
        """What a cell shows."""
        return self.cell(number).locator(".jp-OutputArea").first

    def picture(self, name: str, height: int = 900) -> None:
        """Keep how it looks, for the documentation, in the folder PYDRA_OAR_DOCS."""
        if self.pictures:
            self.page.mouse.move(0, 0)
            self.page.set_viewport_size({"width": 1400, "height": height})
            self.page.evaluate(DRAWN)
            self.page.screenshot(
                path=str(Path(self.pictures) / f"{name}.png"), animations="disabled"
            )

    def tell(self, image: Path) -> None:
        """Print what there is to know about a failure."""
        self.page.screenshot(path=str(image))
        print(f"the page: {image}\nits errors: {self.errors}")
        print(self.lab.log.read_text()[-4000:])

    def close(self) -> None:
        """Leave."""
        self.context.close()


class Monitor:
    """The monitor, in one of its places."""

    def __init__(self, page: Page, place: Locator) -> None:
        self.page = page
        self.place = place
        expect(place.locator(".poj-app")).to_be_visible()

    @property
    def grid(self) -> Locator:
        """The table."""
        return self.place.get_by_role("treegrid")

    def row(self, name: str) -> Locator:
        """The first row of that name."""
        named = self.page.page.locator(
            ".poj-name-words", has_text=re.compile(f"^{re.escape(name)}$")
        )
        return self.grid.locator(".poj-row").filter(has=named).first

    def expect_state(self, name: str, tone: str) -> Locator:
        """Wait until the row of that name has come to that."""
        row = self.row(name)
        expect(row.locator(f".poj-mark.poj-is-{tone}").first).to_be_attached()
        return row

    def show(self, name: str) -> Locator:
        """Open a row; what is shown of it."""
        self.row(name).locator(".poj-name-words").first.click()
        return self.job

    @property
    def job(self) -> Locator:
        """What is shown of the job that is open."""
        return self.place.get_by_role("article")

    @property
    def log(self) -> Locator:
        """Its output."""
        return self.job.get_by_role("log")

    def view(self, name: str) -> None:
        """Change to a tab: Jobs, Cluster, Resources."""
        self.place.get_by_role("tab", name=name, exact=True).click()
