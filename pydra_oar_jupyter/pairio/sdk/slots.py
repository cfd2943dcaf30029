"""A processor's inputs, outputs and parameters: the fields of its context's model."""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.models import PARAMETER_TYPES
from pydra_oar_jupyter.pairio.sdk.files import InputFile, OutputFile

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from pydra_oar_jupyter.pairio.sdk.processor import ProcessorBase

_PLAIN = {str: "str", int: "int", float: "float", bool: "bool"}


@dataclass(frozen=True)
class Slot:
    """One field of a context, or of a model in there."""

    path: tuple[str, ...]
    kind: Literal["input", "inputs", "output", "parameter"]
    description: str
    type: str = ""  # of a parameter, one of PARAMETER_TYPES
    default: Any = None
    options: list[Any] | None = None

    @property
    def name(self) -> str:
        """As the protocol names it: ``outer.inner``."""
        return ".".join(self.path)


def context_model(processor: type[ProcessorBase]) -> type[BaseModel]:
    """The model that annotates the one argument of a processor's ``run``.

    Raises:
        PairioError: there is no such annotation.
    """
    hints = {**typing.get_type_hints(processor.run)}
    hints.pop("return", None)
    names = processor.run.__code__.co_varnames[: processor.run.__code__.co_argcount]
    model = hints.get(names[0]) if len(names) == 1 else None
    if not _is_model(model):
        raise PairioError(
            f"{processor.__name__}.run takes one argument, annotated with a pydantic model: "
            "def run(context: MyContext)."
        )
    return model


def slots(model: type[BaseModel], above: tuple[str, ...] = ()) -> list[Slot]:
    """All fields of a context, in their order; those of models in there as well.

    Raises:
        PairioError: a field has a type that Pairio has not.
    """
    found: list[Slot] = []
    for name, field in model.model_fields.items():
        path = (*above, name)
        if _is_model(field.annotation) and not issubclass(field.annotation, InputFile | OutputFile):
            found += slots(field.annotation, path)
        else:
            found.append(_slot(path, field))
    return found


def _slot(path: tuple[str, ...], field: FieldInfo) -> Slot:
    extra = field.json_schema_extra
    options = extra.get("options") if isinstance(extra, dict) else None
    default = None if field.default is PydanticUndefined else field.default
    description = field.description or ""
    if type_ := _parameter_type(field.annotation):
        return Slot(path, "parameter", description, type_, default, typing.cast("Any", options))
    kind = _file_kind(field.annotation)
    if kind is None:
        raise PairioError(
            f"{'.'.join(path)} has the type {field.annotation}, which Pairio has not: it has "
            f"InputFile, list[InputFile], OutputFile, and {', '.join(PARAMETER_TYPES)}."
        )
    if options is not None or default is not None:
        raise PairioError(f"{'.'.join(path)} is a file: it has no default and no options.")
    return Slot(path, kind, description)


def _file_kind(annotation: Any) -> Literal["input", "inputs", "output"] | None:
    if annotation is InputFile:
        return "input"
    if annotation is OutputFile:
        return "output"
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    return "inputs" if origin is list and args == (InputFile,) else None


def _parameter_type(annotation: Any) -> str:
    """What the protocol calls a type; "" if it has none like that."""
    if name := _PLAIN.get(annotation) if isinstance(annotation, type) else None:
        return name
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    name = ""
    if origin is list:
        name = f"List[{_PLAIN.get(args[0])}]"
    elif origin in (typing.Union, types.UnionType) and types.NoneType in args:
        others = [one for one in args if one is not types.NoneType]
        name = f"Optional[{_parameter_type(others[0])}]" if len(others) == 1 else ""
    return name if name in PARAMETER_TYPES else ""


def _is_model(annotation: Any) -> typing.TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
