from __future__ import annotations

import pytest

from ecsinfer.errors import AwsError, OwnershipError
from ecsinfer.events import NOT_THERE, NOT_WANTED
from ecsinfer.model import Settle, Verb
from tests.reconcile.fakes import Run, World, thing

APP = "app"


def test_planning_reads_in_one_round_and_writes_nothing() -> None:
    run = Run(World())

    plan = run.reconciler.plan([thing("a"), thing("b", uses="a"), thing("c")], APP)

    assert [action.verb for action in plan.actions] == [Verb.CREATE] * 3
    assert len(run.world.rounds) == 1
    assert run.world.calls == []


def test_a_reference_to_what_stays_is_bound_in_the_plan() -> None:
    world = World()
    world.put("a")
    plan = Run(world).reconciler.plan([thing("a"), thing("b", uses="a")], APP)

    assert plan.calls[0].params["uses"] == "arn:a:1"


def test_a_reference_to_what_is_made_stays_a_reference() -> None:
    plan = Run(World()).reconciler.plan([thing("a"), thing("b", uses="a")], APP)

    assert plan.calls[1].params["uses"] == "${thing/a#arn}"


def test_what_is_as_wanted_but_on_its_way_is_awaited() -> None:
    world = World()
    world.put("a", status="BOOTING")
    (action,) = Run(world).reconciler.plan([thing("a")], APP).actions

    assert action.verb is Verb.AWAIT
    assert action.why == "a is BOOTING"
    assert all(isinstance(step, Settle) for step in action.steps)


def test_a_failure_that_waiting_will_not_cure_is_not_nothing_to_do() -> None:
    world = World()
    world.put("a", status="FAILED")
    plan = Run(world).reconciler.plan([thing("a")], APP)

    assert not plan.empty
    assert plan.actions[0].why == "a crashed"


def test_everything_that_is_not_ours_is_told_at_once() -> None:
    world = World()
    world.put("a", owner="them")
    world.put("b", owner="them")

    with pytest.raises(OwnershipError) as told:
        Run(world).reconciler.plan([thing("a"), thing("b"), thing("c")], APP)
    assert "thing a" in str(told.value)
    assert "thing b" in str(told.value)
    assert told.value.hint == "--adopt"


def test_every_call_is_checked_before_anything_is_written() -> None:
    with pytest.raises(AwsError, match="at most 100"):
        Run(World()).reconciler.plan([thing("a"), thing("b", size=101)], APP)


def test_a_destroy_goes_backwards_and_keeps_what_is_not_ours() -> None:
    world = World()
    world.put("a", owner="them")
    world.put("b")
    nodes = [thing("a"), thing("b", needs=["a"]), thing("c", needs=["b"])]

    plan = Run(world).reconciler.plan_destroy(nodes, APP)

    assert [(action.node, action.verb) for action in plan.actions] == [
        ("thing/c", Verb.KEEP),
        ("thing/b", Verb.DELETE),
        ("thing/a", Verb.RETAIN),
    ]
    assert [action.why for action in plan.actions] == [NOT_THERE, "", "it is not ours"]


def test_a_deploy_says_of_what_is_neither_there_nor_wanted_that_it_is_not() -> None:
    (action,) = Run(World()).reconciler.plan([thing("a", unwanted=True)], APP).actions
    assert (action.verb, action.why) == (Verb.KEEP, NOT_WANTED)


def test_outputs_are_those_of_what_is_there() -> None:
    world = World()
    world.put("a")

    assert Run(world).reconciler.outputs([thing("a"), thing("b")]) == {
        "thing/a": {"arn": "arn:a:1", "name": "a"}
    }
