"""The service on each kind of database."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pydra_oar_jupyter.pairio.service.settings import Settings
from tests.pairio.conftest import Served, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "service", database_url=database_url)


@pytest.fixture
def service(settings: Settings) -> Iterator[Served]:
    with serving(settings) as served:
        yield served


@pytest.fixture
def serve(settings: Settings) -> Callable[..., AbstractContextManager[Served]]:
    """Serves with other settings."""

    def start(**facts: Any) -> AbstractContextManager[Served]:
        return serving(replace(settings, **facts))

    return start
