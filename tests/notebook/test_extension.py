"""Loading the extension, Tab, help, and plain IPython."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = ("numpy", "pandas", "pydra", "httpx", "ipywidgets", "pydantic", "cloudpickle")


def test_loading_is_quick_and_imports_little(spool, new_kernel):
    kernel = new_kernel(load=False)
    ran = kernel.run(
        "import sys, time\n"
        "before = set(sys.modules); start = time.process_time()\n"
        "get_ipython().extension_manager.load_extension('pydra_oar_jupyter')\n"
        "print(time.process_time() - start)\n"
        "new = set(sys.modules) - before"
    )
    assert float(ran.stream()) < 0.15
    assert not set(HEAVY) & set(kernel.eval("sorted(new)"))
    assert "pydra_oar_jupyter.cells.cell" not in kernel.eval("sorted(new)")


def test_unloading_leaves_nothing(spool, new_kernel):
    kernel = new_kernel(load=False)
    state = (
        "(sorted(ip.magics_manager.magics['line']), sorted(ip.magics_manager.magics['cell']),"
        "sorted(ip.magics_manager.registry), len(ip.configurables),"
        "len(ip.Completer.custom_matchers), [sorted(map(str, [*f.deferred_printers,"
        "*f.type_printers])) for f in ip.display_formatter.formatters.values()])"
    )
    kernel.run("ip = get_ipython()\n%load_ext autoreload")
    before = kernel.eval(state)
    kernel.run("%load_ext pydra_oar_jupyter")
    assert kernel.eval(state) != before
    kernel.run("%oarsub -l core=1 true\n_")
    kernel.run("%unload_ext pydra_oar_jupyter")
    assert kernel.eval(state) == before
    assert kernel.run("%load_ext pydra_oar_jupyter\n%oar nodes").error is None


def test_help_shows_every_option(spool, kernel):
    from pydra_oar_jupyter.core.options import OPTIONS as OARSUB
    from pydra_oar_jupyter.notebook.options import OPTIONS

    text = kernel.run("%oar").stream()
    for option in (*OPTIONS, *OARSUB):
        assert bool(option.refused) or (f"--{option.long}" in text and option.example in text)


@pytest.mark.parametrize(
    "magic", ["oar", "oarsub", "oarstat", "oardel", "oarhold", "oarresume", "oarnodes"]
)
def test_each_magic_has_an_example(kernel, magic):
    doc = kernel.eval(f"get_ipython().find_line_magic('{magic}').__doc__")
    assert f"%{magic}" in doc
    assert "Example" in doc or magic == "oar"


TABS = {
    "%%oar --det": ["--detach"],
    "%%oar --reserv": ["--reservation"],
    "%%oar -l host=1/co": ["core="],
    "%%oar -l {hos": ["host"],
    '%%oar -l "{mem > 64}/host=1/wall': ["walltime="],
    "%%oar -l core=AL": ["ALL"],
    "%%oar -p cor": ["core"],
    "%%oar -t besteff": ["besteffort"],
    "%%oar -q def": ["default"],
    "%%oar --backend lo": ["local"],
    "%%oar --in zeb": ["zebra"],
    "%%oar --after han": ["handle"],
    "%oar con": ["config"],
    "%oar config max": ["max_output"],
    "%oar jobs fai": ["failed"],
    "%oarstat --js": ["--json"],
    "%oarnodes nod": ["node1", "node2"],
    "%%oar --shell sh\n#OAR -l ho": ["host="],
    "x = %oarstat --us": ["--user"],
}


def test_tab(spool, kernel):
    kernel.run('zebra = 1\nhandle = %oarsub -l core=1 "sleep 600"')
    assert {line: kernel.complete(line) for line in TABS} == TABS
    number = str(kernel.eval("handle.id"))
    for line in ("%oardel ", "%oar get ", "%%oar --after "):
        assert number in kernel.complete(line)


def test_tab_has_queues_though_oar_tells_none(backend, kernel):
    assert kernel.complete("%%oar -q def") == ["default"]


def test_settings_in_a_configuration_file(spool, new_kernel, tmp_path):
    profile = tmp_path / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_kernel_config.py").write_text(
        "c.OarMagics.defaults = '-n configured'\nc.OarMagics.max_output = 5\n"
    )
    kernel = new_kernel()
    ran = kernel.run("%%oar\nprint('1234567890')\nimport os; os.environ['OAR_JOB_NAME']")
    assert "configured" in ran.value["text/plain"]
    assert ran.stream().startswith("12345\n[")


def test_in_plain_ipython(spool, tmp_path):
    """Text only, in a terminal's IPython."""
    script = tmp_path / "session.ipy"
    script.write_text(
        "%load_ext pydra_oar_jupyter\n"
        "get_ipython().run_cell_magic('oar', '', 'a = 6\\nprint(\"seen\")\\na * 7\\n')\n"
        "print('a is', a)\n%oar nodes\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", str(script)],
        capture_output=True,
        text=True,
        timeout=200,
        env={**os.environ, "IPYTHONDIR": str(tmp_path / "ipython")},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("◌ submitting")
    assert "seen" in lines
    assert "a is 6" in lines
    assert any(line.startswith("✓ job 1 on node1") for line in lines)
    assert any("42" in line for line in lines), done.stdout
    assert "<div" not in done.stdout
