"""A request that stands in a script's lines."""

from __future__ import annotations

import pytest

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.core.resources import Resources


def test_a_script_is_read_as_by_oarsub() -> None:
    script = """#!/bin/bash
#OAR -l /nodes=4/cpu=1,walltime=3:15:00
#OAR -lcore=1
#OAR -p switch = 'sw3' or switch = 'sw5'
#OAR -t besteffort\r
#OAR -t type2
#OAR --name two words
#OAR -k
#OAR -e /path/to/job/key
#OAR --stdout stdoutfile.log
#OAR --stagein-md5sum d41d8cd98f00b204e9800998ecf8427e
# OAR -q no
#OARS -q no
echo '#OAR -q no'
"""
    assert Request.from_script(script) == Request(
        resources=(Resources.parse("nodes=4/cpu=1,walltime=3:15"), Resources.parse("core=1")),
        properties="switch = 'sw3' or switch = 'sw5'",
        types=("besteffort", "type2"),
        name="two words",
        use_job_key=True,
        export_job_key="/path/to/job/key",
        stdout="stdoutfile.log",
        stagein_md5sum="d41d8cd98f00b204e9800998ecf8427e",
    )
    assert Request.from_script("echo\n") == Request()


@pytest.mark.parametrize(
    ("line", "marked", "hint"),
    [
        ("#OAR", "", "#OAR -l"),
        ("#OAR host=1", "host=1", "#OAR -l"),
        ("#OAR --queu x", "--queu", "'queue'"),
        ("#OAR -r 2026-12-01", "-r", ""),
        ('#OAR -l "host=1"', '"host=1"', "#OAR -l host=1"),
        ("#OAR --name=x", "=x", "#OAR --name x"),
        ("#OAR -k yes", "yes", ""),
        ("#OAR -l host=0", "0", ""),
        ("#OAR -n", "-n", "-n spectrum"),
    ],
)
def test_what_is_refused_in_a_script(line: str, marked: str, hint: str) -> None:
    script = f"#!/bin/sh\n{line}\n"
    with pytest.raises(RequestError) as refused:
        Request.from_script(script)
    assert script[refused.value.at :].startswith(marked)
    assert hint in refused.value.hint
