"""What ``?``, ``help`` and Shift-Tab tell of a processor, from its specification."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NamedTuple

from pydra_oar_jupyter.pairio.client.arguments import identifier, needed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydra_oar_jupyter.pairio.models import PairioAppProcessor, PairioAppProcessorParameter


class Fact(NamedTuple):
    """One line about something that a processor takes or makes."""

    name: str
    kind: str
    description: str


class _Kind:
    """An annotation that shows as plain words."""

    def __init__(self, words: str) -> None:
        self._words = words

    def __repr__(self) -> str:
        return self._words


def facts_of(processor: PairioAppProcessor) -> list[Fact]:
    """Its inputs, parameters and outputs."""
    return [
        *(Fact(one.name, _input(one.list), one.description) for one in processor.inputs),
        *(Fact(one.name, _parameter(one), one.description) for one in processor.parameters),
        *(Fact(one.name, "output", one.description) for one in processor.outputs),
    ]


def processor_doc(app_name: str, processor: PairioAppProcessor) -> str:
    """Its description, and each of its arguments."""
    facts = facts_of(processor)
    inputs, outputs = len(processor.inputs), len(processor.outputs)
    lines = [f"{app_name}.{processor.name}{signature_of(processor)}", "", processor.description]
    for heading, told in (
        ("Inputs (a URL, an output of a job, or a job with one output)", facts[:inputs]),
        ("Parameters", facts[inputs : len(facts) - outputs]),
        ("Outputs (given: the name of its file)", facts[len(facts) - outputs :]),
    ):
        if told:
            lines += ["", f"{heading}:"]
            lines += [f"    {one.name} ({one.kind}): {one.description}" for one in told]
    return "\n".join(lines)


def signature_of(processor: PairioAppProcessor) -> inspect.Signature:
    """All are given by name: what must be given, then what may be."""
    arguments = [
        *(_argument(one.name, _input(one.list)) for one in processor.inputs),
        *_plain(processor.parameters),
        *_nested(processor.parameters),
        *(_argument(one.name, "str", one.name) for one in processor.outputs),
    ]
    arguments.sort(key=lambda one: one.default is not inspect.Parameter.empty)
    return inspect.Signature(arguments)


def _plain(parameters: Iterable[PairioAppProcessorParameter]) -> list[inspect.Parameter]:
    return [
        _argument(one.name, one.type)
        if needed(one)
        else _argument(one.name, one.type, one.defaultValue)
        for one in parameters
        if "." not in one.name
    ]


def _nested(parameters: Iterable[PairioAppProcessorParameter]) -> list[inspect.Parameter]:
    """One argument for each nested model: a dict."""
    models: dict[str, list[PairioAppProcessorParameter]] = {}
    for one in parameters:
        outer, dot, _ = one.name.partition(".")
        if dot:
            models.setdefault(outer, []).append(one)
    return [
        _argument(outer, "dict")
        if any(map(needed, inside))
        else _argument(
            outer, "dict", {one.name[len(outer) + 1 :]: one.defaultValue for one in inside}
        )
        for outer, inside in models.items()
    ]


def _argument(name: str, kind: str, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(
        identifier(name), inspect.Parameter.KEYWORD_ONLY, default=default, annotation=_Kind(kind)
    )


def _input(several: bool | None) -> str:
    return "files" if several else "file"


def _parameter(one: PairioAppProcessorParameter) -> str:
    words = one.type
    if one.options:
        words += f", one of {', '.join(map(repr, one.options))}"
    return words if needed(one) else f"{words}, default {one.defaultValue!r}"
