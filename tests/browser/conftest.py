"""A real JupyterLab with the extension, and a real Chromium that looks at it."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.pages import Page
from tests.browser.server import Lab
from tests.conftest import _end_jobs, _no_cluster, missing, need_cluster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-sync", "--disable-background-networking", "--disable-component-update"]


@contextmanager
def started(
    backend: str, *, extension: bool = True, prepare: Callable[[Lab], None] | None = None
) -> Iterator[Lab]:
    """JupyterLab on a spool of its own; `prepare` is called before it starts."""
    above = Path.home() if backend == "oar" else None  # the nodes see the home directory
    root = Path(tempfile.mkdtemp(prefix=".pydra-oar-test-", dir=above))
    lab = Lab(root, backend, extension=extension)
    try:
        if prepare:
            prepare(lab)
        lab.start()
        yield lab
    finally:
        lab.stop()
        _end_jobs(backend, lab.spool)
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """JupyterLab, whose jobs run on the real OAR where there is one."""
    if os.environ.get("PYDRA_OAR_CLUSTER_TESTS") == "required":
        need_cluster()
    with started("local" if _no_cluster() else "oar") as lab:
        yield lab


@pytest.fixture(autouse=True)
def _no_job_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """The cores are other tests' too, which may run before this JupyterLab ends."""
    yield
    if "lab" in request.fixturenames:
        lab = request.getfixturevalue("lab")
        _end_jobs(lab.backend, lab.spool)


@pytest.fixture
def plain_lab() -> Iterator[Lab]:
    """JupyterLab without our part of its server."""
    with started("local", extension=False) as lab:
        yield lab


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a file: Playwright's loop runs as long, and no other can in its thread."""
    if not Path(CHROMIUM).exists():
        missing(f"there is no {CHROMIUM}")
    # Python finds a folder that it may write to; Playwright's own program has to be told.
    os.environ["TMPDIR"] = tempfile.gettempdir()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[[Lab], Page]]:
    """Opens pages of a JupyterLab; what goes wrong in one fails the test."""
    pages: list[Page] = []

    def open_page(lab: Lab) -> Page:
        pages.append(Page(browser, lab))
        return pages[-1]

    yield open_page
    for number, page in enumerate(pages):
        if request.node.stash.get(FAILED, False):
            page.tell(Path(tempfile.gettempdir()) / f"{request.node.name}-{number}.png")
        page.close()
    assert not [page.errors for page in pages if page.errors]


@pytest.fixture
def page(lab: Lab, new_page: Callable[[Lab], Page]) -> Page:
    """A page of JupyterLab."""
    return new_page(lab)


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report
