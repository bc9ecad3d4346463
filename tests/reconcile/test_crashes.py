"""One fault at every call: the same command again ends where an undisturbed run ends."""

from __future__ import annotations

from typing import Any

import pytest

from ecsinfer import events
from tests.reconcile.fakes import Fault, Run, World, killed_after, killed_before, lost, reset, thing

NODES = [thing("a", size=2), thing("b", uses="a"), thing("c", uses="a"), thing("d", after=["c"])]


def before_deploy() -> World:
    """Something to update, something to replace, something to create."""
    world = World()
    world.put("a", size=1)
    world.put("b", uses="something else")
    return world


def before_destroy() -> World:
    world = World()
    for name in "abcd":
        world.put(name, uses="arn:a:1" if name in "bc" else "", size=2 if name == "a" else 1)
    return world


def state(world: World) -> dict[str, Any]:
    return {
        name: (each["size"], each["uses"], each["status"]) for name, each in world.things.items()
    }


def deploy(world: World) -> Run:
    run = Run(world)
    run.deploy(*NODES)
    return run


def destroy(world: World) -> Run:
    run = Run(world)
    run.destroy(*NODES)
    return run


UNDISTURBED = deploy(before_deploy())
CALLS = range(1, len(UNDISTURBED.world.calls) + 1)


@pytest.mark.parametrize("number", CALLS)
@pytest.mark.parametrize("fault", [killed_before, killed_after, lost, reset])
def test_a_deploy_converges(number: int, fault: Fault) -> None:
    world = before_deploy()
    world.faults[number] = fault

    deploy(world)
    again = deploy(world)

    assert state(world) == state(UNDISTURBED.world)
    assert Run(world).reconciler.plan(NODES, "app").empty
    assert again.told(events.Finished)[0].exit_code == 0


@pytest.mark.parametrize("number", range(1, 5))
@pytest.mark.parametrize("fault", [killed_before, killed_after, lost, reset])
def test_a_destroy_converges(number: int, fault: Fault) -> None:
    world = before_destroy()
    world.faults[number] = fault

    destroy(world)
    destroy(world)

    assert world.things == {}


@pytest.mark.rule("I7")
@pytest.mark.parametrize("number", CALLS)
def test_a_lost_answer_needs_no_second_command_and_no_second_send(number: int) -> None:
    world = before_deploy()
    world.faults[number] = lost

    run = deploy(world)

    assert run.told(events.Finished)[0].exit_code == 0
    assert world.operations == UNDISTURBED.world.operations
    assert [each.applied for each in run.told(events.ResponseLost)] == [True]
    assert state(world) == state(UNDISTURBED.world)


@pytest.mark.rule("I7")
@pytest.mark.parametrize("number", CALLS)
def test_a_call_that_was_not_applied_is_sent_again(number: int) -> None:
    world = before_deploy()
    world.faults[number] = reset

    run = deploy(world)

    assert run.told(events.Finished)[0].exit_code == 0
    assert len(world.calls) == len(UNDISTURBED.world.calls) + 1
    assert [each.applied for each in run.told(events.ResponseLost)] == [False]


def test_a_call_that_is_lost_again_and_again_ends_the_run() -> None:
    world = World(faults=dict.fromkeys(range(1, 10), reset))

    outcome = Run(world).deploy(thing("a"))

    assert outcome.exit_code == 1
    assert len(world.calls) == 3


def test_a_lost_call_that_left_something_else_behind_stops_the_run() -> None:
    def replaced(_: object) -> Any:
        world.put("a", size=9)
        return reset(dict)

    world = World(faults={1: replaced})

    outcome = Run(world).deploy(thing("a", size=1))

    assert (outcome.status, outcome.exit_code) == ("stale", 5)
