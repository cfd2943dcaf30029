"""Submitting again what has ended, wherever the spool is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.core.again import submit_again
from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.core.pack import new_pack
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.core.surroundings import Surroundings
from pydra_oar_jupyter.notebook.packing import pack_script
from tests.conftest import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("setup", [(), ("export SET=up",)])
def test_a_spool_whose_path_must_be_quoted(
    spool: Path, monkeypatch: pytest.MonkeyPatch, setup: tuple[str, ...]
) -> None:
    monkeypatch.setenv("PYDRA_OAR_SPOOL", str(spool / "o'brien's \"$x\" spool"))
    pack = new_pack(Request.parse("-l core=1"), "script", "fit", array=False)
    (job,) = pack_script(pack, "echo $0", ["sh"], Surroundings({}, setup)).submit("local")
    assert job.result(PATIENCE) == 0
    (again,) = submit_again([job])
    assert again.result(PATIENCE) == 0
    assert job.stdout == f"{job.directory.path}/script\n"
    assert again.stdout == f"{again.directory.path}/script\n"
    (job.directory.path / "script").unlink()
    with pytest.raises(OarError, match="script is missing"):
        submit_again([job])
