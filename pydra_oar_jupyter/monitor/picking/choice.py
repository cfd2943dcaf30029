"""What a form shows of a request, from oarsub's words and back.

What the form has no fields for stays in ``rest``, as words, and is part of the request again.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.core.resources import Group, Resources

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

OPERATORS = ("=", "!=", ">=", "<=")
_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
_CONDITION = re.compile(
    rf"\s*([A-Za-z_]\w*)\s*({'|'.join(OPERATORS)})\s*(?:'((?:[^']|'')*)'|({_NUMBER}))\s*", re.ASCII
)
_AND = re.compile(r"\bAND\b", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of a property with a value."""

    property: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Choice:
    """The fields of the form (``Choice`` of the protocol)."""

    levels: tuple[tuple[str, int], ...] = ()  # 0 stands for all
    conditions: tuple[Condition, ...] = ()
    walltime: int = 0  # seconds; 0 for the site's default
    queue: str = ""
    types: tuple[str, ...] = ()
    rest: str = ""

    @classmethod
    def read(cls, message: Mapping[str, Any]) -> Choice:
        """It as a viewer sends it, checked already."""
        return cls(
            tuple((one["name"], one["count"]) for one in message["levels"]),
            tuple(Condition(**one) for one in message["conditions"]),
            message["walltime"],
            message["queue"],
            tuple(message["types"]),
            message["rest"],
        )

    def message(self) -> dict[str, Any]:
        """It as it is sent."""
        return {
            "levels": [{"name": name, "count": count} for name, count in self.levels],
            "conditions": [asdict(one) for one in self.conditions],
            "walltime": self.walltime,
            "queue": self.queue,
            "types": list(self.types),
            "rest": self.rest,
        }

    @classmethod
    def of(cls, request: Request) -> Choice:
        """What the form shows of a request."""
        levels, walltime, resources = _form_of(request.resources)
        conditions, properties = _conditions(request.properties)
        rest = replace(request, resources=resources, properties=properties, queue=None, types=())
        return cls(
            levels, conditions, walltime, request.queue or "", request.types, joined(rest.words())
        )

    def request(self, texts: Collection[str] = ()) -> Request:
        """What is asked.

        Args:
            texts: the properties whose values are texts, digits too.

        Raises:
            RequestError: it can't be asked.
        """
        rest = Request.parse(self.rest)
        found = replace(
            rest,
            resources=_resources(self.levels, self.walltime, rest.resources),
            properties=_sql(self.conditions, texts, rest.properties),
            queue=self.queue or rest.queue,
            types=(*self.types, *rest.types),
        )
        # A field can hold anything: it has to stay what it is when it is read as words.
        if Request.parse(found.words()) != found:
            raise RequestError("A name in it is none.")
        return found


def joined(words: Iterable[str]) -> str:
    """Words as a line that the shell and the magics read back, in double quotes if they can be."""

    def quoted(word: str) -> str:
        plain = shlex.quote(word)
        if plain == word or re.search(r"[$`\\!\n]", word):
            return plain
        return '"' + word.replace('"', '\\"') + '"'

    return " ".join(map(quoted, words))


def _form_of(
    asked: tuple[Resources, ...],
) -> tuple[tuple[tuple[str, int], ...], int, tuple[Resources, ...]]:
    """The levels and the walltime of the form, and the ``-l`` that it has no fields for."""
    if len(asked) != 1:
        return (), 0, asked
    groups, walltime = asked[0].groups, asked[0].walltime or 0
    if not groups:
        return (), walltime, ()
    levels = tuple(
        (name, 0 if count == "ALL" else count)
        for name, count in groups[0].levels
        if isinstance(count, int) or count == "ALL"
    )
    if len(groups) > 1 or groups[0].filter or len(levels) < len(groups[0].levels):
        return (), walltime, (replace(asked[0], walltime=None),)
    return levels, walltime, ()


def _resources(
    levels: tuple[tuple[str, int], ...], walltime: int, rest: tuple[Resources, ...]
) -> tuple[Resources, ...]:
    """The ``-l`` of the form with that of the rest: together if they can be, else alternatives."""
    if not levels and not walltime:
        return rest
    if not levels and len(rest) == 1 and rest[0].walltime is None:
        return (replace(rest[0], walltime=walltime),)
    group = Group("", tuple((name, count or "ALL") for name, count in levels))
    return (*rest, Resources((group,) if levels else (), walltime or None))


def _conditions(sql: str | None) -> tuple[tuple[Condition, ...], str | None]:
    """The comparisons in a condition that are joined by AND, and what follows in parentheses.

    None of them if it is anything else.
    """
    found: list[Condition] = []
    at = 0
    while sql:
        match = _CONDITION.match(sql, at)
        if match is None:
            inner = _in_parentheses(sql[at:]) if found else None
            return (tuple(found), inner) if inner else ((), sql)
        value = match[3].replace("''", "'") if match[3] is not None else match[4]
        found.append(Condition(match[1], match[2], value))
        if match.end() == len(sql):
            return tuple(found), None
        joint = _AND.match(sql, match.end())
        if joint is None:
            break
        at = joint.end()
    return (), sql


def _in_parentheses(sql: str) -> str | None:
    """What is in the parentheses around all of it."""
    text = sql.strip()
    if not text.startswith("(") or not text.endswith(")") or "\\" in text:
        return None
    depth = 0
    for match in re.finditer(r"'[^']*'|\"[^\"]*\"|[()]", text):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if not depth and match[0] == ")":
            inner = text[1:-1].strip()
            return inner if match.end() == len(text) and inner else None
    return None


def _sql(conditions: tuple[Condition, ...], texts: Collection[str], rest: str | None) -> str | None:
    """The conditions of the form and that of the rest, all of which have to be met."""
    parts = [_comparison(one, texts) for one in conditions]
    if parts and rest:
        parts.append(f"({rest})")
    return " AND ".join(parts) if parts else rest


def _comparison(one: Condition, texts: Collection[str]) -> str:
    if one.operator not in OPERATORS or not re.fullmatch(r"[A-Za-z_]\w*", one.property, re.ASCII):
        text = f"{one.property} {one.operator}"
        hint = f"Write a property, one of {' '.join(OPERATORS)}, and a value."
        raise RequestError("That is no condition.", text=text, at=0, length=len(text), hint=hint)
    number = one.property.lower() not in texts and re.fullmatch(_NUMBER, one.value, re.ASCII)
    value = one.value if number else "'" + one.value.replace("'", "''") + "'"
    return f"{one.property}{one.operator}{value}"
