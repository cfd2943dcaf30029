"""The line of ``%%pydra`` as a value."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.notebook.pydra_options import OPTIONS, check_worker, parse, workers


def test_ours_among_oarsubs():
    asked = parse("-l host=1/core=2 --cache-root '/a b' --rerun -q default --max-concurrent=50")
    assert asked.request == Request.parse("-l host=1/core=2 -q default")
    assert (asked.worker, asked.cache_root, asked.rerun, asked.max_concurrent) == (
        "oar", "/a b", True, 50
    )  # fmt: skip
    assert not asked.one_job


def test_every_example_is_understood():
    for option in OPTIONS:
        assert getattr(parse(option.example), option.field)


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        ("--wrker cf", "--wrker"),
        ("--max-concurrent 0", "0"),
        ("--max-concurrent x -l core=1", "x"),
        ("--rerun -l core=x", "x"),
        ("--one-job=yes", "--one-job"),
        ("--worker", "--worker"),
    ],
)
def test_the_place_of_an_error_is_marked(line, marked):
    with pytest.raises(RequestError) as caught:
        parse(line)
    error = caught.value
    assert error.text[error.at : error.at + error.length] == marked


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        ("--worker cf --keep -k", "-k"),
        ("-l core=1 --worker slurm", "-l"),
        ("--worker cf --env TOKEN=sesame", "--env"),
        ("--one-job --worker debug", "--one-job"),
    ],
)
def test_what_only_oar_knows_is_refused_for_others(line, marked):
    with pytest.raises(RequestError, match="is for the worker oar, not for") as caught:
        parse(line)
    error = caught.value
    assert error.text[error.at : error.at + error.length] == marked
    assert "sesame" not in str(error)


def test_workers_are_found_by_name():
    assert {"oar", "cf", "debug", "slurm", "sge"} <= set(workers())
    check_worker("cf")
    with pytest.raises(RequestError, match="Did you mean 'slurm'"):
        check_worker("slrm")


def test_naming_the_workers_imports_nothing_of_pydra():
    code = (
        "import sys\n"
        "from pydra_oar_jupyter.notebook.pydra_options import workers\n"
        "from pydra_oar_jupyter.workflows.needed import need_pydra\n"
        "need_pydra(); workers()\n"
        "print(sorted(name for name in sys.modules if name.startswith('pydra.')))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100)
    assert done.stdout.strip() == "['pydra.workers']"


@given(st.text())
def test_any_line_is_read_or_refused(line):
    with contextlib.suppress(RequestError):
        parse(line)
