"""A form and oarsub's words, how much of a cluster matches, and when it would start."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydra_oar_jupyter.backends.local.cluster import Cluster
from pydra_oar_jupyter.core.errors import RequestError
from pydra_oar_jupyter.core.request import Request
from pydra_oar_jupyter.core.state import Allocation, JobState
from pydra_oar_jupyter.monitor.picking.choice import Choice, Condition, joined
from pydra_oar_jupyter.monitor.picking.matching import alive, match
from pydra_oar_jupyter.monitor.picking.pick import pick, read
from pydra_oar_jupyter.monitor.picking.start import earliest
from pydra_oar_jupyter.monitor.verbs import VERBS
from tests.core.test_request import REAL, requests
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pydra_oar_jupyter.core.job import Job

NOW = 1000.0
EMPTY: dict[str, Any] = {
    "levels": [], "conditions": [], "walltime": 0, "queue": "", "types": [], "rest": "",
}  # fmt: skip

_properties = st.sampled_from(["cluster", "mem", "gpu_model", "host"])
_values = st.text(st.characters(exclude_characters="\n\0", exclude_categories=["Cs"]), max_size=9)
_conditions = st.builds(
    Condition,
    _properties,
    st.sampled_from(["=", "!=", ">=", "<="]),
    st.one_of(_values, st.integers(-9, 9).map(str), st.just("it's"), st.just("1.50")),
)
_rests = st.sampled_from(
    ["", "--project p", "-n name -a 12", "--array 3", "-p \"x > 1 or y in ('a', ')')\"",
     "-l \"{mem > 3}host=1+core=2\"", "-l host=BEST --hold"]
)  # fmt: skip


@st.composite
def choices(draw: st.DrawFn) -> Choice:
    rest = draw(_rests)
    names = st.sampled_from(["cluster", "host", "cpu", "gpu", "core"])
    levels = st.lists(
        st.tuples(names, st.integers(0, 99)), max_size=3, unique_by=lambda one: one[0]
    )
    own = "-l" in rest
    return Choice(
        () if own else tuple(draw(levels)),
        tuple(draw(st.lists(_conditions, max_size=3))),
        draw(st.integers(0, 10**6)),
        draw(st.sampled_from(["", "default", "big one"])),
        tuple(draw(st.lists(st.sampled_from(["besteffort", "inner=12", "night"]), max_size=2))),
        rest,
    )


def same(one: Request, other: Request) -> bool:
    """But for blanks, the case of AND, and quotes around numbers."""

    def plain(request: Request) -> Request:
        sql = request.properties
        if sql is not None:
            parts = re.split(r"('(?:[^']|'')*')", sql)
            parts[::2] = [re.sub(r"\s+", "", part).upper() for part in parts[::2]]
            parts[1::2] = [
                part[1:-1] if re.fullmatch(r"'-?[0-9]+(\.[0-9]+)?'", part) else part
                for part in parts[1::2]
            ]
            sql = "".join(parts)
        return replace(request, properties=sql)

    return plain(one) == plain(other)


@given(choices())
def test_a_choice_is_read_back_from_its_words(choice: Choice) -> None:
    words = joined(choice.request().words())
    assert Choice.of(Request.parse(words)) == choice
    assert Choice.read(json.loads(json.dumps(choice.message()))) == choice


@given(requests)
def test_nothing_of_a_request_is_lost_in_the_form(request_: Request) -> None:
    choice = Choice.of(request_)
    assert same(choice.request(), request_)
    assert same(Request.parse(joined(choice.request().words())), request_)


@pytest.mark.parametrize("line", REAL)
def test_nothing_of_a_real_request_is_lost_in_the_form(line: str) -> None:
    assert same(Choice.of(Request.parse(line)).request(), Request.parse(line))


@given(_conditions | st.builds(Condition, st.text(max_size=5), st.text(max_size=3), st.text()))
def test_a_condition_stays_what_it_is_or_is_refused(one: Condition) -> None:
    try:
        request_ = Choice(conditions=(one,)).request()
    except RequestError:
        return
    assert Choice.of(Request.parse(request_.words())).conditions == (one,)


@given(st.tuples(st.text(max_size=8), st.integers(-2, 9)), st.text(max_size=8), st.text(max_size=8))
def test_fields_hold_nothing_but_themselves(level: tuple[str, int], queue: str, type_: str) -> None:
    message = EMPTY | {
        "levels": [{"name": level[0], "count": level[1]}], "queue": queue, "types": [type_],
    }  # fmt: skip
    try:
        choice = Choice.read(VERBS["pick"].check({"backend": "", "choice": message})["choice"])
        request_ = choice.request()
    except RequestError:
        return
    assert Choice.of(Request.parse(joined(request_.words()))) == choice


def test_what_the_form_shows() -> None:
    words = "-l host=2/core=ALL,walltime=1:30 -p \"cluster='a' and mem >= 64\" -q q -t night -n x"
    assert read(words=words) == {
        "levels": [{"name": "host", "count": 2}, {"name": "core", "count": 0}],
        "conditions": [
            {"property": "cluster", "operator": "=", "value": "a"},
            {"property": "mem", "operator": ">=", "value": "64"},
        ],
        "walltime": 5400,
        "queue": "q",
        "types": ["night"],
        "rest": "-n x",
    }
    part = read(words='-p "a=1 and (b > 2)" -l "{c > 1}host=1,walltime=2"')
    assert [one["property"] for one in part["conditions"]] == ["a"]
    assert (part["levels"], part["walltime"]) == ([], 7200)
    assert part["rest"] == '-l "{c > 1}host=1" -p "b > 2"'


def test_wrong_words_are_told_with_their_place() -> None:
    with pytest.raises(RequestError) as refusal:
        read(words="-l host=1 -q")
    assert refusal.value.at == 10


@pytest.mark.parametrize(
    "message",
    [
        {}, EMPTY | {"levels": 3}, EMPTY | {"levels": [1]}, EMPTY | {"walltime": "1"},
        EMPTY | {"walltime": True}, EMPTY | {"queue": None}, EMPTY | {"types": [3]},
        EMPTY | {"types": "besteffort"}, EMPTY | {"rest": "x" * 99_999},
        EMPTY | {"levels": [{"name": "host", "count": 1.5}]},
        EMPTY | {"conditions": [{"property": "a", "operator": "="}]},
        EMPTY | {"types": ["night"] * 101}, EMPTY | {"walltime": 1.5}, EMPTY | {"walltime": -1},
    ],
)  # fmt: skip
def test_what_is_no_choice_is_refused(message: dict[str, Any]) -> None:
    with pytest.raises(RequestError, match="choice must be"):
        VERBS["pick"].check({"backend": "local", "choice": message})


# Matching, and the earliest start, against a look at every possibility.


def small(hosts: int, cores: int, states: Sequence[str] = ()) -> Cluster:
    return Cluster(
        [
            {
                "resource_id": 1 + host * cores + core,
                "network_address": f"n{host}",
                "host": f"n{host}",
                "core": host * cores + core,
                "mem": 10 * (host + 1),
                "state": states[host * cores + core] if states else "Alive",
                "type": "default",
                "drain": "NO",
            }
            for host in range(hosts)
            for core in range(cores)
        ]
    )


@st.composite
def situations(draw: st.DrawFn) -> tuple[Cluster, list[Allocation], tuple[int, int], int, bool]:
    hosts, cores = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    there = small(hosts, cores)
    allocations = []
    for id_, one in itertools.product(range(draw(st.integers(0, 3))), there.resources):
        start = NOW + draw(st.integers(-5, 12))
        if draw(st.booleans()):
            state = JobState.RUNNING if start <= NOW else JobState.WAITING
            stop = start + draw(st.integers(1, 8))
            soft = draw(st.booleans())
            allocations.append(
                Allocation(id_, state, start, stop, (one["resource_id"],), besteffort=soft)
            )
    wanted = draw(st.tuples(st.integers(1, 3), st.integers(1, 2)))
    return there, allocations, wanted, draw(st.integers(1, 9)), draw(st.booleans())


def looked_for(
    there: Cluster, allocations: list[Allocation], wanted: tuple[int, int], length: int, soft: bool
) -> float | None:
    """The first whole second at which so many hosts have so many free cores for so long."""
    for start in range(int(NOW), int(NOW) + 60):
        hosts: dict[str, int] = {}
        for one in there.resources:
            taken = any(
                one["resource_id"] in other.resources
                and other.start < start + length
                and (other.stop > start or (start == NOW and other.state is JobState.RUNNING))
                and (soft or not other.besteffort)
                for other in allocations
            )
            hosts[one["host"]] = hosts.get(one["host"], 0) + (not taken)
        if sum(free >= wanted[1] for free in hosts.values()) >= wanted[0]:
            return float(start)
    return None


@given(situations())
@settings(max_examples=300)
def test_the_earliest_start_is_the_one_that_looking_finds(
    situation: tuple[Cluster, list[Allocation], tuple[int, int], int, bool],
) -> None:
    there, allocations, wanted, length, soft = situation
    request_ = Request.parse(f"-l host={wanted[0]}/core={wanted[1]},walltime=0:0:{length}")
    found = match(there, request_)
    start = earliest(there, found.alternatives, allocations, NOW, besteffort=soft)
    assert start == looked_for(there, allocations, wanted, length, soft)


@given(
    st.lists(st.sampled_from(["Alive", "Absent", "Suspected", "Dead"]), min_size=6, max_size=6),
    st.sampled_from(["=", "!=", ">=", "<="]),
    st.integers(0, 40),
)
def test_what_matches_is_what_python_finds(states: list[str], operator: str, mem: int) -> None:
    there = small(3, 2, states)
    found = match(there, Choice(conditions=(Condition("mem", operator, str(mem)),)).request())
    compare: dict[str, Callable[[int], bool]] = {
        "=": mem.__eq__, "!=": mem.__ne__, ">=": mem.__le__, "<=": mem.__ge__,
    }  # fmt: skip
    expected = [
        one for one in there.resources if one["state"] != "Dead" and compare[operator](one["mem"])
    ]
    assert there.members(found.resources) == expected
    assert there.members(alive(there)) == [o for o in there.resources if o["state"] == "Alive"]


def test_conditions_that_can_t_be_evaluated_are_left_out_and_told() -> None:
    there = small(2, 2)
    found = match(there, Request.parse('-l "{host ~ \'1$\'}core=1" -p "mem > 10"'))
    assert there.members(found.resources) == [one for one in there.resources if one["mem"] > 10]
    assert found.ignored == ("host ~ '1$'",)


# On the backends.


def answer(backend: str, words: str) -> dict[str, Any]:
    return pick(backend=backend, choice=read(words=words))


def test_an_idle_cluster_is_there_at_once(backend: str, spool: Path) -> None:
    found = answer(backend, "-l host=2/core=4,walltime=0:10")
    assert found["words"] == "-l host=2/core=4,walltime=0:10:00"
    assert found["matching"] == {"hosts": 2, "resources": 8}
    if backend == "local":  # on the other, others may be at work
        assert (found["free"], found["start"], found["note"]) == (found["matching"], 0, "")
    never = answer(backend, "-l host=3")
    assert (never["start"], never["matching"]) == (-2, {"hosts": 2, "resources": 8})
    assert "not enough" in never["note"]


def test_what_the_cluster_does_not_have_is_told(backend: str, spool: Path) -> None:
    found = answer(backend, "-l hots=1")
    assert (found["start"], found["words"]) == (-2, "-l hots=1")
    assert "'hots'" in found["note"]
    assert "Did you mean 'host'?" in found["note"]


@pytest.mark.parametrize("rest", ["-a 1", "--hold", '-r "2030-01-01 10:00:00"', "-t inner=12"])
def test_a_start_that_others_decide_is_not_known(spool: Path, rest: str) -> None:
    found = answer("local", f"-l core=1 {rest}")
    assert found["start"] == -1
    assert found["note"]


def test_properties_that_are_texts_are_compared_as_texts(backend: str, spool: Path) -> None:
    found = answer(backend, "-p \"cpuset = 2 and mem >= '1'\"")
    assert found["words"] == "-p \"cpuset='2' AND mem>=1\""
    assert found["matching"] == {"hosts": 2, "resources": 2}


def test_behind_a_job_it_starts_when_that_ends(
    backend: str, spool: Path, submit: Callable[..., list[Job]]
) -> None:
    [first] = submit("sleep 600", options="-l host=2,walltime=0:20")
    first.submitted(60)

    wait_until(lambda: first.state is JobState.RUNNING, every=0.2)
    told = wait_until(
        lambda: (found := answer(backend, "-l host=1/core=2,walltime=0:05"))["start"] > 0 and found,
        every=1.0,
    )
    assert told["free"] == {"hosts": 0, "resources": 0}
    [second] = submit("true", options="-l host=1/core=2,walltime=0:05")
    id_ = second.submitted(60)
    planned = wait_until(lambda: second.backend.status([id_])[id_].scheduled, every=0.5)
    assert abs(told["start"] - planned) < 10
    # Besteffort jobs would wait for it as well; it does not give way.
    assert answer(backend, "-l core=1 -t besteffort")["start"] > 0
    for one in (second, first):
        one.cancel()
