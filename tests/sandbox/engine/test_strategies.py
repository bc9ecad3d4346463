from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.engine.stages import stages_of
from ecsinfer.sandbox.state import Deployment, Service
from tests.sandbox.engine.account import Account, cpu_container
from tests.sandbox.engine.test_lifecycle import TARGETS, on_fargate

ALTERNATE = TARGETS.replace("web/1", "web/2")
BALANCER = {
    "targetGroupArn": TARGETS,
    "containerName": "app",
    "containerPort": 8000,
    "advancedConfiguration": {"alternateTargetGroupArn": ALTERNATE},
}
BEFORE = [
    "PRE_SCALE_UP",
    "SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
]


def settled(**configuration: Any) -> tuple[Account, Service]:
    account = Account()
    service = on_fargate(
        account,
        cpu_container(),
        desired=2,
        loadBalancers=[BALANCER],
        healthCheckGracePeriodSeconds=300,
        deploymentConfiguration=configuration,
    )
    account.run(300)
    assert service.deployments[0].state == "SUCCESSFUL"
    return account, service


def renew(account: Account, service: Service, image: str = "web:2") -> Deployment:
    definition = account.definition(cpu_container(image), networkMode="awsvpc")
    return account.deploy(service, definition)


def follow(account: Account, deployment: Deployment, seconds: float) -> list[tuple[str, float]]:
    """The stages and the production traffic, one after the other."""
    seen: list[tuple[str, float]] = []

    def watch() -> None:
        now = (deployment.stage, deployment.traffic)
        if deployment.stage and (not seen or seen[-1] != now):
            seen.append(now)

    account.run(seconds, watch)
    return seen


def serving(account: Account) -> set[str]:
    return {group for group, _, _ in account.elb.targets}


@pytest.mark.rule("D20")
def test_blue_green_runs_both_sets_while_it_bakes_and_swaps_target_groups() -> None:
    account, service = settled(strategy="BLUE_GREEN", bakeTimeInMinutes=5)
    assert serving(account) == {TARGETS}
    new = renew(account, service)
    account.run(240)
    assert (new.stage, new.traffic, new.test_traffic) == ("BAKE_TIME", 100, 100)
    assert len(account.running(service)) == 4
    assert serving(account) == {TARGETS, ALTERNATE}
    account.run(400)
    assert new.state == "SUCCESSFUL"
    assert len(account.running(service)) == 2
    assert serving(account) == {ALTERNATE}
    renew(account, service, "web:3")
    account.run(900)
    assert serving(account) == {TARGETS}


@pytest.mark.rule("D20")
def test_linear_shifts_traffic_in_equal_steps() -> None:
    linear = {"stepPercent": 25.0, "stepBakeTimeInMinutes": 2}
    account, service = settled(strategy="LINEAR", linearConfiguration=linear)
    new = renew(account, service)
    shift = [
        traffic
        for stage, traffic in follow(account, new, 1200)
        if stage == "PRODUCTION_TRAFFIC_SHIFT"
    ]
    assert shift == [25, 50, 75]
    assert (new.traffic, new.state) == (100, "SUCCESSFUL")


@pytest.mark.rule("D20")
def test_canary_bakes_the_small_share_first() -> None:
    canary = {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 3}
    account, service = settled(strategy="CANARY", canaryConfiguration=canary)
    new = renew(account, service)
    seen = follow(account, new, 1200)
    assert [item for item in seen if item[1] == 10] == [("PRODUCTION_TRAFFIC_SHIFT", 10)]
    assert new.state == "SUCCESSFUL"


def paused(**timeout: Any) -> tuple[Account, Service, Deployment]:
    hook = {
        "targetType": "PAUSE",
        "lifecycleStages": ["POST_SCALE_UP"],
        "timeoutConfiguration": timeout,
    }
    account, service = settled(strategy="BLUE_GREEN", bakeTimeInMinutes=0)
    service.spec["deploymentConfiguration"]["lifecycleHooks"] = [hook]
    new = renew(account, service)
    account.run(300)
    assert new.stage == "POST_SCALE_UP"
    assert [item["status"] for item in new.hooks] == ["AWAITING_ACTION"]
    return account, service, new


@pytest.mark.rule("D20")
def test_a_pause_waits_for_its_answer() -> None:
    account, service, new = paused()
    account.run(3600)
    assert new.stage == "POST_SCALE_UP"
    account.engine.continue_deployment(service, new, new.hooks[0]["hookId"], "CONTINUE")
    account.run(300)
    assert new.state == "SUCCESSFUL"
    assert [item["status"] for item in new.hooks] == ["SUCCEEDED"]


@pytest.mark.parametrize(("action", "state"), [("CONTINUE", "SUCCESSFUL"), (None, "ROLLED")])
def test_a_pause_that_nobody_answers_times_out(action: str | None, state: str) -> None:
    timeout = {"timeoutInMinutes": 10, **({"action": action} if action else {})}
    account, service, new = paused(**timeout)
    account.run(1200)
    assert new.hooks[0]["status"] == "TIMED_OUT"
    assert new.state == ("SUCCESSFUL" if state == "SUCCESSFUL" else "ROLLBACK_SUCCESSFUL")
    images = {task.containers[0].image for task in account.running(service)}
    assert images == ({"web:2"} if action else {"web:1"})


def test_an_answer_can_be_to_roll_back() -> None:
    account, service, new = paused()
    account.engine.continue_deployment(service, new, new.hooks[0]["hookId"], "ROLLBACK")
    assert new.state == "ROLLBACK_IN_PROGRESS"
    account.run(300)
    assert new.state == "ROLLBACK_SUCCESSFUL"
    assert serving(account) == {TARGETS}
    assert len(account.running(service)) == 2


def test_a_lambda_hook_says_yes() -> None:
    hook = {"hookTargetArn": "arn:aws:lambda:fn", "lifecycleStages": ["PRE_SCALE_UP"]}
    account, service = settled(strategy="BLUE_GREEN", bakeTimeInMinutes=0, lifecycleHooks=[hook])
    new = renew(account, service)
    account.run(600)
    assert new.state == "SUCCESSFUL"
    assert [item["status"] for item in new.hooks] == ["SUCCEEDED"]


def test_a_new_revision_that_never_serves_never_gets_traffic() -> None:
    account, service = settled(strategy="BLUE_GREEN", bakeTimeInMinutes=5)
    new = renew(account, service, "web:crash")
    account.run(1200)
    assert (new.stage, new.traffic) == ("SCALE_UP", 0)
    assert {task.containers[0].image for task in account.running(service)} == {"web:1"}


def test_the_stages_come_in_aws_s_order() -> None:
    account, service = settled(strategy="BLUE_GREEN", bakeTimeInMinutes=5)
    names = [stage.name for stage in stages_of(renew(account, service))]
    assert names == [
        *BEFORE,
        "PRE_PRODUCTION_TRAFFIC_SHIFT",
        "PRODUCTION_TRAFFIC_SHIFT",
        "POST_PRODUCTION_TRAFFIC_SHIFT",
        "BAKE_TIME",
        "CLEAN_UP",
    ]
