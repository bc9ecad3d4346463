from __future__ import annotations

from dataclasses import replace

import pytest

from ecsinfer import events
from ecsinfer.errors import PlanStaleError
from ecsinfer.model import Call, Verb
from ecsinfer.reconcile.codec import dump, load
from ecsinfer.reconcile.executor import require_same
from ecsinfer.reconcile.planner import normal
from tests.reconcile.fakes import BOOT, Run, World, refused, thing


def test_apply_makes_exactly_the_plan_s_calls() -> None:
    run = Run(World())
    nodes = [thing("a"), thing("b", uses="a"), thing("c")]
    plan = run.reconciler.plan(nodes, "app")

    outcome = run.reconciler.apply(plan, nodes)

    assert (outcome.status, outcome.exit_code) == ("done", 0)
    assert run.world.operations == ["CreateThing a", "CreateThing b", "CreateThing c"]
    made_of = [normal(call).replace("arn:a:1", "${thing/a#arn}") for call in run.world.calls]
    assert made_of == [normal(call) for call in plan.calls]


def test_a_plan_after_an_apply_is_empty_and_applying_it_asks_nothing() -> None:
    world = World()
    nodes = [thing("a"), thing("b", uses="a")]
    Run(world).deploy(*nodes)
    run = Run(world)
    plan = run.reconciler.plan(nodes, "app")
    asked = len(world.rounds)

    outcome = run.reconciler.apply(plan, nodes)

    assert plan.empty
    assert (outcome.status, outcome.exit_code) == ("nothing-to-do", 0)
    assert outcome.outputs["thing/b"]["arn"] == "arn:b:2"
    assert len(world.rounds) == asked


def test_what_nobody_waits_for_is_waited_for_together() -> None:
    run = Run(World())
    begun = run.world.clock.now()

    run.deploy(*(thing(name) for name in "abcdef"))

    assert BOOT <= (run.world.clock.now() - begun).total_seconds() < 2 * BOOT
    assert run.world.operations == [f"CreateThing {name}" for name in "abcdef"]


def test_a_node_is_touched_only_when_what_it_needs_is_ready() -> None:
    run = Run(World())

    run.deploy(thing("a"), thing("b", needs=["a"]))

    told = [type(each).__name__ for each in run.events if getattr(each, "node", "") == "thing/a"]
    assert told[-1] == "ActionFinished"
    order = [
        each for each in run.events if isinstance(each, events.ActionFinished | events.CallSent)
    ]
    assert [(type(each).__name__, each.node) for each in order] == [
        ("CallSent", "thing/a"),
        ("ActionFinished", "thing/a"),
        ("CallSent", "thing/b"),
        ("ActionFinished", "thing/b"),
    ]


@pytest.mark.rule("K")
def test_a_node_that_only_comes_after_another_does_not_wait_for_it() -> None:
    run = Run(World())
    begun = run.world.clock.now()

    run.deploy(thing("a"), thing("b", after=["a"]))

    assert (run.world.clock.now() - begun).total_seconds() < 2 * BOOT


def test_without_waiting_only_what_is_needed_is_waited_for() -> None:
    run = Run(World())

    outcome = run.deploy(thing("a"), thing("b", needs=["a"]), wait=False)

    assert outcome.exit_code == 0
    assert {name: each["status"] for name, each in run.world.things.items()} == {
        "a": "ACTIVE",
        "b": "BOOTING",
    }
    assert [each.node for each in run.told(events.Warned)] == ["thing/b"]
    assert outcome.outputs["thing/b"]["arn"] == "arn:b:2"


def test_an_unfinished_rollout_is_picked_up() -> None:
    world = World()
    Run(world).deploy(thing("a"), wait=False)
    run = Run(world)

    outcome = run.deploy(thing("a"))

    assert outcome.status == "done"
    assert world.things["a"]["status"] == "ACTIVE"
    assert len(world.calls) == 1


def test_a_replacement_waits_until_the_predecessor_is_gone() -> None:
    world = World()
    world.put("a", uses="old")
    run = Run(world)

    outcome = run.deploy(thing("a"))

    assert world.operations == ["DeleteThing a", "CreateThing a"]
    assert outcome.outputs["thing/a"]["arn"] == "arn:a:2"


