"""What the install leaves behind, as Jupyter's own commands see it."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (["jupyterlab.labextensions", "list"], "pydra-oar-jupyter v"),
        (["jupyter_server.extension.serverextension", "list"], "pydra_oar_jupyter.server"),
    ],
)
def test_jupyter_finds_our_part_and_finds_it_in_order(command, line):
    ran = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)
    lines = [found for found in (ran.stdout + ran.stderr).splitlines() if line in found]
    assert any("OK" in found for found in lines), (lines, ran)
    assert any("enabled" in found for found in lines)


def test_importing_the_servers_part_costs_nothing_before_it_is_loaded():
    code = (
        "import sys, pydra_oar_jupyter.server as ours; ours._jupyter_server_extension_points()\n"
        "print([name for name in sys.modules if name.startswith(('tornado', 'jupyter_server'))])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
