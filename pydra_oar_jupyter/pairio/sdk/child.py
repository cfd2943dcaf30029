"""The process that computes: it fetches its job and calls the processor."""

from __future__ import annotations

import faulthandler
import signal
from typing import TYPE_CHECKING

from pydra_oar_jupyter.pairio import loop
from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.models import PairioJobDefinition
from pydra_oar_jupyter.pairio.sdk import prctl
from pydra_oar_jupyter.pairio.sdk.context import make_context
from pydra_oar_jupyter.pairio.sdk.settings import Access
from pydra_oar_jupyter.pairio.sdk.slots import context_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydra_oar_jupyter.pairio.sdk.processor import ProcessorBase


def run_child(processors: Mapping[str, type[ProcessorBase]]) -> None:
    """Run the processor that the job names.

    Raises:
        PairioError: there is none of that name, the job does not fit it, or an output is missing.
    """
    prctl.die_with_parent(signal.SIGKILL)
    faulthandler.enable()  # a crash in C says where in Python it was
    access = Access.from_environment()
    definition = loop.run(_definition(access))
    processor = processors.get(definition.processorName)
    if processor is None:
        raise PairioError(
            f"This app has no processor {definition.processorName!r}; "
            f"it has {', '.join(processors) or 'none'}."
        )
    context, outputs = make_context(context_model(processor), definition, access)
    processor.run(context)
    if missing := [output.name for output in outputs if not output.was_uploaded]:
        raise PairioError(
            f"The processor ended without an upload of its output {', '.join(missing)}."
        )


async def _definition(access: Access) -> PairioJobDefinition:
    from pydra_oar_jupyter.pairio.http import Api

    api = Api(access.url, access.key, patience=120)
    try:
        fields = {"jobId": access.job_id, "includePrivateKey": False}
        job = (await api.call("getJob", fields))["job"]
    finally:
        await api.close()
    return PairioJobDefinition.model_validate(job["jobDefinition"])
