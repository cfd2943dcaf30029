"""What a job used of its machine over time: the log that its app's SDK writes."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sample:
    """What was in use at a time.

    Attributes:
        time: in seconds since the epoch.
        cpu: in percent.
        memory: in bytes.
        facts: the line of the log that says it, with what else it says.
    """

    time: float
    cpu: float
    memory: float
    facts: dict[str, Any]


def read_samples(log: bytes) -> list[Sample]:
    """The samples of a log, in the order of time.

    Args:
        log: one JSON object on each line; what is none, or cut, is left out.
    """
    samples = filter(None, map(_sample, log.splitlines()))
    return sorted(samples, key=lambda one: one.time)


def _sample(line: bytes) -> Sample | None:
    try:
        facts = json.loads(line)
        time = float(facts["timestamp"])
        cpu, memory = float(facts["cpu"]["percent"]), float(facts["virtual_memory"]["used"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    fit = all(math.isfinite(number) and number >= 0 for number in (time, cpu, memory))
    return Sample(time, cpu, memory, facts) if fit else None
