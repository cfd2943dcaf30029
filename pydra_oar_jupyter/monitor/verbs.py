"""What can be asked, by which function it is answered, and what its parameters must look like.

Parameters come from browsers: nothing runs before they are checked.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.monitor import keys
from pydra_oar_jupyter.monitor.picking.choice import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    # Takes a value and returns it; raises ValueError, in words, if it is not right.
    Check = Callable[[Any], Any]

# The longest text, in letters; the longest list of keys, and of anything else.
_TEXT, _KEYS, _LIST = 100_000, 10_000, 100
_WORD, _REST = 200, 20_000
# Parameters that Python has another name for.
_RENAMED = {"from": "since", "to": "until"}


@dataclass(frozen=True)
class Verb:
    """One thing that can be asked.

    Attributes:
        place: what answers it, ``module:function``, in this package; "" for the session itself.
        takes: its parameters, each with what it must look like.
        changes: whether it does something to jobs: such need more rights than looking.
        waits: whether it may wait for a scheduler, for minutes if that hangs.
    """

    place: str
    takes: Mapping[str, Check]
    changes: bool = False
    waits: bool = False

    def check(self, given: object) -> dict[str, Any]:
        """The parameters by their names in Python.

        Raises:
            RequestError: they are not what this verb takes.
        """
        if not isinstance(given, dict) or given.keys() != self.takes.keys():
            raise RequestError(f"What is given must be: {', '.join(self.takes) or 'nothing'}.")
        found = {}
        for name, check in self.takes.items():
            try:
                found[_RENAMED.get(name, name)] = check(given[name])
            except ValueError as error:
                raise RequestError(f"{name} must be {error}.") from None
        return found

    def function(self) -> Callable[..., Any]:
        """What answers it; it takes these parameters, and may take a while."""
        module, _, name = self.place.partition(":")
        found: Callable[..., Any] = getattr(
            importlib.import_module(f"{__package__}.{module}"), name
        )
        return found


def verb(name: object) -> Verb:
    """What is asked by that name.

    Raises:
        RequestError: there is nothing of that name.
    """
    if isinstance(name, str) and name in VERBS:
        return VERBS[name]
    raise RequestError(f"{str(name)[:80]!r} can't be asked.")


def _text(most: int = _TEXT) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or len(value) > most:
            raise ValueError(f"a text of at most {most} letters")
        return value

    return check


def _number(least: float, most: float, *, whole: bool = False) -> Check:
    kinds = int if whole else int | float

    def check(value: Any) -> Any:
        right = isinstance(value, kinds) and not isinstance(value, bool)
        if not right or not least <= value <= most:
            raise ValueError(f"a {'whole ' * whole}number from {least} to {most}")
        return value

    return check


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _one_of(*words: str) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return value

    return check


def _list_of(check: Check, most: int = _LIST) -> Check:
    def check_all(value: Any) -> list[Any]:
        if not isinstance(value, list) or len(value) > most:
            raise ValueError(f"a list of at most {most}")
        return [check(one) for one in value]

    return check_all


def _object(**fields: Check) -> Check:
    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or value.keys() != fields.keys():
            raise ValueError(f"an object of {', '.join(fields)}")
        return {name: one(value[name]) for name, one in fields.items()}

    return check


def _key(value: Any) -> str:
    text: str = _text(keys.LONGEST)(value)
    try:
        keys.check(text)
    except RequestError:
        raise ValueError("the key of a row") from None
    return text


_TIME = _number(0, 1e11)  # seconds since the epoch
_SIZE = 1 << 53  # beyond it, numbers of JavaScript are not whole
_CHOICE = _object(
    levels=_list_of(_object(name=_text(_WORD), count=_number(0, 1e9, whole=True))),
    conditions=_list_of(
        _object(property=_text(_WORD), operator=_one_of(*OPERATORS), value=_text(_WORD))
    ),
    walltime=_number(0, 1e9, whole=True),
    queue=_text(_WORD),
    types=_list_of(_text(_WORD)),
    rest=_text(_REST),
)

VERBS: dict[str, Verb] = {
    "hello": Verb("hello:hello", {}),
    "follow": Verb("", {"everyone": _yes_or_no, "opened": _list_of(_key, _KEYS)}),
    "watch": Verb("", {"keys": _list_of(_key, 20)}),
    "details": Verb("details.verb:details", {"key": _key}, waits=True),
    "log": Verb(
        "logs:log",
        {
            "key": _key,
            "stream": _one_of("stdout", "stderr"),
            "at": _number(-1, _SIZE, whole=True),
            "most": _number(0, 1 << 24, whole=True),
        },
    ),
    "act": Verb(
        "actions:act",
        {"action": _one_of("cancel", "hold", "resume", "again"), "keys": _list_of(_key, _KEYS)},
        changes=True,
        waits=True,
    ),
    "cluster": Verb(
        "cluster:cluster", {"backend": _text(_WORD), "from": _TIME, "to": _TIME}, waits=True
    ),
    "site": Verb("site:site", {"backend": _text(_WORD)}, waits=True),
    "pick": Verb("picking.pick:pick", {"backend": _text(_WORD), "choice": _CHOICE}, waits=True),
    "read": Verb("picking.pick:read", {"words": _text()}),
    "place": Verb("picking.place:place", {"cell": _text(), "words": _text()}),
}
