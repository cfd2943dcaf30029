"""Make what a processor is called with from a job's definition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.sdk.files import InputFile, OutputFile
from pydra_oar_jupyter.pairio.sdk.slots import Slot, slots

if TYPE_CHECKING:
    from pydra_oar_jupyter.pairio.models import PairioJobDefinition
    from pydra_oar_jupyter.pairio.sdk.settings import Access

_LEAVE = object()  # to the model's own default


def make_context(
    model: type[BaseModel], definition: PairioJobDefinition, access: Access
) -> tuple[BaseModel, list[OutputFile]]:
    """The model with the job's files and parameters in it, checked; and its outputs.

    Raises:
        PairioError: a file is missing, or a parameter is none that the model takes.
    """
    values: dict[str, Any] = {}
    outputs: list[OutputFile] = []
    for slot in slots(model):
        inner = values
        for name in slot.path[:-1]:
            inner = inner.setdefault(name, {})
        value: Any
        if slot.kind == "input":
            value = _input(definition, slot.name, access)
        elif slot.kind == "inputs":
            value = _inputs(definition, slot.name, access)
        elif slot.kind == "output":
            value = _output(definition, slot.name, access)
            outputs.append(value)
        else:
            value = _parameter(definition, slot)
        if value is not _LEAVE:
            inner[slot.path[-1]] = value
    try:
        return model.model_validate(values), outputs
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in one['loc']) or 'all'}: {one['msg']}"
            for one in error.errors(include_url=False)
        )
        raise PairioError(
            f"The job's parameters are not what its processor takes: {wrong}."
        ) from None


def _input(definition: PairioJobDefinition, name: str, access: Access) -> InputFile:
    for file in definition.inputFiles:
        if file.name == name:
            return InputFile(
                name=name, url=file.url, file_base_name=file.fileBaseName, job_id=access.job_id
            )
    raise PairioError(f"The job has no input {name!r}.")


def _inputs(definition: PairioJobDefinition, name: str, access: Access) -> list[InputFile]:
    given = {file.name for file in definition.inputFiles}
    count = 0
    while f"{name}[{count}]" in given:
        count += 1
    return [_input(definition, f"{name}[{index}]", access) for index in range(count)]


def _output(definition: PairioJobDefinition, name: str, access: Access) -> OutputFile:
    for file in definition.outputFiles:
        if file.name == name:
            output = OutputFile(name=name, file_base_name=file.fileBaseName, job_id=access.job_id)
            output._access = access
            return output
    raise PairioError(f"The job has no output {name!r}.")


def _parameter(definition: PairioJobDefinition, slot: Slot) -> Any:
    """What the job gives; null and nothing are the same where the type has no null."""
    optional = slot.type.startswith("Optional[")
    for parameter in definition.parameters:
        if parameter.name == slot.name and (parameter.value is not None or optional):
            return _chosen(parameter.value, slot)
    return None if optional and slot.default is None else _LEAVE


def _chosen(value: Any, slot: Slot) -> Any:
    wrong = [
        one
        for one in (value if isinstance(value, list) else [value])
        if slot.options is not None and one is not None and one not in slot.options
    ]
    if wrong:
        raise PairioError(
            f"The parameter {slot.name!r} can't be {wrong[0]!r}; it is one of "
            f"{', '.join(repr(option) for option in slot.options or [])}."
        )
    return value
