"""The plan: whatever is asked for, no core is given twice and nobody is overtaken to his loss."""

from __future__ import annotations

import time
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pydra_oar_jupyter.backends.local.cluster import Cluster
from pydra_oar_jupyter.backends.local.schedule import (
    DEPTH,
    Alternative,
    Holding,
    Plan,
    Waiting,
    choose,
    plan,
)

NOW = 1000.0


def cluster(hosts: int, cores: int) -> Cluster:
    return Cluster(
        [
            {"resource_id": host * cores + core, "host": f"node{host}", "core": host * cores + core}
            for host in range(hosts)
            for core in range(cores)
        ]
    )


@st.composite
def situations(draw: st.DrawFn) -> tuple[Cluster, list[Holding], list[Waiting]]:
    there = cluster(draw(st.integers(1, 3)), draw(st.integers(1, 4)))
    holding: list[Holding] = []
    for bit in range(len(there.resources)):
        if draw(st.booleans()):
            until = NOW + draw(st.integers(1, 50))
            holding.append(Holding(100 + bit, 1 << bit, until, draw(st.booleans())))
    alternatives = st.builds(
        lambda host, core, within, walltime: Alternative(
            ((within or there.all, (("host", host), ("core", core))),), walltime
        ),
        st.one_of(st.integers(1, 3), st.just("ALL"), st.just("BEST")),
        st.integers(1, 4),
        st.integers(0, there.all),
        st.integers(1, 40),
    )
    several = st.lists(alternatives, min_size=1, max_size=2).map(tuple)
    waiting: list[Waiting] = []
    for id_ in range(draw(st.integers(0, 12))):
        known = [job.id for job in waiting] + [job.id for job in holding]
        after = draw(st.lists(st.sampled_from(known), max_size=1)) if known else []
        earliest = draw(st.one_of(st.just(0.0), st.integers(990, 1040).map(float)))
        soft = draw(st.booleans())
        waiting.append(Waiting(id_, draw(several), earliest, tuple(after), soft))
    return there, holding, sorted(waiting, key=lambda job: job.besteffort)


def fits(there: Cluster, job: Waiting, chosen: int, walltime: int) -> bool:
    """Whether exactly these resources are what the job asks for in one of its ways."""
    for one in job.alternatives:
        [(within, [(_, hosts), (_, cores)])] = one.groups
        per_host = [(host & chosen).bit_count() for host in there.values("host") if host & chosen]
        able = sum((host & within).bit_count() >= cores for host in there.values("host"))
        enough = {"ALL": len(per_host) == able, "BEST": len(per_host) >= 1}
        if (
            not chosen & ~within
            and one.walltime == walltime
            and set(per_host) == {cores}
            and enough.get(str(hosts), len(per_host) == hosts)
        ):
            return True
    return False


@given(situations())
@settings(max_examples=400, deadline=None)
def test_no_core_is_given_twice_and_each_gets_what_it_asked_for(
    situation: tuple[Cluster, list[Holding], list[Waiting]],
) -> None:
    there, holding, waiting = situation
    made = plan(there, holding, waiting, NOW)
    spans = [
        (start.time, start.time + start.walltime, start.resources, jobs[id_])
        for jobs in ({job.id: job for job in waiting},)
        for id_, start in made.starts.items()
    ]
    for begin, end, chosen, job in spans:
        assert fits(there, job, chosen, int(end - begin))
        assert begin >= max(NOW, job.earliest)
        for other_begin, other_end, others, other in spans:
            if other is not job and begin < other_end and other_begin < end:
                assert not chosen & others
        for holder in holding:
            if begin < holder.until and (not holder.besteffort or job.besteffort):
                assert not chosen & holder.resources
    held = sum(holder.resources for holder in holding)
    for id_ in made.launch:
        assert made.starts[id_].time <= NOW
        assert not made.starts[id_].resources & held


@given(situations(), st.integers(0, 12))
@settings(max_examples=300, deadline=None)
def test_a_later_job_delays_none_before_it(
    situation: tuple[Cluster, list[Holding], list[Waiting]], kept: int
) -> None:
    there, holding, waiting = situation
    everything = plan(there, holding, waiting, NOW)
    part = plan(there, holding, waiting[:kept], NOW)
    assert {id_: everything.starts[id_] for id_ in part.starts} == part.starts


