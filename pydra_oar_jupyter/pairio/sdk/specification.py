"""What an app says of itself, as the protocol has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.models import PairioAppProcessor
from pydra_oar_jupyter.pairio.sdk.slots import Slot, context_model, slots

if TYPE_CHECKING:
    from pydra_oar_jupyter.pairio.sdk.processor import ProcessorBase

_LONGEST = 200  # characters of a description
_FACTS = ("name", "description", "label", "image", "executable")


def processor_specification(processor: type[ProcessorBase]) -> dict[str, Any]:
    """One processor's part of an app's specification, without what is not set.

    Raises:
        PairioError: the class lacks something, or has what the protocol has not.
    """
    if missing := [fact for fact in _FACTS if not hasattr(processor, fact)]:
        raise PairioError(f"The processor {processor.__name__} has no {', no '.join(missing)}.")
    if len(processor.description) > _LONGEST:
        raise PairioError(
            f"The description of processor {processor.name} is longer than {_LONGEST} characters."
        )
    found = slots(context_model(processor))
    facts: dict[str, Any] = {fact: getattr(processor, fact) for fact in _FACTS}
    facts["inputs"] = [_file(slot) for slot in found if slot.kind in ("input", "inputs")]
    facts["outputs"] = [_file(slot) for slot in found if slot.kind == "output"]
    facts["parameters"] = [_parameter(slot) for slot in found if slot.kind == "parameter"]
    attributes = getattr(processor, "attributes", {})
    facts["attributes"] = [{"name": name, "value": value} for name, value in attributes.items()]
    try:
        PairioAppProcessor.model_validate(facts)
    except ValidationError as error:
        raise PairioError(f"The processor {processor.__name__}: {error}") from None
    return facts


def _file(slot: Slot) -> dict[str, Any]:
    more = {"list": True} if slot.kind == "inputs" else {}
    return {"name": slot.name, "description": slot.description, **more}


def _parameter(slot: Slot) -> dict[str, Any]:
    facts = {"name": slot.name, "type": slot.type, "description": slot.description}
    perhaps = {"defaultValue": slot.default, "options": slot.options}
    return facts | {name: value for name, value in perhaps.items() if value is not None}
