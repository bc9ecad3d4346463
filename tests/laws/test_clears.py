"""What leaves the spec leaves AWS: UpdateService keeps what it is not told of (D7)."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.scenario import Fault
from ecsinfer.spec import Spec
from tests.application.specs import GPU, LLM, gpu
from tests.laws.world import Account, Run

PLAIN = {key: LLM[key] for key in LLM if key not in {"load_balancer", "health"}}
BREAKER = {"rollback": True}
PROGRESSIVE = {
    "target_group": furniture.IP_TARGETS,
    "alternate_target_group": furniture.IP_TARGETS_ALTERNATE,
    "production_rule": furniture.PRODUCTION_RULE,
    "test_rule": furniture.TEST_RULE,
    "role": furniture.INFRASTRUCTURE_ROLE,
}
HOOK = {"type": "pause", "stages": ["POST_SCALE_UP"], "timeout": "1m", "on_timeout": "continue"}
BLUE_GREEN = {"strategy": "blue-green", "bake": "1m"}
CANARY = {"strategy": "canary", "bake": "1m"}
LINEAR = {"strategy": "linear", "bake": "1m"}


def spec(**service: Any) -> Spec:
    return Spec.model_validate(
        {
            "name": "inference",
            "region": furniture.REGION,
            "capacity": {"gpu": copy.deepcopy(GPU)},
            "services": {"llm": {**PLAIN, "replicas": 1, **service}},
        }
    )


def changed(run: Run) -> set[str]:
    """What an update of the service was to change."""
    return {change.path for action in run.plan.actions for change in action.changes}


RULES = "deploymentConfiguration"
REMOVED: dict[str, tuple[dict[str, Any], dict[str, Any], set[str]]] = {
    "threshold": (
        {"rollout": {"circuit_breaker": {**BREAKER, "threshold": {"type": "count", "value": 3}}}},
        {"rollout": {"circuit_breaker": BREAKER}},
        {
            f"{RULES}.deploymentCircuitBreaker.thresholdConfiguration.{each}"
            for each in ("type", "value")
        },
    ),
    "reset": (
        {"rollout": {"circuit_breaker": {**BREAKER, "reset_on_healthy_task": False}}},
        {},
        {f"{RULES}.deploymentCircuitBreaker.resetOnHealthyTask"},
    ),
    "early-success": (
        {"rollout": {"minimum_healthy": 50, "early_success": {"healthy_percent": 60}}},
        {"rollout": {"minimum_healthy": 50}},
        {f"{RULES}.earlySuccessCriteria.enable"},
    ),
    "hooks": (
        {"load_balancer": PROGRESSIVE, "rollout": {**BLUE_GREEN, "hooks": [HOOK]}},
        {"load_balancer": PROGRESSIVE, "rollout": BLUE_GREEN},
        {f"{RULES}.lifecycleHooks"},
    ),
    "canary": (
        {
            "load_balancer": PROGRESSIVE,
            "rollout": {**CANARY, "canary": {"percent": 20, "bake": "1m"}},
        },
        {"load_balancer": PROGRESSIVE, "rollout": CANARY},
        {
            f"{RULES}.canaryConfiguration.canaryBakeTimeInMinutes",
            f"{RULES}.canaryConfiguration.canaryPercent",
        },
    ),
    "linear": (
        {
            "load_balancer": PROGRESSIVE,
            "rollout": {**LINEAR, "linear": {"step_percent": 50, "step_bake": "1m"}},
        },
        {"load_balancer": PROGRESSIVE, "rollout": LINEAR},
        {
            f"{RULES}.linearConfiguration.stepBakeTimeInMinutes",
            f"{RULES}.linearConfiguration.stepPercent",
        },
    ),
    "grace": (
        {"health": {"command": ["true"], "grace": "5m"}},
        {"health": {"command": ["true"]}},
        {"healthCheckGracePeriodSeconds"},
    ),
}


@pytest.mark.rule("D7", "D18", "D20")
@pytest.mark.parametrize("name", REMOVED)
def test_what_is_removed_from_the_spec_gets_its_default_in_one_update(name: str) -> None:
    before, after, paths = REMOVED[name]
    account = Account()
    assert account.deploy(spec(**before)).error == ""
    assert account.deploy(spec(**before)).status == "nothing-to-do"
    run = account.deploy(spec(**after))
    assert (run.error, run.writes, changed(run)) == ("", ["UpdateService"], paths)
    assert account.deploy(spec(**after)).status == "nothing-to-do"


@pytest.mark.rule("D20")
def test_from_blue_green_to_rolling_nothing_of_it_stays() -> None:
    account = Account()
    progressive = {"load_balancer": PROGRESSIVE, "rollout": {**BLUE_GREEN, "hooks": [HOOK]}}
    account.deploy(spec(**progressive))
    run = account.deploy(spec(load_balancer={"target_group": furniture.IP_TARGETS}))
    assert run.error == ""
    rules = account.sandbox.world.services["inference", "llm"].spec[RULES]
    assert (rules["strategy"], rules["lifecycleHooks"], rules["bakeTimeInMinutes"]) == (
        "ROLLING", [], 0,
    )  # fmt: skip


def networked(**network: Any) -> Spec:
    return spec(network={"subnets": list(furniture.SUBNETS), **network})


@pytest.mark.rule("D11")
def test_without_security_groups_the_default_one_counts_again() -> None:
    account = Account()
    ec2 = account.client("ec2")
    (default,) = ec2.describe_security_groups(GroupIds=[furniture.SECURITY_GROUP])["SecurityGroups"]
    own = ec2.create_security_group(GroupName="own", Description="own", VpcId=default["VpcId"])[
        "GroupId"
    ]
    account.deploy(networked(security_groups=[own]))
    run = account.deploy(networked())
    assert (run.error, run.writes) == ("", ["UpdateService"])
    assert changed(run) == {"networkConfiguration.awsvpcConfiguration.securityGroups"}
    assert account.deploy(networked()).status == "nothing-to-do"


@pytest.mark.rule("D11")
def test_who_may_not_look_at_security_groups_is_told_of_no_change() -> None:
    account = Account()
    account.deploy(networked())
    account.sandbox.faults.add(
        Fault("DescribeSecurityGroups", nth=0, code="UnauthorizedOperation", message="You may not.")
    )
    assert account.deploy(networked()).status == "nothing-to-do"


@pytest.mark.rule("D9")
@pytest.mark.parametrize(
    "checks",
    [
        {"sidecars": {"proxy": {"image": "envoy", "health": {"command": ["true"]}}}},
        {"health": {"command": ["true"]}},
    ],
    ids=["sidecar", "own"],
)
def test_a_grace_period_counts_for_whatever_checks(checks: dict[str, Any]) -> None:
    account = Account()
    health = {**checks.get("health", {}), "grace": "10m"}
    assert account.deploy(spec(**{**checks, "health": health})).error == ""
    service = account.client("ecs").describe_services(cluster="inference", services=["llm"])
    assert service["services"][0]["healthCheckGracePeriodSeconds"] == 600


def test_a_created_service_is_told_of_no_default() -> None:
    run = Account().prepare(gpu(replicas=1))
    (create,) = (call for call in run.plan.calls if call.operation == "CreateService")
    assert {"lifecycleHooks", "earlySuccessCriteria"}.isdisjoint(create.params[RULES])
    assert set(create.params[RULES]["deploymentCircuitBreaker"]) == {"enable", "rollback"}
