"""The resources, and which of them fit a request. Sets of resources are bits of an int."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.core.errors import Refused, RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    # For each value of a property the resources that have it, and what is below; None where each
    # resource has a value of its own, which needs no set for each.
    Tree = list[tuple[int, "Tree"]] | None

    # Each a property and how many of its values: a number, ALL, BEST or BESTHALF.
    Levels = Sequence[tuple[str, int | str]]

# What OAR calls "nodes" in a request.
_ALIASES = {"nodes": "network_address"}
# What an SQL condition may call, apart from reading the resources.
_FUNCTIONS = {"like", "lower", "upper", "length"}
# How long it may take, in seconds, how often that is looked at, in SQLite's own steps, and how
# long a text may become in it, in bytes.
_LONGEST, _STEPS, _TEXT = 5.0, 10_000, 1 << 20


def this_machine() -> list[dict[str, Any]]:
    """The properties of each core, by OAR's names; ``mem`` is the host's, in MiB.

    The machine is one host with the cores that this process may use, unless
    PYDRA_OAR_LOCAL=HOSTSxCORES says otherwise.

    Raises:
        RequestError: PYDRA_OAR_LOCAL is something else.
    """
    shape = os.environ.get("PYDRA_OAR_LOCAL", "")
    if shape:
        match = re.fullmatch(r"([1-9]\d{0,3})x([1-9]\d{0,3})", shape)
        if not match:
            raise RequestError(
                f"PYDRA_OAR_LOCAL={shape!r} is not HOSTSxCORES.", hint="Write it as 2x4."
            )
        names = [f"node{number}" for number in range(1, int(match[1]) + 1)]
        cores = int(match[2])
    else:
        names, cores = [os.uname().nodename], _cores()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    return [
        {
            "resource_id": host * cores + core + 1,
            "network_address": name,
            "host": name,
            "cpu": host + 1,
            "core": host * cores + core + 1,
            "cpuset": str(core),
            "mem": memory,
            "state": "Alive",
            "type": "default",
            "besteffort": "YES",
            "deploy": "NO",
            "desktop_computing": "NO",
            "drain": "NO",
        }
        for host, name in enumerate(names)
        for core in range(cores)
    ]


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Cluster:
    """Resources with their properties, one bit for each in a set of them."""

    def __init__(self, resources: Sequence[dict[str, Any]]) -> None:
        self.resources = resources
        self.all = (1 << len(resources)) - 1
        self._bit = {one["resource_id"]: 1 << i for i, one in enumerate(resources)}
        self._values: dict[str, list[int]] = {}
        self._trees: dict[tuple[str, ...], Tree] = {}
        self._matching: dict[str, int] = {"": self.all}

    def set_of(self, ids: Iterable[int]) -> int:
        """These resources as a set; those that are no more are left out."""
        return sum(self._bit.get(id_, 0) for id_ in ids)

    def having(self, what: Callable[[dict[str, Any]], bool]) -> int:
        """The resources of which that is true."""
        bits = ("1" if what(one) else "0" for one in reversed(self.resources))
        return int("".join(bits) or "0", 2)

    def members(self, chosen: int) -> list[dict[str, Any]]:
        """The properties of each resource of a set."""
        return [one for i, one in enumerate(self.resources) if chosen >> i & 1]

    def values(self, name: str) -> list[int]:
        """For each value of a property, the resources that have it.

        Raises:
            Refused: no resource has this property.
        """
        if name not in self._values:
            groups = self._by_value(name, range(len(self.resources)))
            self._values[name] = [_bits(group) for group in groups]
        return self._values[name]

    def _by_value(self, name: str, members: Iterable[int]) -> list[list[int]]:
        """The numbers of these resources, those together that have one value of a property."""
        key = _ALIASES.get(name.lower(), name.lower())
        if self.resources and key not in self.resources[0]:
            raise self._unknown(name)
        groups: dict[Any, list[int]] = {}
        for i in members:
            groups.setdefault(self.resources[i][key], []).append(i)
        return list(groups.values())

    def matching(self, condition: str) -> int:
        """The resources that an SQL condition is true of.

        SQLite evaluates it in a database of its own, which holds nothing but the resources.

        Raises:
            Refused: it is none, speaks of something else, or takes too long.
        """
        if condition not in self._matching:
            self._matching[condition] = self.set_of(self._select(condition))
        return self._matching[condition]

    def _select(self, condition: str) -> list[int]:
        names = list(self.resources[0]) if self.resources else ["resource_id"]
        # SQLite would take "word" for a text where it is no column; OAR's database does not.
        for quoted in re.findall(r'"([^"]*)"', re.sub(r"'[^']*'", "", condition)):
            if quoted not in names:
                raise self._unknown(quoted)
        database = sqlite3.connect(":memory:")
        try:
            types = (f"\"{n}\" {'INTEGER' if isinstance(self.resources[0][n], int) else 'TEXT'}"
                     for n in names)  # fmt: skip
            database.execute(f"CREATE TABLE resources ({', '.join(types)})")
            marks = ", ".join("?" * len(names))
            rows = (tuple(one.values()) for one in self.resources)
            database.executemany(f"INSERT INTO resources VALUES ({marks})", rows)  # noqa: S608  of "?"
            database.execute("PRAGMA case_sensitive_like = ON")
            database.set_authorizer(_allow)
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _TEXT)
            end = time.monotonic() + _LONGEST
            database.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
            query = f"SELECT resource_id FROM resources WHERE ({condition})"  # noqa: S608  so asked
            return [row[0] for row in database.execute(query)]
        except (sqlite3.Error, sqlite3.Warning, UnicodeError) as error:
            if unknown := re.fullmatch(r"no such column: (.*)", str(error)):
                raise self._unknown(unknown[1]) from error
            why = str(error).replace("interrupted", f"it took longer than {_LONGEST:g} s")
            raise Refused(f"Bad resource request: {condition!r}: {why}.") from error
        finally:
            database.close()

    def _unknown(self, name: str) -> Refused:
        known = ", ".join(self.resources[0]) if self.resources else "none"
        return Refused(
            f"Bad resource request: the resources have no property {name!r}. They have: {known}."
        )

    def choose(self, levels: Levels, within: int, free: int) -> int:
        """Free resources of ``within`` that make up this hierarchy; 0 if there are none.

        Below the last level all resources are wanted: of ``host=1``, all cores of the host.
        """
        if not within & free:
            return 0
        names = tuple(name for name, _ in levels)
        if names not in self._trees:
            self._trees[names] = self._grow(names, range(len(self.resources)))
        return _choose(self._trees[names], levels, within, free)

    def _grow(self, names: Sequence[str], members: Sequence[int]) -> Tree:
        """The hierarchy of these properties, down to the last one."""
        if not names:
            return []
        groups = self._by_value(names[0], members)
        if len(names) == 1 and len(groups) == len(members):
            return None
        return [(_bits(group), self._grow(names[1:], group)) for group in groups]

    def __str__(self) -> str:
        """``2 hosts of 4 cores``."""
        hosts = self.values("host") if self.resources else []
        sizes = sorted({host.bit_count() for host in hosts})
        return f"{_many(len(hosts), 'host')} of {' or '.join(map(str, sizes))} " + (
            "core" if sizes == [1] else "cores"
        )

    def refusal(self, levels: Levels, condition: str, within: int) -> Refused:
        """The refusal of what not even an idle cluster could give."""
        asked = " with ".join(_many(count, name) for name, count in levels)
        few = levels[0][1] == 1
        there = f"There {'is' if len(self.values('host')) == 1 else 'are'} {self}"
        if condition:
            matching = within.bit_count()
            there += f", of which {_many(matching, 'core')} match{'es' * (matching == 1)}"
            there += f" {condition!r}"
        return Refused(
            "There are not enough resources for your request. "
            f"{there}, and {asked} {'was' if few else 'were'} asked for."
        )


def _choose(tree: Tree, levels: Levels, within: int, free: int) -> int:
    if not within & free:
        return 0
    if not levels:
        return within if not within & ~free else 0
    (_, count), below = levels[0], levels[1:]
    if tree is None:
        return _lowest(count, within, free)
    chosen = found = there = 0
    left = len(tree)
    for having, subtree in tree:
        if isinstance(count, int) and found + left < count:
            return 0
        left -= 1
        if part := within & having:
            there += 1
            if got := _choose(subtree, below, part, free):
                chosen |= got
                found += 1
                if found == count:
                    return chosen
    return chosen if found >= _enough(count, there) else 0


def _lowest(count: int | str, within: int, free: int) -> int:
    """So many of the free resources, where each is a value of its own."""
    usable, chosen = within & free, 0
    if usable.bit_count() < _enough(count, within.bit_count()):
        return 0
    if not isinstance(count, int):
        return usable
    for _ in range(count):
        chosen |= usable & -usable
        usable &= usable - 1
    return chosen


def _enough(count: int | str, there: int) -> int:
    """How many values are wanted of those that there are."""
    if isinstance(count, int):
        return count
    return {"ALL": there, "BEST": 1, "BESTHALF": (there + 1) // 2}[count]


def _bits(members: Iterable[int]) -> int:
    return sum(1 << i for i in members)


def _many(count: int | str, name: str) -> str:
    name = {"nodes": "host", "network_address": "host", "resource_id": "core"}.get(name, name)
    return f"{count} {name}" if count == 1 or name.endswith("s") else f"{count} {name}s"


def _allow(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    """Let SQLite read the resources, and nothing else (its authorizer)."""
    fine = (
        action == sqlite3.SQLITE_SELECT
        or (action == sqlite3.SQLITE_READ and first == "resources")
        or (action == sqlite3.SQLITE_FUNCTION and second in _FUNCTIONS)
    )
    return sqlite3.SQLITE_OK if fine else sqlite3.SQLITE_DENY
