"""A Jupyter server with JupyterLab, as `jupyter lab` starts it."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydra_oar_jupyter
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator


class Lab:
    """JupyterLab in a folder of its own, with settings, a spool and notebooks there."""

    def __init__(self, root: Path, backend: str, *, extension: bool = True) -> None:
        self.root = root
        self.backend = backend
        self.spool = root / "spool"
        self.notebooks = root / "notebooks"
        self.notebooks.mkdir()
        self.token = secrets.token_hex(16)
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = root / "lab.log"
        self._extension = extension
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin, and wait until it answers."""
        self._configure()
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
        command += [f"--ServerApp.port={self.port}", "--ServerApp.port_retries=0"]
        command += [f"--ServerApp.root_dir={self.notebooks}", "--ServerApp.ip=127.0.0.1"]
        command += [f"--IdentityProvider.token={self.token}", "--LabApp.expose_app_in_browser=True"]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, env=self._environment(), cwd=self.root
            )
        wait_until(self._answers, 120)

    def stop(self) -> None:
        """End it, and its kernels with it."""
        if self._process:
            self._process.terminate()
            self._process.wait(60)
            self._process = None

    def notebook(self, name: str, *cells: str) -> str:
        """Make a notebook of these cells of code, with the ids `cell-0`, `cell-1`, …"""
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        made = [
            {
                "cell_type": "code", "id": f"cell-{number}", "source": source,
                "metadata": {}, "outputs": [], "execution_count": None,
            }
            for number, source in enumerate(cells)
        ]  # fmt: skip
        content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}}
        (self.notebooks / name).write_text(json.dumps(content | {"cells": made}))
        return name

    @contextmanager
    def settings(self, plugin: str, **values: Any) -> Iterator[None]:
        """A person's settings of a plugin, ``package:name``, for a while."""
        package, _, name = plugin.partition(":")
        file = self.root / f"config/lab/user-settings/{package}/{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
        yield
        file.unlink()

    def _configure(self) -> None:
        config = self.root / "config"
        (config / "labconfig").mkdir(parents=True)
        quiet = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
        (config / "labconfig/page_config.json").write_text(json.dumps(quiet))
        if not self._extension:
            off = {"ServerApp": {"jpserver_extensions": {"pydra_oar_jupyter.server": False}}}
            (config / "jupyter_server_config.json").write_text(json.dumps(off))

    def _environment(self) -> dict[str, str]:
        source = Path(pydra_oar_jupyter.__file__).parents[1]  # the package that is tested
        return {
            **os.environ,
            "JUPYTER_CONFIG_DIR": str(self.root / "config"),
            "JUPYTER_DATA_DIR": str(self.root / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.root / "runtime"),
            "IPYTHONDIR": str(self.root / "ipython"),
            "PYTHONPATH": str(source),
            "PYDRA_OAR_SPOOL": str(self.spool),
            "PYDRA_OAR_BACKEND": self.backend,
            "PYDRA_OAR_LOCAL": "2x4",
        }

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()
        with suppress(OSError):
            request = f"{self.url}/api/status?token={self.token}"
            return bool(urllib.request.urlopen(request, timeout=10).status == 200)
        return False


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