def test_a_draining_namesake_is_waited_out_before_the_create() -> None:
    world = World()
    world.put("a", status="DRAINING")
    world.clock.after(50, lambda: world.drop("a"))

    assert Run(world).deploy(thing("a")).exit_code == 0
    assert world.operations == ["CreateThing a"]


def test_outputs_come_from_what_is_there_and_from_what_calls_saved() -> None:
    outcome = Run(World()).deploy(thing("a"))

    assert outcome.outputs["thing/a"] == {"arn": "arn:a:1", "name": "a", "first_part": "a"}


def test_destroy_removes_what_is_ours_waits_and_can_be_repeated() -> None:
    world = World()
    world.put("a", owner="them")
    nodes = [thing("a"), thing("b", needs=["a"]), thing("c", needs=["b"])]
    world.put("b")
    world.put("c")
    run = Run(world)

    first = run.destroy(*nodes)
    second = run.destroy(*nodes)

    assert (first.status, second.status) == ("done", "nothing-to-do")
    assert world.operations == ["DeleteThing c", "DeleteThing b"]
    assert list(world.things) == ["a"]
    assert run.told(events.Retained)[0] == events.Retained("thing/a", "it is not ours")


def test_what_is_gone_before_its_turn_is_fine_for_a_destroy() -> None:
    world = World()
    world.put("a")
    world.put("b")
    nodes = [thing("a"), thing("b")]
    run = Run(world)
    plan = run.reconciler.plan_destroy(nodes, "app")
    world.drop("b")

    assert run.reconciler.apply(plan, nodes).exit_code == 0
    assert world.operations == ["DeleteThing a"]


def test_a_world_that_changed_since_the_plan_is_not_written_to() -> None:
    world = World()
    run = Run(world)
    nodes = [thing("a"), thing("b")]
    plan = run.reconciler.plan(nodes, "app")
    world.put("b", size=7)

    outcome = run.reconciler.apply(plan, nodes)

    assert (outcome.status, outcome.exit_code) == ("stale", 5)
    assert "thing/b" in outcome.error
    assert world.calls == []


def test_a_world_that_changes_under_way_stops_the_run() -> None:
    world = World()
    run = Run(world)
    nodes = [thing("a"), thing("b", needs=["a"])]
    world.clock.after(BOOT / 2, lambda: world.put("b", size=7))

    outcome = run.deploy(*nodes)

    assert (outcome.status, outcome.exit_code) == ("stale", 5)
    assert world.operations == ["CreateThing a"]


def test_a_saved_plan_is_executed_as_it_was_saved() -> None:
    world = World()
    nodes = [thing("a"), thing("b", uses="a")]
    saved = dump(Run(world).reconciler.plan(nodes, "app"))

    outcome = Run(world).reconciler.apply(load(saved), nodes)

    assert outcome.status == "done"
    assert world.operations == ["CreateThing a", "CreateThing b"]
    assert world.things["b"]["uses"] == "arn:a:1"


def test_a_plan_for_another_account_is_refused() -> None:
    plan = Run(World()).reconciler.plan([thing("a")], "app")
    other = World(account="210987654321")

    outcome = Run(other).reconciler.apply(plan, [thing("a")])

    assert outcome.exit_code == 5
    assert "210987654321" in outcome.error
    assert other.calls == []


def test_a_plan_for_other_resources_is_refused() -> None:
    run = Run(World())
    plan = run.reconciler.plan([thing("a")], "app")

    outcome = run.reconciler.apply(plan, [thing("a"), thing("b")])

    assert (outcome.status, outcome.exit_code) == ("stale", 5)
    assert run.world.calls == []


