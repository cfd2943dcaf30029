"""What a service is started with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """How a service runs. Times are in seconds.

    Attributes:
        data: the directory of its database and its files.
        database_url: SQLAlchemy's, or "" for SQLite in ``data``.
        url: where it is reached from outside, or "" to go by each request's Host.
        files: where files go: ``s3://BUCKET[/PREFIX]``, or "" for ``data``.
        lease: how long a compute client may be silent before its jobs are taken from it.
        offer: how long a job on offer to one compute client is kept from the others.
        attempts: how often a job is started, at most, where compute clients fall silent.
    """

    data: Path
    database_url: str = field(default="", repr=False)
    url: str = ""
    files: str = ""
    lease: float = 180.0
    offer: float = 20.0
    attempts: int = 3

    @property
    def database(self) -> str:
        """The database's URL, with the driver that is used."""
        if not self.database_url:
            return f"sqlite:///{self.data / 'pairio.sqlite'}"
        kind, _, rest = self.database_url.partition("://")
        if kind in ("postgres", "postgresql"):
            return f"postgresql+psycopg://{rest}"
        return self.database_url
