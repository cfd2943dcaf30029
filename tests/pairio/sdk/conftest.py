"""A service that has the app for trials."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from tests.pairio.conftest import SERVICE
from tests.pairio.sdk import started

if TYPE_CHECKING:
    from tests.pairio.conftest import Served


@cache
def _specification() -> dict[str, Any]:
    return started.specification(started.TRIAL)


@pytest.fixture
def trial(service: Served) -> Served:
    """A service with the app for trials."""
    service.management.set_app(SERVICE, _specification())
    return service
