"""What the cluster has, and lacks, of what a request asks for."""

from __future__ import annotations

from typing import Any

import pytest

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.request import Request

CLUSTER: dict[str, Any] = {
    "queues": ["default", "besteffort", "production"],
    "properties": ["host", "cpu", "core", "mem", "cluster", "gpu_count", "virtual"],
}


@pytest.mark.parametrize(
    "line",
    [
        "-q production -l nodes=1/CORE=2",
        "-l \"{virtual!='none' and state = 'Alive'}/host=1+{resource_id in (1,2)}/core=1\"",
        "-p \"lower(cluster) = 'mme = 1' and not mem between 3 and 5 and 3 < gpu_count\"",
        '-p "host in (select h from somewhere where x = 1)"',
    ],
)
def test_what_the_cluster_has_passes(line: str) -> None:
    Request.parse(line).check(**CLUSTER)


@pytest.mark.parametrize(
    ("line", "marked", "hint"),
    [
        ("-q defualt", "defualt", "'default'"),
        ("-q x", "x", "besteffort, default, production"),
        ("-l host=1 -l host=1/cor=2,walltime=1", "cor", "'core'"),
        ("-l \"{cluster='a'}host=1+{clutser='a'}host=1\"", "clutser", "'cluster'"),
        ('-p "mem > 3 and gpucount NOT IN (1)"', "gpucount", "'gpu_count'"),
        ('-p "mme is not null"', "mme", "'mem'"),
        ('-p "zzz=1"', "zzz", "host"),
    ],
)
def test_what_the_cluster_lacks_is_refused(line: str, marked: str, hint: str) -> None:
    request_ = Request.parse(line)
    request_.check()
    with pytest.raises(RequestError) as refused:
        request_.check(**CLUSTER)
    error = refused.value
    assert error.at is not None
    assert error.text[error.at : error.at + error.length] == marked
    assert hint in error.hint
