"""What a person does in a page of JupyterLab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Locator

    from tests.browser.server import Lab

PATIENCE = 60_000  # how long anything may take on a loaded machine, in milliseconds
expect.set_options(timeout=PATIENCE)


class Page:
    """A page of JupyterLab in the browser."""

    def __init__(self, browser: Browser, lab: Lab, width: int = 1400, height: int = 900) -> None:
        self.lab = lab
        self.context = browser.new_context(viewport={"width": width, "height": height})
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, notebook: str = "") -> None:
        """JupyterLab, with the notebook if one is named, in the layout of a first visit."""
        tree = f"/tree/{notebook}" if notebook else ""
        self.page.goto(f"{self.lab.url}/lab{tree}?reset&token={self.lab.token}")
        expect(self.page.locator("#jp-main-dock-panel")).to_be_visible()
        if notebook:
            idle = self.page.locator(".jp-NotebookPanel-toolbar [data-status=idle]")
            expect(idle.first).to_be_attached()

    def command(self, label: str) -> None:
        """Choose a command in the palette."""
        self.page.keyboard.press("Control+Shift+C")
        self.page.keyboard.type(label)
        palette = self.page.locator("#modal-command-palette")
        palette.locator(".lm-CommandPalette-item").first.click()

    def cell(self, number: int) -> Locator:
        """A cell of the notebook in sight."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell").nth(number)

    def run(self, number: int) -> Locator:
        """Run a cell as a person does; it is not waited for."""
        cell = self.cell(number)
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        return cell

    def tell(self, image: Path) -> None:
        """Print what there is to know about a failure."""
        self.page.screenshot(path=str(image))
        print(f"the page: {image}\nits errors: {self.errors}")
        print(self.lab.log.read_text()[-4000:])

    def close(self) -> None:
        """Leave."""
        self.context.close()
