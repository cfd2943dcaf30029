"""What Pairio's parts are made with, which this package can be installed without."""

from __future__ import annotations

from importlib import util

from pydra_oar_jupyter.core.errors import OarError

_CLIENT = ("httpx", "pydantic")
_SERVICE = (*_CLIENT, "fastapi", "sqlalchemy", "uvicorn", "jinja2", "psutil")


def need_pairio(*, service: bool = True) -> None:
    """See that what Pairio needs can be imported.

    Args:
        service: all of it; else what asks a service that runs somewhere else.

    Raises:
        OarError: it is not installed.
    """
    missing = [name for name in (_SERVICE if service else _CLIENT) if util.find_spec(name) is None]
    if missing:
        raise OarError(
            f"For Pairio, {' and '.join(missing)} must be installed: "
            'pip install "pydra-oar-jupyter[pairio]"'
        )
