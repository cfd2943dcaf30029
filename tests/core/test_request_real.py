"""What this package takes and refuses, against the real oarsub."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.options import OPTIONS
from pydra_oar_jupyter.core.request import Request
from tests.conftest import need_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("_cluster")]


@pytest.fixture
def _cluster() -> None:
    need_cluster()


def oarsub(*words: str) -> tuple[list[str], str]:
    """The ids of the jobs that oarsub made, and all that it said."""
    done = subprocess.run(
        ["oarsub", *words], capture_output=True, text=True, timeout=60, check=False
    )
    said = done.stdout + done.stderr
    return re.findall(r"^OAR_JOB_ID=([1-9]\d*)$", done.stdout, re.MULTILINE), said


@pytest.fixture(scope="module")
def held() -> Iterator[list[str]]:
    """Where a test notes its jobs, which are deleted in the end."""
    ids: list[str] = []
    yield ids
    if ids:
        subprocess.run(["oardel", *ids], capture_output=True, timeout=60, check=True)


@pytest.mark.parametrize(
    "line",
    [
        "-l /host=1/core=2,walltime=0:30 -l core=1,walltime=1",
        "-l \"{mem > 1000}/core=1+{mem > 1}/core=1,walltime=2:30\"",
        "-l walltime=0:90",
        "-l core=1,core=1",
        "-l \"{host like 'oar%'}\"",
        "-l host=ALL -t besteffort -t idempotent",
        "-l HOST=BEST/core=BESTHALF",
        "-p \"mem > 1\nand host like 'oar%'\" -n 'my $name; é\"' --project \"p 1\"",
        "-O 'a b.%jobid%' -E err.%jobname% -d /tmp --checkpoint 60 --signal 10",
        "--notify '[END] exec:/bin/true a' -q default -a 1 -kS --array 2",
        "-t 'deadline=2037-01-01 10:00:00' -t timesharing=user,name -t token:a=1",
    ],
)  # fmt: skip
def test_oarsub_takes_what_we_write(line: str, held: list[str]) -> None:
    request_ = Request.parse(f"--hold {line}")
    words = [word for word in request_.words() if word != "-S"]  # it would read a script
    ids, said = oarsub(*words, "true")
    held += ids
    assert len(ids) == (request_.array or 1), said


@pytest.mark.parametrize(
    "line",
    [
        "-l host=0",
        "-l host=-1",
        "-l host=all",
        "-l ''",
        "-l host=1//core=1",
        "-l 'host=1 walltime=2'",
        "-l walltime=2,host=1",
        "-l host=1,walltime=2h",
        "-l '{mem > 1}{mem > 2}host=1'",
        "-l '{mem > 1}+{mem > 2}host=1'",
        "-l '{ }host=1'",
        "-l=host=1",
        "-p ' '",
        "-p 'mem > (1'",
        '-p "host = \'x"',
        '-n "a\'b"',
        '--project "a\'b"',
        "-q ''",
        "-t ''",
        "-t inner",
        "-t timesharing=a,b",
        "-O a:b",
        "-E ''",
        "-a 1,0,60",
        "-a x",
        "--array 0",
        "--array 1e3",
        "--signal USR1",
        "--checkpoint 99999999999",
        "--notify me@example.org",
        "--notify 'exec:/a;b'",
        "--st file",
        "--arr 2",
        "--no-hold",
        "--hold=1",
        "--quee default",
        "-x",
    ],
)
def test_oarsub_refuses_what_we_refuse(line: str, held: list[str]) -> None:
    with pytest.raises(RequestError):
        Request.parse(line)
    ids, said = oarsub("--hold", *_split_by_sh(line), "true")
    held += ids
    assert not ids, said


def test_every_option_of_oarsub_is_in_the_table() -> None:
    usage = oarsub("-h")[1]
    known = {option.long for option in OPTIONS} | {"import-job-key-inline"}
    assert set(re.findall(r"^ .{4}--([a-z0-9-]+)", usage, re.MULTILINE)) <= known
    letters = dict(re.findall(r"^ -(\w),? +--([a-z0-9-]+)", usage, re.MULTILINE))
    assert letters.items() <= {option.short: option.long for option in OPTIONS}.items()
    assert len(letters) > 15


def _split_by_sh(line: str) -> list[str]:
    shell = subprocess.run(
        ["/bin/sh", "-c", f"printf '%s\\0' {line}"], capture_output=True, text=True, check=True
    )
    return shell.stdout.split("\0")[:-1]
