"""A real JupyterLab with the extension, and a real Chromium that looks at it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.pages import Page
from tests.browser.server import Lab
from tests.conftest import _end_jobs, _no_cluster, need_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update"
).split()


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """JupyterLab on a spool of its own; its jobs run on the real OAR where there is one."""
    if os.environ.get("PYDRA_OAR_CLUSTER_TESTS") == "required":
        need_cluster()
    backend = "local" if _no_cluster() else "oar"
    above = Path.home() if backend == "oar" else None  # the nodes see the home directory
    root = Path(tempfile.mkdtemp(prefix=".pydra-oar-test-", dir=above))
    found = Lab(root, backend)
    try:
        found.start()
        yield found
    finally:
        found.stop()
        _end_jobs(backend, found.spool)
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    api = pytest.importorskip("playwright.sync_api", exc_type=ImportError)
    if not Path(CHROMIUM).exists():
        pytest.skip(f"there is no {CHROMIUM}")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(lab: Lab, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of JupyterLab; what goes wrong in it fails the test."""
    opened = Page(browser, lab)
    yield opened
    if request.node.stash.get(FAILED, False):
        folder = Path(os.environ.get("PYDRA_OAR_SHOTS", tempfile.gettempdir()))
        opened.tell(folder / f"{request.node.name}.png")
    opened.close()
    assert not opened.errors


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report
