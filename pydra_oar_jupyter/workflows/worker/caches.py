"""Where Pydra keeps its results: a folder that the compute nodes must see as well."""

from __future__ import annotations

import tempfile
from pathlib import Path

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.spool import spool_root

# File systems that many machines share, by the kernel's names.
_SHARED = {
    "9p", "afs", "beegfs", "ceph", "cifs", "fuse.ceph", "fuse.glusterfs", "fuse.juicefs",
    "fuse.sshfs", "glusterfs", "gpfs", "lustre", "nfs", "nfs4", "ocfs2", "orangefs", "panfs",
    "pvfs2", "smb3", "virtiofs", "wekafs",
}  # fmt: skip
_IN_MEMORY = {"tmpfs", "ramfs", "devtmpfs"}
_OF_THIS_MACHINE = ("/tmp", "/var/tmp", "/dev/shm", "/run")  # noqa: S108 - to be refused


def nodes_share(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Whether compute nodes can be expected to see what is written there.

    Args:
        folder: it need not exist yet.
        mounts: what is mounted where, as Linux tells it.
    """
    folder = folder.expanduser().resolve()
    kind = _file_system(folder, mounts)
    if kind in _SHARED:
        return True
    if kind in _IN_MEMORY:
        return False
    places = (*map(Path, _OF_THIS_MACHINE), Path(tempfile.gettempdir()))
    return not any(folder.is_relative_to(place.resolve()) for place in places)


def _file_system(folder: Path, mounts: Path) -> str:
    try:
        lines = mounts.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    found, depth = "", -1
    for line in lines:
        _, at, kind, *_ = [*line.split(" "), "", "", ""]
        place = Path(at.replace("\\040", " "))
        # Of two at the same place, the later one is seen.
        if folder.is_relative_to(place) and len(place.parts) >= depth:
            found, depth = kind, len(place.parts)
    return found


def check_cache_root(cache_root: Path, backend: str) -> None:
    """Refuse a cache that the nodes of a cluster can't see.

    Raises:
        RequestError: it can't be shared; nothing was submitted.
    """
    if backend == "local" or nodes_share(cache_root):
        return
    raise RequestError(
        f"The cache root {cache_root} is on this machine alone: the compute nodes would not find "
        "the tasks' inputs there, nor this machine their results.",
        hint=f"Give a folder that all share, such as cache_root={str(_own())!r}, or say "
        "allow_local_cache=True (--allow-local-cache) if the nodes do see that one.",
    )


def default_cache_root(backend: str) -> Path:
    """Pydra's own default if the nodes share it, else a folder beside the spool, which they do."""
    from pydra.utils.general import default_run_cache_root

    usual = Path(default_run_cache_root)
    return usual if backend == "local" or nodes_share(usual) else _own()


def _own() -> Path:
    return spool_root() / "cache"
