"""Users, services and apps: what the owner of a service's machine does to its database."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.spool import spool_root
from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.models import PairioServiceUser
from pydra_oar_jupyter.pairio.service.management import Management
from pydra_oar_jupyter.pairio.service.settings import Settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator


def data_directory(asked: argparse.Namespace) -> Path:
    """Where the service keeps what it keeps."""
    return Path(asked.data).expanduser().absolute() if asked.data else spool_root() / "service"


def add_user(asked: argparse.Namespace) -> None:
    """Make a user, and print the key."""
    with _management(asked) as management:
        _print(management.add_user(asked.user, admin=asked.admin))


def reset_key(asked: argparse.Namespace) -> None:
    """Print a new key of a user's."""
    with _management(asked) as management:
        _print(management.reset_key(asked.user))


def list_users(asked: argparse.Namespace) -> None:
    """Print the users."""
    with _management(asked) as management:
        _print(*management.users())


def add_service(asked: argparse.Namespace) -> None:
    """Make a service."""
    with _management(asked) as management:
        management.add_service(asked.service, asked.owner)


def list_services(asked: argparse.Namespace) -> None:
    """Print the services, with their owners and users."""
    with _management(asked) as management:
        for service in management.services():
            _print(f"{service.serviceName}  owner {service.userId}")
            for user in service.users:
                rights = {
                    "admin": user.admin,
                    "create-jobs": user.createJobs,
                    "process-jobs": user.processJobs,
                }
                may = [name for name, given in rights.items() if given]
                _print(f"    {user.userId}  {', '.join(may) or 'nothing'}")


def allow(asked: argparse.Namespace) -> None:
    """Say what a user may do in a service: what is given, and no more."""
    user = PairioServiceUser(
        userId=asked.user,
        admin=asked.admin,
        createJobs=asked.create_jobs,
        processJobs=asked.process_jobs,
    )
    with _management(asked) as management:
        management.allow(asked.service, user)


def add_app(asked: argparse.Namespace) -> None:
    """Add an app, or put it in place of an old one."""
    source = Path(asked.source).expanduser().absolute()
    specification = _specification(source)
    with _management(asked) as management:
        management.set_app(asked.service, specification, str(source))
    sys.stderr.write(f"{asked.service} has the app {specification.get('name')}.\n")


def list_apps(asked: argparse.Namespace) -> None:
    """Print the apps, with their processors."""
    with _management(asked) as management:
        for app in management.apps(asked.service):
            processors = ", ".join(one.name for one in app.appSpecification.processors)
            _print(f"{app.serviceName}  {app.appName}: {processors}")


def show_specification(asked: argparse.Namespace) -> None:
    """Print the specification of an app."""
    _print(json.dumps(_specification(Path(asked.source).expanduser().absolute()), indent=4))


def _specification(source: Path) -> dict[str, Any]:
    """That of an app's program, or the one in a file of JSON."""
    if source.suffix != ".json":
        from pydra_oar_jupyter.pairio.compute.apps import specification_of

        main = source / "main.py" if source.is_dir() else source
        return specification_of(main, sys.executable)
    try:
        read = json.loads(source.read_text())
    except (OSError, ValueError) as error:
        raise PairioError(f"{source} can't be read: {error}.") from None
    if not isinstance(read, dict):
        raise PairioError(f"{source} has no object of JSON in it.")
    return read


@contextmanager
def _management(asked: argparse.Namespace) -> Iterator[Management]:
    settings = Settings(data=data_directory(asked), database_url=asked.database_url or "")
    management = Management(settings)
    try:
        yield management
    finally:
        management.close()


def _print(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
