"""Where a job's file is: a name for the stores and for the URLs, in which nothing can escape."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast, get_args

from pydra_oar_jupyter.pairio.service.names import PART

Kind = Literal["output", "consoleOutput", "resourceUtilizationLog", "other"]

# The protocol's rule for a part of otherName. No part can be "." or "..", or hidden.
_PART = re.compile(PART)
PARTS = 6  # of otherName, at most


@dataclass(frozen=True)
class Place:
    """A file of a job. Each part of its path is checked: it is safe in a file system and a URL.

    Args:
        service: the service's name.
        job: the job's id.
        kind: what the file is; of consoleOutput and resourceUtilizationLog a job has one each.
        name: the output's name, or a path of 1 to 6 parts for "other".

    Raises:
        ValueError: a name that can't be one, in words.
    """

    service: str
    job: str
    kind: Kind
    name: str = ""

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(
                f"{self.kind!r} is no kind of a job's file: {', '.join(get_args(Kind))}."
            )
        most = {"output": 1, "other": PARTS}.get(self.kind, 0)
        parts = self.name.split("/") if self.name else []
        if not (min(most, 1) <= len(parts) <= most):
            raise ValueError(f"A name of {self.kind} has {_range(most)}, not {len(parts)}.")
        for part in (self.service, self.job, *parts):
            if not _PART.fullmatch(part):
                raise ValueError(
                    f"{part!r} can't be the name of a file: 1 to 64 letters (a–z), digits, _, - "
                    "and dots inside, please."
                )

    @classmethod
    def at(cls, path: str) -> Place:
        """The place with that path.

        Raises:
            ValueError: there can be none.
        """
        service, job, kind, name = (*path.split("/", 3), "", "", "", "")[:4]
        place = cls(service, job, cast("Kind", kind), name)
        if place.path != path:
            raise ValueError(f"{path!r} is no file of a job.")
        return place

    @property
    def path(self) -> str:
        """``SERVICE/JOB/KIND`` and perhaps ``/NAME``."""
        return self._with(self.name)

    @property
    def key(self) -> str:
        """Its name in a store: its path, with a "+" behind all but the last part of its name.

        So a job can have both files "a" and "a/b", on file systems and on servers of S3 that are
        like one.
        """
        return self._with(self.name.replace("/", "+/"))

    def url(self, base: str) -> str:
        """Where it can be downloaded from the service at that URL."""
        return f"{base}/files/{self.path}"

    def _with(self, name: str) -> str:
        return "/".join(part for part in (self.service, self.job, self.kind, name) if part)


def _range(most: int) -> str:
    return ("no part", "1 part")[most] if most < 2 else f"1 to {most} parts"
