"""A script as a user of Pydra writes it: a split of so many tasks that do nearly nothing.

It prints how long that took, the CPU of this process and of all its commands (both in seconds),
and the jobs' ids.
"""

from __future__ import annotations

import resource
import sys
import time

from pydra.compose import python
from pydra.engine.submitter import Submitter

from pydra_oar_jupyter import jobs


@python.define
def Double(x: int) -> int:  # noqa: N802 - a class, once it is defined
    return 2 * x


def _cpu() -> float:
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def main() -> None:
    cache_root, tasks = sys.argv[1], int(sys.argv[2])
    start = time.time()
    with Submitter(worker="oar", cache_root=cache_root, oarsub_args="-l core=1") as submit:
        result = submit(Double().split(x=range(tasks)))
    took = time.time() - start
    assert result.outputs.out == [2 * x for x in range(tasks)]
    print((took, _cpu(), [job.id for job in jobs()]))


if __name__ == "__main__":
    main()
