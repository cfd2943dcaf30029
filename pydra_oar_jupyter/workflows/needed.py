"""Pydra, which this package can be installed without."""

from __future__ import annotations

from importlib import util

from pydra_oar_jupyter.core.errors import OarError


def need_pydra() -> None:
    """See that Pydra can be imported.

    Raises:
        OarError: it is not installed, in the version that is needed.
    """
    # pydra itself is a namespace that this package is a part of; Pydra before 1.0 has no compose.
    if util.find_spec("pydra") is None or util.find_spec("pydra.compose") is None:
        raise OarError('Pydra is not installed here: pip install "pydra-oar-jupyter[pydra]"')
