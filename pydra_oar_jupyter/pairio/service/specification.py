"""Whether a job's definition is one that the app's specification allows."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.pairio.models import (
    PARAMETER_TYPES,
    PairioAppProcessor,
    PairioAppProcessorParameter,
    PairioAppSpecification,
    PairioJobDefinition,
)
from pydra_oar_jupyter.pairio.service.errors import wrong
from pydra_oar_jupyter.pairio.service.names import PART

if TYPE_CHECKING:
    from collections.abc import Iterable

_ELEMENT = re.compile(r"(.+)\[(0|[1-9]\d{0,5})\]")
_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,), "int": (int,), "float": (int, float), "bool": (bool,)
}  # fmt: skip


@lru_cache(maxsize=256)
def read_specification(text: str) -> PairioAppSpecification:
    """A specification from the JSON that is kept of it."""
    return PairioAppSpecification.model_validate_json(text)


def check_specification(specification: PairioAppSpecification) -> None:
    """Refuse a specification that no job could be defined by."""
    _need_distinct("processor", (one.name for one in specification.processors))
    for processor in specification.processors:
        names = [one.name for one in processor.inputs]
        names += [one.name for one in processor.outputs]
        names += [one.name for one in processor.parameters]
        _need_distinct(f"field of the processor {processor.name}", names)
        for output in processor.outputs:
            if not re.fullmatch(PART, output.name):
                raise wrong(
                    f"The output {output.name!r} of {processor.name} can't be named so: 1 to 64 "
                    "letters, digits, _, - and inner dots."
                )
        for parameter in processor.parameters:
            if parameter.type not in PARAMETER_TYPES:
                raise wrong(
                    f"The parameter {parameter.name!r} of {processor.name} has the type "
                    f"{parameter.type!r}; there are {', '.join(PARAMETER_TYPES)}."
                )


def check_definition(
    definition: PairioJobDefinition, specification: PairioAppSpecification
) -> PairioAppProcessor:
    """The processor that a job is for.

    Raises:
        Refused: there is none of that name, or a file or a parameter is missing, unknown,
            named twice, or of the wrong type.
    """
    processor = next(
        (one for one in specification.processors if one.name == definition.processorName), None
    )
    if processor is None:
        known = ", ".join(one.name for one in specification.processors)
        raise wrong(
            f"The app {definition.appName!r} has no processor {definition.processorName!r}, "
            f"but {known or 'none at all'}."
        )
    _check_inputs(definition, processor)
    _check_outputs(definition, processor)
    _check_parameters(definition, processor)
    return processor


def _check_inputs(definition: PairioJobDefinition, processor: PairioAppProcessor) -> None:
    _need_distinct("input", (file.name for file in definition.inputFiles))
    lists = {one.name for one in processor.inputs if one.list}
    single = {one.name for one in processor.inputs if not one.list}
    elements: dict[str, set[int]] = {}
    for file in definition.inputFiles:
        found = _ELEMENT.fullmatch(file.name)
        if found and found[1] in lists:
            elements.setdefault(found[1], set()).add(int(found[2]))
        elif file.name in lists:
            raise wrong(f"The input {file.name!r} is a list: name its files {file.name}[0] ….")
        elif file.name not in single:
            raise wrong(f"The processor {processor.name!r} has no input {file.name!r}.")
        single.discard(file.name)
    if single:
        raise wrong(f"The input {min(single)!r} of the processor {processor.name!r} is missing.")
    for name, numbers in elements.items():
        if gaps := set(range(len(numbers))) - numbers:
            raise wrong(f"The list of inputs {name!r} has no element {name}[{min(gaps)}].")


def _check_outputs(definition: PairioJobDefinition, processor: PairioAppProcessor) -> None:
    _need_distinct("output", (file.name for file in definition.outputFiles))
    asked = {file.name for file in definition.outputFiles}
    known = {one.name for one in processor.outputs}
    if asked - known:
        raise wrong(f"The processor {processor.name!r} has no output {min(asked - known)!r}.")
    if known - asked:
        raise wrong(
            f"The output {min(known - asked)!r} of the processor {processor.name!r} is missing."
        )


def _check_parameters(definition: PairioJobDefinition, processor: PairioAppProcessor) -> None:
    _need_distinct("parameter", (one.name for one in definition.parameters))
    known = {one.name: one for one in processor.parameters}
    given = {one.name: one.value for one in definition.parameters}
    if unknown := given.keys() - known.keys():
        raise wrong(f"The processor {processor.name!r} has no parameter {min(unknown)!r}.")
    for name, parameter in known.items():
        value = given.get(name)
        if value is not None:
            _check_value(parameter, value)
        elif parameter.defaultValue is None and not parameter.type.startswith("Optional["):
            raise wrong(
                f"The parameter {name!r} of the processor {processor.name!r} is missing; "
                "it has no default."
            )


def _check_value(parameter: PairioAppProcessorParameter, value: Any) -> None:
    kind = parameter.type.removeprefix("Optional[").removesuffix("]" * ("Opt" in parameter.type))
    is_list = kind.startswith("List[")
    types = _TYPES.get(kind.removeprefix("List[").removesuffix("]"), (object,))
    values = value if is_list and isinstance(value, list) else [value]
    fits = is_list == isinstance(value, list) and all(
        isinstance(one, types) and (isinstance(one, bool) <= (bool in types)) for one in values
    )
    if not fits:
        raise wrong(f"The parameter {parameter.name!r} is {parameter.type}, not {value!r:.100}.")
    if parameter.options and any(one not in parameter.options for one in values):
        options = ", ".join(repr(one) for one in parameter.options)
        raise wrong(f"The parameter {parameter.name!r} is one of {options}, not {value!r:.100}.")


def _need_distinct(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise wrong(f"The {what} {name!r} is named twice.")
        seen.add(name)
