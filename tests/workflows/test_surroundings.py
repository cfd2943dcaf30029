"""What tasks find around them on the node, and who else can read it."""

from __future__ import annotations

import pickle
import secrets
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.core.backend import default_backend
from pydra_oar_jupyter.workflows.worker.oar import OarWorker
from tests.workflows.flows import VariablesFarInside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.workflows.conftest import Going

    Go = Callable[..., Going]


def test_secrets_are_in_no_pickle(go: Go, backend: str, place: Path) -> None:
    token = secrets.token_hex(16)
    around = {"env": {"TOKEN": token}, "setup": ['export GREETING="hello $TOKEN"']}
    flow = VariablesFarInside(names=["TOKEN", "GREETING"])
    assert go(flow, **around).outputs.out == [32, 38]
    assert go(flow, **around, one_job=True, rerun=True).outputs.out == [32, 38]
    files = [path for path in place.rglob("*") if path.is_file()]
    told = [path for path in files if token.encode() in path.read_bytes()]
    assert [path.name for path in told] == ["env", "env"]
    assert {path.stat().st_mode & 0o777 for path in told} == {0o600}
    pickles = [path for path in files if path.suffix in (".pkl", ".pklz")]
    assert len(pickles) > 6


def test_a_pickled_worker_keeps_its_secrets() -> None:
    worker = OarWorker(oarsub_args="-l core=1", env={"TOKEN": "s3cret"}, backend="local")
    assert b"s3cret" not in pickle.dumps(worker)
    assert "s3cret" not in repr(worker)
    assert pickle.loads(pickle.dumps(worker)).oarsub_args == "-l core=1"


def test_the_backend_is_the_one_that_is_named(monkeypatch: pytest.MonkeyPatch, spool: Path) -> None:
    monkeypatch.setenv("PYDRA_OAR_BACKEND", "oar")
    assert default_backend() == "oar"
    assert OarWorker(backend="local").backend == "local"
    with pytest.raises(Exception, match="no backend 'cloud'"):
        OarWorker(backend="cloud")
