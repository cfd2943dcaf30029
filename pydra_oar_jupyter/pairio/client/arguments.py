"""The arguments of a call, checked against its processor's specification before all else."""

from __future__ import annotations

import keyword
import math
import os
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.resources import did_you_mean
from pydra_oar_jupyter.pairio.client.definition import PairioJobDefinition, PairioJobInputFile
from pydra_oar_jupyter.pairio.client.handle import PairioJob
from pydra_oar_jupyter.pairio.client.outputs import Output
from pydra_oar_jupyter.pairio.models import PairioJobOutputFile, PairioJobParameter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydra_oar_jupyter.pairio.models import (
        PairioAppProcessor,
        PairioAppProcessorInputFile,
        PairioAppProcessorParameter,
    )

_TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
_MISSING = object()


def definition_of(
    app_name: str, processor: PairioAppProcessor, arguments: Mapping[str, Any]
) -> PairioJobDefinition:
    """The job definition that these arguments make.

    Inputs, parameters and outputs are given by name, an output as the name of its file. Those of
    a nested model are a dict, or one argument each with a dotted name.

    Raises:
        RequestError: one is unknown, missing, or not what it should be.
    """
    call = f"{app_name}.{processor.name}"
    given = _named(call, processor, arguments)
    inputs = [
        file for one in processor.inputs for file in _files(one, given.get(one.name, _MISSING))
    ]
    missing = [one.name for one in processor.inputs if one.name not in given]
    missing += [one.name for one in processor.parameters if one.name not in given and needed(one)]
    if missing:
        raise RequestError(
            f"{call} needs {' and '.join(f'{name}=…' for name in missing)}.",
            hint=f"See help({call}).",
        )
    return PairioJobDefinition(
        appName=app_name,
        processorName=processor.name,
        inputFiles=inputs,
        outputFiles=[
            PairioJobOutputFile(name=one.name, fileBaseName=_base(one.name, given))
            for one in processor.outputs
        ],
        # With the defaults: a job of the same values is the same job.
        parameters=[
            PairioJobParameter(name=one.name, value=_value(one, given))
            for one in processor.parameters
        ],
    )


def needed(parameter: PairioAppProcessorParameter) -> bool:
    """Whether a parameter must be given."""
    return parameter.defaultValue is None and not parameter.type.startswith("Optional[")


def identifier(name: str) -> str:
    """The name as Python can write it."""
    word = unicodedata.normalize("NFKC", name)  # as Python does it
    word = "".join(letter if f"_{letter}".isidentifier() else "_" for letter in word)
    if not word.isidentifier():
        word = f"_{word}"
    return f"{word}_" if keyword.iskeyword(word) else word


def _named(
    call: str, processor: PairioAppProcessor, arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """The values by the specification's names."""
    names = {one.name for one in processor.inputs}
    names |= {one.name for one in processor.parameters}
    names |= {one.name for one in processor.outputs}
    written = {identifier(name): name for name in names if "." not in name}
    given: dict[str, Any] = {}
    for name, value in _flat(arguments):
        known = name if name in names else written.get(name)
        if known is None:
            choices = sorted(names)
            hint = did_you_mean(name, choices)
            raise RequestError(
                f"{call} takes no {name!r}.",
                hint=hint or f"It takes {', '.join(choices) or 'nothing'}.",
            )
        given[known] = value
    return given


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _files(spec: PairioAppProcessorInputFile, value: Any) -> Iterator[PairioJobInputFile]:
    """The files of an input: one, or those of a list."""
    if value is _MISSING:
        return
    if not spec.list:
        if isinstance(value, (list, tuple)):
            raise RequestError(f"The input {spec.name!r} is one file, not a list.")
        yield _file(spec.name, value)
        return
    for at, one in enumerate(value if isinstance(value, (list, tuple)) else [value]):
        yield _file(f"{spec.name}[{at}]", one)


def _file(name: str, value: Any) -> PairioJobInputFile:
    if isinstance(value, PairioJob):
        outputs = list(value.outputs.values())
        if len(outputs) != 1:
            names = ", ".join(value.outputs) or "none"
            raise RequestError(
                f"The input {name!r} needs a file, and job {value.jobId} has {len(outputs)} "
                f"outputs: {names}.",
                hint='Such as job.outputs["NAME"].' if outputs else "",
            )
        value = outputs[0]
    if isinstance(value, Output):
        return PairioJobInputFile(name=name, fileBaseName=value.fileBaseName, url=value)
    if isinstance(value, os.PathLike) or not isinstance(value, str):
        what = "is a path on this machine" if isinstance(value, os.PathLike) else "is no file"
        raise RequestError(f"The input {name!r}: {value!r} {what}. {_INPUT}")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise RequestError(f"The input {name!r}: {value!r} is no URL. {_INPUT}")
    base = PurePosixPath(unquote(parts.path)).name
    return PairioJobInputFile(name=name, fileBaseName=base or name, url=value)


_INPUT = (
    "The job runs elsewhere: put the file where it has a URL that begins with http:// or "
    "https://, or give the output of another job."
)


def _base(name: str, given: Mapping[str, Any]) -> str:
    """The name of an output's file."""
    base = given.get(name, name)
    if not isinstance(base, str) or not base or "/" in base or base in (".", ".."):
        raise RequestError(f"The output {name!r} takes the name that its file gets, not {base!r}.")
    return base


def _value(spec: PairioAppProcessorParameter, given: Mapping[str, Any]) -> Any:
    """A parameter's value, as plain data of the type that it has."""
    value = given.get(spec.name, spec.defaultValue)
    kind = spec.type
    if kind.startswith("Optional["):
        kind = kind[len("Optional[") : -1]
        if value is None:
            return None
    if hasattr(value, "tolist"):  # of NumPy and pandas
        value = value.tolist()
    if kind.startswith("List["):
        if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
            raise _wrong(spec, value)
        return [_scalar(spec, kind[len("List[") : -1], one) for one in value]
    return _scalar(spec, kind, value)


def _scalar(spec: PairioAppProcessorParameter, kind: str, value: Any) -> Any:
    wanted = _TYPES.get(kind, str)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    fits = isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))
    if not fits or (isinstance(value, float) and not math.isfinite(value)):
        raise _wrong(spec, value)
    if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise RequestError(
            f"{spec.name!r} has half a character, which can't be sent: {value!r:.200}"
        )
    if spec.options and value not in spec.options:
        options = ", ".join(map(repr, spec.options))
        words = [one for one in spec.options if isinstance(one, str)]
        hint = did_you_mean(value, words) if isinstance(value, str) else ""
        raise RequestError(f"{spec.name!r} is one of {options}, not {value!r}.", hint=hint)
    return value


def _wrong(spec: PairioAppProcessorParameter, value: Any) -> RequestError:
    return RequestError(
        f"{spec.name!r} takes {spec.type}, not {value!r:.200} ({type(value).__name__})."
    )
