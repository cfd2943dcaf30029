"""What a service keeps, as tables. Times are seconds since the epoch."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables."""

    type_annotation_map: ClassVar = {dict[str, Any]: JSON, list[Any]: JSON}


class SchemaVersion(Base):
    """Which form the tables have: one row."""

    __tablename__ = "schema_version"
    version: Mapped[int] = mapped_column(primary_key=True)


class User(Base):
    """A person or program with a key; ``admin`` may manage users and every service."""

    __tablename__ = "users"
    user_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    key_digest: Mapped[str | None] = mapped_column(unique=True)
    admin: Mapped[bool] = mapped_column(default=False)


class Service(Base):
    """Where apps, compute clients and jobs belong."""

    __tablename__ = "services"
    service_name: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str]


class ServiceUser(Base):
    """What a user who isn't its owner may do in a service."""

    __tablename__ = "service_users"
    service_name: Mapped[str] = mapped_column(
        ForeignKey("services.service_name", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[str] = mapped_column(primary_key=True)
    admin: Mapped[bool] = mapped_column(default=False)
    create_jobs: Mapped[bool] = mapped_column(default=False)
    process_jobs: Mapped[bool] = mapped_column(default=False)


class ServiceApp(Base):
    """An app of a service; its specification as JSON."""

    __tablename__ = "service_apps"
    service_name: Mapped[str] = mapped_column(
        ForeignKey("services.service_name", ondelete="CASCADE"), primary_key=True
    )
    app_name: Mapped[str] = mapped_column(primary_key=True)
    specification_uri: Mapped[str] = mapped_column(default="")
    specification_commit: Mapped[str] = mapped_column(default="")
    specification: Mapped[str] = mapped_column(Text)


class ComputeClient(Base):
    """What runs jobs."""

    __tablename__ = "compute_clients"
    compute_client_id: Mapped[str] = mapped_column(primary_key=True)
    key_digest: Mapped[str]
    name: Mapped[str]
    user_id: Mapped[str]
    slots: Mapped[list[Any]] = mapped_column(default=list)
    description: Mapped[str] = mapped_column(default="")
    process_jobs_for_users: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    created: Mapped[float]
    last_active: Mapped[float | None]


class ComputeClientService(Base):
    """A service that a compute client runs jobs of."""

    __tablename__ = "compute_client_services"
    compute_client_id: Mapped[str] = mapped_column(
        ForeignKey("compute_clients.compute_client_id", ondelete="CASCADE"), primary_key=True
    )
    service_name: Mapped[str] = mapped_column(primary_key=True, index=True)


class Job(Base):
    """A job. What is looked for has a column or a table of its own; the rest is JSON.

    Attributes:
        number: the order in which jobs were made.
        unmet: how many of its dependencies have not completed.
        lease_until: when a compute client that stays silent loses it.
        attempts: how often a compute client has lost it.
        offered_to: the compute client that alone is offered it until ``offered_until``.
    """

    __tablename__ = "jobs"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    job_id: Mapped[str] = mapped_column(unique=True)
    private_key: Mapped[str]
    service_name: Mapped[str]
    user_id: Mapped[str]
    batch_id: Mapped[str]
    app_name: Mapped[str]
    processor_name: Mapped[str]
    tags: Mapped[list[Any]]
    definition: Mapped[dict[str, Any]]
    definition_hash: Mapped[str]
    dependencies: Mapped[list[Any]]
    num_cpus: Mapped[int] = mapped_column(BigInteger)
    num_gpus: Mapped[int] = mapped_column(BigInteger)
    memory_gb: Mapped[float]
    time_sec: Mapped[float]
    target_clients: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    secrets: Mapped[list[Any]]
    outputs: Mapped[list[Any]]
    other_files: Mapped[list[Any]] = mapped_column(default=list)
    console_url: Mapped[str]
    resources_url: Mapped[str]
    created: Mapped[float]
    starting: Mapped[float | None]
    started: Mapped[float | None]
    finished: Mapped[float | None]
    status: Mapped[str] = mapped_column(String(16), default="pending")
    canceled: Mapped[bool] = mapped_column(default=False)
    unmet: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    compute_client_id: Mapped[str | None]
    compute_client_name: Mapped[str | None]
    compute_client_user_id: Mapped[str | None]
    image: Mapped[str | None]
    lease_until: Mapped[float | None]
    attempts: Mapped[int] = mapped_column(default=0)
    offered_to: Mapped[str | None]
    offered_until: Mapped[float] = mapped_column(default=0.0)

    __table_args__ = (
        Index("jobs_of_definition", "service_name", "definition_hash", "number"),
        Index("jobs_of_status", "status", "number"),
        Index("jobs_of_user", "user_id", "number"),
        Index("jobs_of_batch", "batch_id", "number"),
        Index("jobs_of_client", "compute_client_id", "status"),
    )


class JobTag(Base):
    """A tag of a job."""

    __tablename__ = "job_tags"
    tag: Mapped[str] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(
        ForeignKey("jobs.job_id", ondelete="CASCADE"), primary_key=True, index=True
    )


class JobFile(Base):
    """The URL, as a digest, of an input or an output of a job: `role` says which."""

    __tablename__ = "job_files"
    url_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    role: Mapped[str] = mapped_column(String(8), primary_key=True)
    job_id: Mapped[str] = mapped_column(
        ForeignKey("jobs.job_id", ondelete="CASCADE"), primary_key=True, index=True
    )


class JobDependency(Base):
    """A job that another one needs."""

    __tablename__ = "job_dependencies"
    needs: Mapped[str] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(
        ForeignKey("jobs.job_id", ondelete="CASCADE"), primary_key=True, index=True
    )


class JobTarget(Base):
    """A compute client that a job is meant for; any will do for a job without such rows."""

    __tablename__ = "job_targets"
    job_id: Mapped[str] = mapped_column(
        ForeignKey("jobs.job_id", ondelete="CASCADE"), primary_key=True
    )
    compute_client_id: Mapped[str] = mapped_column(primary_key=True)
