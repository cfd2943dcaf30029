"""Where results may be kept so that nodes see them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.jobs import all_jobs
from pydra_oar_jupyter.workflows.worker.caches import (
    check_cache_root,
    default_cache_root,
    nodes_share,
)
from tests.workflows.flows import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.workflows.conftest import Going

    Go = Callable[..., Going]

MOUNTS = """\
/dev/sda1 / ext4 rw,relatime 0 0
proc /proc proc rw 0 0
tmpfs /dev/shm tmpfs rw 0 0
tmpfs /scratch/memory tmpfs rw 0 0
server:/export/home /home nfs4 rw,vers=4.2 0 0
beegfs_nodev /scratch beegfs rw 0 0
server:/tmp /tmp/shared nfs rw 0 0
server:/group /a\\040place nfs rw 0 0
/dev/sdb1 /a\\040place/disk ext4 rw 0 0
"""
SHARED = {
    "/home/me/cache": True,
    "/scratch/me": True,
    "/scratch/memory/me": False,
    "/tmp/me": False,
    "/tmp/shared/me": True,
    "/var/tmp/me": False,
    "/dev/shm/me": False,
    "/a place/me": True,
    "/a place/disk/me": True,  # a disk of this machine, perhaps: nothing tells
    "/srv/me": True,
    "/temporary/me": True,
}


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    path = tmp_path / "mounts"
    path.write_text(MOUNTS)
    return path


@pytest.mark.parametrize(("folder", "shared"), SHARED.items())
def test_what_nodes_share(folder: str, shared: bool, mounts: Path) -> None:
    assert nodes_share(Path(folder), mounts) is shared


def test_mounts_that_cannot_be_read_and_bytes_that_are_no_text(tmp_path: Path) -> None:
    assert not nodes_share(Path("/tmp/me"), tmp_path / "missing")
    odd = tmp_path / "mounts"
    odd.write_bytes(b"\xff\xfe /\xff nfs rw 0 0\n\nshort\n")
    assert nodes_share(Path("/srv"), odd)


def test_links_and_a_home_of_ones_own(tmp_path: Path, mounts: Path) -> None:
    (tmp_path / "link").symlink_to("/home/me")
    assert nodes_share(tmp_path / "link" / "cache", mounts)


def test_a_cache_of_this_machine_is_refused_for_a_cluster(tmp_path: Path) -> None:
    check_cache_root(tmp_path, "local")
    with pytest.raises(RequestError, match=f"{tmp_path} is on this machine alone") as refused:
        check_cache_root(tmp_path, "oar")
    assert "--allow-local-cache" in refused.value.hint
    assert nodes_share(default_cache_root("oar"))


def test_before_anything_is_submitted(go: Go, backend: str, tmp_path: Path) -> None:
    error = go(Step(x=1), cache_root=tmp_path / "cache", raise_errors=True).wait().error
    if backend == "local":
        assert error is None
        return
    assert isinstance(error, RequestError)
    assert all_jobs().spool.job_ids() == []
    allowed = go(Step(x=1), cache_root=tmp_path / "cache", allow_local_cache=True)
    assert allowed.outputs.out == 2
