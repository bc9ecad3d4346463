"""A scheduled action changes the bounds of a scalable target; who deploys at noon leaves them."""

from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.scenario import Fault
from ecsinfer.spec import Spec
from tests.application.specs import GPU, LLM
from tests.laws.world import Account

# The world begins at 09:00 on the fifth of January.
DAY = 86_400.0


def spec(**scaling: Any) -> Spec:
    """A service that runs on more tasks from ten o'clock on."""
    plain = {key: LLM[key] for key in LLM if key not in {"load_balancer", "health", "replicas"}}
    scheduled = {"rush": {"schedule": "cron(0 10 * * ? *)", "min": 3, "max": 6}}
    settings = {"min": 1, "max": 4, "cpu": 60, "scheduled": scheduled, **scaling}
    return Spec.model_validate(
        {
            "name": "inference",
            "region": furniture.REGION,
            "capacity": {"gpu": GPU},
            "services": {"llm": {**plain, "scaling": settings}},
        }
    )


def bounds(account: Account) -> tuple[int, int]:
    (target,) = account.client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="ecs"
    )["ScalableTargets"]
    return target["MinCapacity"], target["MaxCapacity"]


def at_rush() -> Account:
    """Somebody has deployed, and the scheduled action has run."""
    account = Account()
    assert account.deploy(spec()).error == ""
    assert bounds(account) == (1, 4)
    account.sandbox.clock.sleep(DAY)
    assert bounds(account) == (3, 6)
    return account


@pytest.mark.rule("E2", "E5")
def test_bounds_that_a_scheduled_action_has_set_are_no_drift() -> None:
    account = at_rush()
    again = account.deploy(spec())
    assert (again.status, again.writes, bounds(account)) == ("nothing-to-do", [], (3, 6))


@pytest.mark.rule("E2")
def test_what_else_changes_of_the_target_leaves_them() -> None:
    account = at_rush()
    run = account.deploy(spec(suspended={"scale_in": True}))
    assert run.writes == ["RegisterScalableTarget"]
    assert bounds(account) == (3, 6)


def test_bounds_that_somebody_set_by_hand_are_drift() -> None:
    account = at_rush()
    account.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId="service/inference/llm",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=2,
        MaxCapacity=6,
    )
    run = account.deploy(spec())
    assert [change.path for action in run.plan.actions for change in action.changes] == [
        "MinCapacity"
    ]
    assert bounds(account) == (1, 6)


def test_new_bounds_before_any_scheduled_action_has_run_are_set() -> None:
    account = Account()
    account.deploy(spec())
    account.deploy(spec(min=2))
    assert bounds(account) == (2, 4)


def test_who_may_not_look_at_activities_sets_the_declared_bounds() -> None:
    account = at_rush()
    account.sandbox.faults.add(
        Fault("DescribeScalingActivities", nth=0, code="AccessDeniedException", message="No.")
    )
    account.deploy(spec())
    assert bounds(account) == (1, 4)
