"""The OAR backend: a real cluster, by OAR's commands."""

from pydra_oar_jupyter.backends.oar.commands import Backend

__all__ = ["Backend"]
