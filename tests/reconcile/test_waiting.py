from __future__ import annotations

import itertools

import pytest

from ecsinfer import events
from ecsinfer.reconcile.waiting import SLOWEST_POLL
from tests.reconcile.fakes import BOOT, WITHIN, Run, World, killed_after, thing


def test_waiting_tells_what_it_waits_for_and_for_how_long_it_may() -> None:
    run = Run(World())

    run.deploy(thing("a", size=3))

    first, *_, last = run.told(events.Waiting)
    assert first == events.Waiting("thing/a", "a is BOOTING", 0.0, WITHIN, {"size": 3})
    assert first.elapsed < last.elapsed <= BOOT


@pytest.mark.rule("I3")
def test_looks_get_rarer_and_are_never_too_rare() -> None:
    run = Run(World())

    run.deploy(thing("a"))

    pauses = [
        later.elapsed - earlier.elapsed
        for earlier, later in itertools.pairwise(run.told(events.Waiting))
    ]
    assert pauses[0] < pauses[-1] <= SLOWEST_POLL * 1.15


def test_all_that_is_waited_for_is_looked_at_in_one_round() -> None:
    run = Run(World())

    run.deploy(thing("a"), thing("b"), thing("c"))

    assert len(run.world.rounds[-1]) == 3


def test_a_rollout_that_fails_ends_the_run_with_what_aws_said() -> None:
    run = Run(World(booted={"a": "FAILED"}))

    outcome = run.deploy(thing("a"), thing("b"))

    assert (outcome.status, outcome.exit_code) == ("failed", 3)
    assert outcome.error == "thing/a: a crashed"
    assert outcome.evidence == ("exit code 137",)
    assert [each.node for each in run.told(events.ActionFinished)] == ["thing/b"]


def test_a_failure_of_an_earlier_run_is_told_again() -> None:
    world = World(booted={"a": "FAILED"})
    Run(world).deploy(thing("a"))

    assert Run(world).deploy(thing("a")).exit_code == 3
    assert len(world.calls) == 1


@pytest.mark.rule("I8")
def test_being_superseded_is_busy_not_failed() -> None:
    outcome = Run(World(booted={"a": "TAKEN"})).deploy(thing("a"))

    assert (outcome.status, outcome.exit_code) == ("busy", 5)


def test_a_wait_ends_at_its_own_deadline() -> None:
    run = Run(World(booted={"a": "BOOTING"}))
    begun = run.world.clock.now()

    outcome = run.deploy(thing("a"))

    assert (outcome.status, outcome.exit_code) == ("timed-out", 4)
    assert "a is BOOTING" in outcome.error
    assert (run.world.clock.now() - begun).total_seconds() == pytest.approx(WITHIN, abs=2)


def test_a_wait_that_is_given_up_names_the_cause_and_the_time_as_everywhere() -> None:
    causes = (events.Cause("disk-full", "it does not fit"), events.Cause("alarm", "it rings"))
    run = Run(World(booted={"a": "BOOTING"}), explain=lambda _key, _saved: causes)

    outcome = run.deploy(thing("a"), timeout=1204)

    after = events.duration(min(1204, WITHIN))
    assert outcome.error == f"thing/a: not ready after {after}: a is BOOTING: it does not fit"


def test_the_hint_of_a_failure_does_not_deny_what_was_undone() -> None:
    outcome = Run(World(booted={"a": "FAILED"})).deploy(thing("a"))

    assert outcome.hint == "correct the cause and deploy again"


def test_the_run_ends_at_its_deadline_and_begins_nothing_more() -> None:
    run = Run(World())

    outcome = run.deploy(thing("a"), thing("b", needs=["a"]), thing("c"), timeout=30)

    assert outcome.exit_code == 4
    assert run.world.operations == ["CreateThing a"]
    assert "thing/a" in outcome.error


def test_what_is_done_before_the_deadline_counts() -> None:
    run = Run(World())

    outcome = run.deploy(thing("a"), timeout=BOOT + 20)

    assert outcome.exit_code == 0


def test_a_retry_does_not_outlast_the_run() -> None:
    outcome = Run(World()).deploy(thing("a"), timeout=0.4)

    assert outcome.exit_code == 4


def test_a_look_that_fails_is_repeated() -> None:
    world = World()
    world.clock.after(5, lambda: setattr(world, "failing_looks", 3))
    run = Run(world)

    assert run.deploy(thing("a")).exit_code == 0
    assert len(run.told(events.Warned)) == 3


def test_looks_that_always_fail_end_the_run() -> None:
    world = World()
    world.clock.after(5, lambda: setattr(world, "failing_looks", 1000))

    outcome = Run(world).deploy(thing("a"))

    assert outcome.exit_code == 1
    assert "network" in outcome.error


def test_an_interrupted_run_says_what_rolls_on_and_what_was_not_begun() -> None:
    world = World(faults={2: killed_after})
    run = Run(world)

    outcome = run.deploy(thing("a"), thing("b"), thing("c", needs=["a"]))

    assert (outcome.status, outcome.exit_code) == ("interrupted", 130)
    assert "still rolling: thing/a" in outcome.error
    assert "not finished: thing/b, thing/c" in outcome.error
    assert "same command" in outcome.hint
    assert run.told(events.Finished)[0].exit_code == 130
