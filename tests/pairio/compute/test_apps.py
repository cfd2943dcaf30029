"""The apps of this machine, found by their names."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.pairio.compute.apps import apps_here, interpreter
from pydra_oar_jupyter.pairio.errors import PairioError

if TYPE_CHECKING:
    from pathlib import Path

_APP = """\
import json, os
open(os.environ["SPEC_OUTPUT_FILE"], "w").write(json.dumps({{"name": {name!r}}}))
"""


def app(folder: Path, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "main.py").write_text(_APP.format(name=name))
    return folder / "main.py"


def test_those_of_this_package_are_there_unasked() -> None:
    assert apps_here([], sys.executable)["hello_world"].is_file()


def test_one_is_named_by_its_file_or_its_directory(tmp_path: Path) -> None:
    here = app(tmp_path / "a", "one"), app(tmp_path / "b", "two")
    found = apps_here([here[0], here[1].parent], sys.executable)
    assert (found["one"], found["two"]) == here


def test_one_of_the_user_takes_the_place_of_ours(tmp_path: Path) -> None:
    mine = app(tmp_path, "hello_world")
    assert apps_here([mine], sys.executable)["hello_world"] == mine


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PairioError, match="Two apps are called 'one'"):
        apps_here([app(tmp_path / "a", "one"), app(tmp_path / "b", "one")], sys.executable)


def test_one_that_breaks_says_why(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("import no_such_module")
    with pytest.raises(PairioError, match="No module named 'no_such_module'"):
        apps_here([tmp_path], sys.executable)


@pytest.mark.parametrize("text", ["", "import os; open(os.environ['SPEC_OUTPUT_FILE'], 'w')"])
def test_one_that_tells_nothing_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "main.py").write_text(text)
    with pytest.raises(PairioError, match=f"{tmp_path}/main.py does not tell its specification"):
        apps_here([tmp_path], sys.executable)


def test_an_app_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PairioError, match="There is no app at"):
        apps_here([tmp_path], sys.executable)


def test_an_interpreter_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert interpreter("sh") == "/usr/bin/sh"
    assert interpreter(sys.executable) == sys.executable
    with pytest.raises(PairioError, match="There is no interpreter /no/python"):
        interpreter("/no/python")


def test_an_app_sees_no_key_and_its_own_interpreter_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAIRIO_API_KEY", "a key")
    monkeypatch.setenv("JOB_ID", "of another program")
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(stat.S_IRWXU)
    (tmp_path / "main.py").write_text(
        "import json, os\n"
        "name = [os.environ.get('PAIRIO_API_KEY'), os.environ.get('JOB_ID'), os.environ['PATH']]\n"
        "json.dump({'name': ' '.join(map(str, name))}, open(os.environ['SPEC_OUTPUT_FILE'], 'w'))\n"
    )
    (name,) = apps_here([tmp_path], str(python)).keys() - apps_here([], sys.executable).keys()
    assert name.startswith(f"None None {python.parent}{os.pathsep}")
