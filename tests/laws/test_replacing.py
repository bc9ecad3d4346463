"""A service is replaced: its scaling is there afterwards, however late AWS removes the old one's."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from ecsinfer import events
from ecsinfer.kinds import scaling
from ecsinfer.sandbox.scenario import Scenario
from ecsinfer.spec import Spec
from tests.application.specs import SCALING, SPECS, gpu
from tests.laws.contents import contents
from tests.laws.faults import KINDS, fault
from tests.laws.lives import account
from tests.laws.world import QUICK, Account, Door, KilledError, operations

SPEC = SPECS["scaled"]
REPLACED = gpu(scaling=SCALING, replicas=None, overrides={"service": {"launchType": "EC2"}})
ADDRESS = scaling.address("inference", "llm")


def late(seconds: float) -> Scenario:
    """A world where a scalable target goes so long after its service."""
    return replace(QUICK, timings=replace(QUICK.timings, scaling_removed=seconds))


def scaled(where: Account) -> dict[str, Any]:
    """What scales the service once nothing goes late any more."""
    found = contents(where)
    return {kind: found[kind] for kind in ("targets", "policies", "schedules")}


@pytest.fixture(scope="module")
def wanted() -> dict[str, Any]:
    """What scales a service that was never replaced."""
    where = account()
    assert where.deploy(SPEC).error == ""
    found = scaled(where)
    assert all(found.values())
    return found


def require_scaled(where: Account, wanted: dict[str, Any], spec: Spec = REPLACED) -> None:
    """The scaling is there and stays, and a plan finds nothing to do."""
    assert scaled(where) == wanted
    again = where.deploy(spec, allow_replace=True)
    assert (again.status, again.writes) == ("nothing-to-do", [])


@pytest.mark.rule("E12")
@pytest.mark.parametrize("seconds", [0, 5, 60, 240])
def test_a_replaced_service_keeps_its_scaling_however_late_the_former_goes(
    wanted: dict[str, Any], seconds: float
) -> None:
    where = account(late(seconds))
    where.deploy(SPEC)
    run = where.deploy(REPLACED, allow_replace=True)
    assert (run.status, run.error) == ("done", "")
    assert run.writes == operations(run.plan)
    require_scaled(where, wanted)


@pytest.mark.rule("E12", "I7")
def test_a_replacement_that_is_killed_at_any_write_is_picked_up(wanted: dict[str, Any]) -> None:
    for number in itertools.count(1):
        where = account(late(60))
        where.deploy(SPEC)
        left = itertools.count(1)

        def kill(_: Door, now: str, number: int = number, left: Iterator[int] = left) -> None:
            if now != "read" and next(left) == number:
                raise KilledError

        if where.deploy(REPLACED, allow_replace=True, kill=kill).status != "killed":
            assert number > 10
            return
        again = where.deploy(REPLACED, allow_replace=True)
        assert again.error == "", number
        require_scaled(where, wanted)


@pytest.mark.rule("E12", "I7")
@pytest.mark.parametrize("kind", KINDS)
def test_a_write_of_a_replacement_that_fails_once_is_overcome(
    wanted: dict[str, Any], kind: str
) -> None:
    for operation in ("DeregisterScalableTarget", "DeleteService", "RegisterScalableTarget"):
        where = account(late(60))
        where.deploy(SPEC)
        where.sandbox.faults.add(fault(kind, operation, 1))
        run = where.deploy(REPLACED, allow_replace=True)
        where.sandbox.faults.clear()
        assert (run.status, run.error) == ("done", ""), operation
        require_scaled(where, wanted)


@pytest.mark.rule("E12", "D1")
@pytest.mark.parametrize("seconds", [0, 60, 240])
def test_a_service_that_was_deleted_by_hand_gets_a_target_of_its_own(
    wanted: dict[str, Any], seconds: float
) -> None:
    where = account(late(seconds))
    where.deploy(SPEC)
    where.client("ecs").delete_service(cluster="inference", service="llm", force=True)
    run = where.deploy(SPEC)
    assert (run.status, run.error) == ("done", "")
    require_scaled(where, wanted, SPEC)


@pytest.mark.rule("E12")
def test_what_goes_while_the_new_service_still_rolls_is_registered_again_at_the_end(
    wanted: dict[str, Any],
) -> None:
    where = account()
    where.deploy(SPEC)
    run = where.prepare(REPLACED, allow_replace=True)

    def late_removal(_: Door, now: str) -> None:
        if now == "written" and run.writes[-1] == "PutScheduledAction" and not removed:
            removed.append(where.sandbox.clock.now())
            remove = where.client("application-autoscaling").deregister_scalable_target
            where.sandbox.clock.after(1, lambda: remove(**ADDRESS))

    removed: list[Any] = []
    run.door.kill = late_removal
    assert run.apply().status == "done"
    planned = operations(run.plan)
    scaling_again = planned[planned.index("RegisterScalableTarget") :]
    assert run.writes == [*planned, *scaling_again]
    assert any(isinstance(each, events.Warned) for each in run.events)
    require_scaled(where, wanted)