def test_a_node_that_fails_stops_only_what_depends_on_it() -> None:
    world = World(faults={1: refused})
    run = Run(world)

    outcome = run.deploy(thing("a"), thing("b", needs=["a"]), thing("c", needs=["b"]), thing("d"))

    assert (outcome.status, outcome.exit_code) == ("failed", 1)
    assert world.operations == ["CreateThing a", "CreateThing d"]
    assert world.things["d"]["status"] == "ACTIVE"
    assert [each.node for each in run.told(events.ActionFailed)] == ["thing/a"]
    skipped = [(each.node, each.because) for each in run.told(events.ActionSkipped)]
    assert skipped == [("thing/b", "thing/a"), ("thing/c", "thing/a")]
    (_, left) = outcome.error.splitlines()
    assert left == "not attempted, because thing/a failed: thing/b, thing/c"


def test_what_a_failure_leaves_undone_in_a_fleet_is_named_on_one_line() -> None:
    run = Run(World(faults={1: refused}))
    outcome = run.deploy(thing("a"), *(thing(f"b{number}", needs=["a"]) for number in range(30)))
    (_, left) = outcome.error.splitlines()
    assert left.endswith("thing/b0, thing/b1, thing/b2, thing/b3, thing/b4 and 25 more")


def test_the_first_event_is_the_plan_s_size_and_the_last_one_the_end() -> None:
    run = Run(World())

    run.deploy(thing("a"))

    assert run.events[0] == events.Planned({Verb.CREATE.value: 1}, writes=1)
    last = run.told(events.Finished)[0]
    assert run.events[-1] is last
    assert (last.status, last.exit_code, last.writes) == ("done", 0, 1)


def test_every_event_can_be_written_and_read_again() -> None:
    run = Run(World(faults={1: refused}))
    run.deploy(thing("a"), thing("b", needs=["a"]), thing("c"))

    assert [events.from_json(events.to_json(each)) for each in run.events] == run.events


def test_what_is_unwanted_is_removed_once_what_is_wanted_is_there() -> None:
    world = World()
    Run(world).deploy(thing("old"))
    run = Run(world)

    outcome = run.deploy(thing("new"), thing("old", unwanted=True))

    assert outcome.status == "done"
    assert world.operations[1:] == ["CreateThing new", "DeleteThing old"]
    assert set(world.things) == {"new"}
    assert Run(world).deploy(thing("new"), thing("old", unwanted=True)).status == "nothing-to-do"


def test_what_is_unwanted_stays_when_what_is_wanted_fails() -> None:
    world = World()
    Run(world).deploy(thing("old"))
    world.faults[2] = refused

    outcome = Run(world).deploy(thing("new"), thing("old", unwanted=True))

    assert outcome.status == "failed"
    assert set(world.things) == {"old"}


def test_what_is_unwanted_may_be_gone_already_when_its_turn_comes() -> None:
    world = World()
    nodes = [thing("new"), thing("old", unwanted=True)]
    Run(world).deploy(thing("old"))
    run = Run(world)
    plan = run.reconciler.plan(nodes, "app")
    world.things.clear()

    assert run.reconciler.apply(plan, nodes).status == "done"
    assert world.operations[1:] == ["CreateThing new"]


LIFT = Call(
    "autoscaling", "SetInstanceProtection", {"InstanceIds": ["a", "b"]}, parts="InstanceIds"
)
PUT = Call("ecs", "PutClusterCapacityProviders", {"capacityProviders": ["theirs", "ours"]})


def fewer(call: Call) -> Call:
    """The call with one entry less in its list."""
    return replace(call, params={key: value[:1] for key, value in call.params.items()})


def test_a_removal_may_do_less_than_planned_and_never_more() -> None:
    node = thing("a")
    require_same(node, "destroy", [LIFT, PUT], [fewer(LIFT)])
    for planned, wanted in (
        ([fewer(LIFT)], [LIFT]),
        # A list that replaces another: with fewer names in it, more is taken away.
        ([PUT], [fewer(PUT)]),
        ([fewer(PUT)], [PUT]),
        ([], [LIFT]),
    ):
        with pytest.raises(PlanStaleError):
            require_same(node, "destroy", planned, wanted)
    with pytest.raises(PlanStaleError):
        require_same(node, "deploy", [LIFT], [fewer(LIFT)])
    require_same(replace(node, unwanted=True), "deploy", [LIFT], [fewer(LIFT)])
