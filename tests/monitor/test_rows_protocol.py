"""The fields of what is sent are those of the protocol's interfaces."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path
from typing import Any, get_args, is_typeddict

import pytest

import pydra_oar_jupyter.monitor
from pydra_oar_jupyter.core.tones import MARKS
from pydra_oar_jupyter.monitor.rows import Action, Kind, Row
from pydra_oar_jupyter.monitor.verbs import VERBS

PROTOCOL = Path(__file__).parents[2] / "js/src/protocol.ts"


@pytest.fixture(scope="module")
def protocol() -> str:
    text = PROTOCOL.read_text()
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)


def interface(protocol: str, name: str) -> list[str]:
    """The names of an interface's fields, those of objects in it left out."""
    found = re.search(rf"export interface {name} {{(.*?)^}}", protocol, re.DOTALL | re.MULTILINE)
    assert found, name
    body = found[1]
    while (flat := re.sub(r"{[^{}]*}", "", body)) != body:
        body = flat
    return re.findall(r"^\s*(\w+)\??:", body, re.MULTILINE)


def words(protocol: str, name: str) -> set[str]:
    """The words of a type that is one of some."""
    found = re.search(rf"export type {name} =(.*?);", protocol, re.DOTALL)
    assert found, name
    return set(re.findall(r"'(\w+)'", found[1]))


def typed_dicts() -> dict[str, Any]:
    found: dict[str, Any] = {}
    package = pydra_oar_jupyter.monitor
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        names = vars(importlib.import_module(module.name))
        found |= {name: thing for name, thing in names.items() if is_typeddict(thing)}
    return found


def test_rows_and_answers_have_the_protocols_fields(protocol: str) -> None:
    made = typed_dicts()
    assert {"Row", "Hello"} <= made.keys()
    interfaces = set(re.findall(r"export interface (\w+) {", protocol))
    for name in made.keys() & interfaces:
        assert list(made[name].__annotations__) == interface(protocol, name), name
    assert list(Row.__annotations__) == interface(protocol, "Row")


def test_the_words_are_the_protocols(protocol: str) -> None:
    assert set(get_args(Kind)) == words(protocol, "Kind")
    assert set(get_args(Action)) == words(protocol, "Action")
    assert set(MARKS) == words(protocol, "Tone")


def test_every_verb_takes_what_the_protocol_says(protocol: str) -> None:
    found = re.search(r"export interface Verbs {(.*?)^}", protocol, re.DOTALL | re.MULTILINE)
    assert found
    asks = dict(re.findall(r"(\w+): {\s*ask: (.*?);\s*answer:", found[1], re.DOTALL))
    assert asks.keys() == VERBS.keys()
    for name, asked in asks.items():
        assert set(re.findall(r"(\w+):", asked)) == set(VERBS[name].takes), name
