"""Where Pydra looks for the worker that it knows by the name ``oar``."""

import pydra.engine  # noqa: F401 - first, or pydra.workers.base can't be imported

from pydra_oar_jupyter.workflows.worker.oar import OarWorker as Worker

__all__ = ["Worker"]
