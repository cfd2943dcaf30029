"""Packing cells into directories that hold anything, and running them there."""

import os
import shlex
import sys
import threading

import pytest

from pydra_oar_jupyter.cells.cell import PythonCell, ShellCell
from pydra_oar_jupyter.cells.result import read_result
from pydra_oar_jupyter.core.errors import PackingError, RequestError, SpoolError
from pydra_oar_jupyter.core.surroundings import Surroundings
from tests.running import finish, new_directory, notebook, pack

NASTY = 'it\'s "x" $HOME `id` \\ \n; rm -rf / é'


def test_environment_is_exact_and_on_no_command_line(run):
    done = run("import os\nos.environ['SECRET']", variables={"SECRET": NASTY})
    assert done.result.value == NASTY
    assert NASTY not in done.job.script.read_text()
    assert "rm -rf" not in done.job.script.read_text()
    assert (done.job.path / "env").stat().st_mode & 0o777 == 0o600


def test_a_name_that_is_no_variable_is_refused(tmp_path):
    around = Surroundings({"A;rm": "x"})
    with pytest.raises(RequestError, match="A;rm"):
        ShellCell("", ["sh"], around).write(new_directory(tmp_path))


def test_setup_runs_first_in_a_login_bash(run, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / ".bash_profile").write_text('module() { export LOADED="$*-$SECRET"; }\n')
    trap = tmp_path / "trap"
    trap.write_text(f"touch {shlex.quote(str(tmp_path / 'sourced'))}\n")
    done = run(
        "import os\nos.environ['LOADED'], os.environ['TWO']",
        setup=["module load  gcc # for the solver", "if true; then\n  export TWO=2\nfi"],
        variables={"SECRET": "s"},
        popen={"env": {"HOME": str(home), "BASH_ENV": str(trap)}},
    )
    assert done.result.value == ("load gcc-s", "2"), done.stderr
    assert not (tmp_path / "sourced").exists()


def test_a_setup_that_fails_ends_the_job_and_says_so(run):
    done = run("print('never')", setup=["echo first", "no-such-command --x", "echo never"])
    assert done.code == 127
    assert done.stdout == "first\n"
    assert "The setup failed: no-such-command --x" in done.stderr


def test_an_interpreter_without_the_package(tmp_path):
    bare = tmp_path / "a python"
    bare.write_text(f'#!/bin/sh\nunset PYTHONPATH\nexec {sys.executable} -I -S "$@"\n')
    bare.chmod(0o700)
    job = new_directory(tmp_path)
    done = finish(job, pack(job, "1", notebook(), python=str(bare)), notebook())
    assert done.code == 1
    assert f"install pydra-oar-jupyter in {bare}" in done.stderr


def test_an_interpreter_that_is_not_there(tmp_path):
    job = new_directory(tmp_path)
    done = finish(job, pack(job, "1", notebook(), python="/no/python"), notebook())
    assert done.code == 127
    assert "/no/python" in done.stderr


def test_shell_cells(tmp_path):
    def run(cell):
        job = new_directory(tmp_path)
        done = finish(job, cell.write(job), {})
        return done.code, done.stdout, done.stderr

    code = f'x={shlex.quote(NASTY)}\nprintf %s "$x"; echo e >&2; exit 3'
    assert run(ShellCell(code, ["bash", "-e"])) == (3, NASTY, "e\n")
    script = "import sys\nprint(sys.argv[1:])"
    assert run(ShellCell(script, ["python3"], arguments=[NASTY]))[1] == f"{[NASTY]}\n"
    around = Surroundings({"A": NASTY}, ["B=$A; export B"])
    assert run(ShellCell('printf %s "$B"', ["sh"], around))[:2] == (0, NASTY)


def test_bash_env_is_out_of_the_way(tmp_path):
    trap = tmp_path / "trap"
    trap.write_text("echo trapped\n")
    job = new_directory(tmp_path)
    work = ShellCell("echo fine; bash -c 'echo too'", ["bash"]).write(job)
    done = finish(job, work, {}, env={"BASH_ENV": str(trap)})
    assert done.stdout == "fine\ntoo\n"


def test_elements_share_their_payload(tmp_path):
    namespace = notebook("k = 2")
    cell = PythonCell("y = x * k\ny", {"k": 2})
    first, second = new_directory(tmp_path), new_directory(tmp_path)
    cell.write(first, namespace, ())
    works = [
        cell.write_element(job, first, {"x": x}, namespace)
        for job, x in [(first, 1), (second, "ab")]
    ]
    assert first.payload.samefile(second.payload)
    done = [finish(job, work, namespace) for job, work in zip([first, second], works, strict=True)]
    assert [each.result.value for each in done] == [2, "abab"]
    assert done[0].result.names == {"y": 2}


def test_all_that_cant_go_is_named_before_anything_is_submitted(tmp_path):
    namespace = notebook("g = (i for i in [])\nclass A: pass\na = A()\ndef f(): return g, a")
    namespace["a"].lock = threading.Lock()
    job = new_directory(tmp_path)
    with pytest.raises(PackingError) as caught:
        PythonCell("f()", {"f": namespace["f"]}).write(job, namespace, ())
    assert "g: cannot pickle 'generator' object" in str(caught.value)
    assert "a.lock: cannot pickle '_thread.lock' object" in str(caught.value)
    assert caught.value.name in {"a", "g"}


def test_a_result_that_somebody_else_wrote_is_not_read(run):
    done = run("1")
    done.job.result.chmod(0o666)
    with pytest.raises(SpoolError, match="not trusted"):
        read_result(done.job, {})
    if os.geteuid() == 0:
        done.job.result.chmod(0o600)
        os.chown(done.job.result, 12345, 12345)
        with pytest.raises(SpoolError, match="12345"):
            read_result(done.job, {})


def test_a_payload_that_somebody_else_wrote_is_not_run(tmp_path):
    job = new_directory(tmp_path)
    work = pack(job, "print('run')", notebook())
    job.payload.chmod(0o666)
    done = finish(job, work, {})
    assert done.code == 74
    assert "not trusted" in done.stderr
    assert done.stdout == ""