@given(situations())
@settings(max_examples=300, deadline=None)
def test_nobody_waits_for_what_is_free(
    situation: tuple[Cluster, list[Holding], list[Waiting]],
) -> None:
    there, holding, waiting = situation
    made = plan(there, holding, waiting, NOW)
    # All that anybody will ever have from now on: what is outside of it is free for good.
    ever = sum(holder.resources for holder in holding)
    for start in made.starts.values():
        ever |= start.resources
    for job in waiting:
        # With a choice, one may wait for the alternative that ends sooner.
        could = job.id in made.starts and job.earliest <= NOW and not job.after
        if could and len(job.alternatives) == 1:
            idle = choose(there, job.alternatives[0], there.all & ~ever)
            assert not idle or made.starts[job.id].time <= NOW


@given(situations())
@settings(max_examples=300, deadline=None)
def test_only_besteffort_jobs_give_way_and_only_for_a_reason(
    situation: tuple[Cluster, list[Holding], list[Waiting]],
) -> None:
    there, holding, waiting = situation
    made = plan(there, holding, waiting, NOW)
    soft = {holder.id: holder for holder in holding if holder.besteffort}
    firm = [job.id for job in waiting if not job.besteffort]
    for id_ in made.preempt:
        taking = [
            made.starts[job]
            for job in firm
            if job in made.starts and made.starts[job].resources & soft[id_].resources
        ]
        assert any(start.time <= NOW for start in taking)


def asking(id_: int, cores: int, walltime: int, there: Cluster) -> Waiting:
    return Waiting(id_, (Alternative(((there.all, (("core", cores),)),), walltime),))


def times(made: Plan) -> dict[int, float]:
    return {id_: start.time - NOW for id_, start in made.starts.items()}


def test_a_short_job_goes_first_where_it_delays_nobody() -> None:
    there = cluster(1, 2)
    holding = [Holding(9, 0b01, NOW + 100)]
    wide, long, short = (
        asking(1, 2, 10, there),
        asking(2, 1, 101, there),
        asking(3, 1, 100, there),
    )
    made = plan(there, holding, [wide, long, short], NOW)
    assert times(made) == {1: 100, 2: 110, 3: 0}
    assert made.launch == [3]


def test_the_alternative_that_ends_first_is_taken() -> None:
    there = cluster(1, 2)
    wide = Alternative(((there.all, (("core", 2),)),), 10)
    narrow = Alternative(((there.all, (("core", 1),)),), 60)
    holding = [Holding(9, 0b01, NOW + 40)]
    made = plan(there, holding, [Waiting(1, (wide, narrow))], NOW)
    assert (made.starts[1].time, made.starts[1].walltime) == (NOW + 40, 10)
    made = plan(there, [Holding(9, 0b01, NOW + 55)], [Waiting(1, (wide, narrow))], NOW)
    assert (made.starts[1].time, made.starts[1].walltime) == (NOW, 60)


def test_a_job_with_a_date_leaves_the_time_before_it_to_others_like_it() -> None:
    there = cluster(1, 1)
    now, late, later = (asking(id_, 1, 10, there) for id_ in (1, 2, 3))
    late = replace(late, earliest=NOW + 50)
    made = plan(there, [Holding(9, 0b1, NOW + 10)], [now, late, later], NOW)
    assert times(made) == {1: 10, 2: 50, 3: 20}


def test_a_long_queue_costs_little_and_is_planned_up_to_a_depth() -> None:
    there = cluster(1, 2)
    holding = [Holding(9, 0b11, NOW + 100)]
    queue = [asking(id_, 1 + id_ % 2, 10 + id_ % 7, there) for id_ in range(1000)]
    began = time.perf_counter()
    made = plan(there, holding, queue, NOW)
    took = time.perf_counter() - began
    print(f"a plan of {len(made.starts)} of 1,000 waiting jobs took {took * 1000:.1f} ms")
    assert len(made.starts) == DEPTH
    assert took < 2
