from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.sandbox.ecs.deployment_rules import check_deployment
from ecsinfer.sandbox.ecs.service_defaults import deployment_configuration
from ecsinfer.sandbox.errors import ServiceError
from tests.sandbox.ecs.service_world import case

ADVANCED = {
    "alternateTargetGroupArn": "arn:green",
    "productionListenerRule": "arn:rule",
    "roleArn": "arn:role",
}
SHIFTING: dict[str, Any] = {"loadBalancers": [{"advancedConfiguration": ADVANCED}]}


def check(configuration: dict[str, Any], **spec: Any) -> None:
    """Check a configuration with AWS's defaults filled in, as part of a service."""
    filled = deployment_configuration({}, configuration)
    service = {"schedulingStrategy": "REPLICA", "loadBalancers": [], **spec}
    check_deployment({**service, "deploymentConfiguration": filled})


def breaker(**settings: Any) -> dict[str, Any]:
    return {"deploymentCircuitBreaker": {"enable": True, "rollback": True, **settings}}


def threshold(kind: str, value: int) -> dict[str, Any]:
    return breaker(thresholdConfiguration={"type": kind, "value": value})


def early(**settings: Any) -> dict[str, Any]:
    return {"earlySuccessCriteria": {"enable": True, **settings}}


def hook(**settings: Any) -> dict[str, Any]:
    return {"lifecycleHooks": [{"lifecycleStages": ["PRE_SCALE_UP"], **settings}]}


BLUE_GREEN = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5}

REFUSED = [
    case("D13", {"maximumPercent": 99}, "maximumPercent must be at least 100"),
    case("D13", {"maximumPercent": 201}, "maximumPercent must be at most 200"),
    case("D13", {"minimumHealthyPercent": 101}, "minimumHealthyPercent must be at most 100"),
    case("D18", threshold("COUNT", 0), "thresholdConfiguration.value must be at least 1"),
    case(
        "D18", threshold("BOUNDED_PERCENT", 101), "thresholdConfiguration.value must be at most 100"
    ),
    case("D18", {**breaker(), **BLUE_GREEN}, "only supported with the ROLLING deployment strategy"),
    case("D18", early(), "needs healthyPercent and sourceServiceRevisionCleanup"),
    case(
        "D18",
        early(healthyPercent=99, sourceServiceRevisionCleanup="DEFERRED"),
        "earlySuccessCriteria.healthyPercent must be at least 100",
    ),
    case("D20", {"strategy": "BLUE_GREEN"}, "bakeTimeInMinutes must be specified"),
    case(
        "D20", {**BLUE_GREEN, "bakeTimeInMinutes": 1441}, "bakeTimeInMinutes must be at most 1440"
    ),
    case(
        "D20",
        {"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 2.9}},
        "stepPercent must be at least 3.0",
    ),
    case(
        "D20",
        {"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 33.33}},
        "stepPercent must be a multiple of 0.1",
    ),
    case(
        "D20",
        {"strategy": "LINEAR", "linearConfiguration": {"stepBakeTimeInMinutes": 1441}},
        "stepBakeTimeInMinutes must be at most 1440",
    ),
    case(
        "D20",
        {"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 0.0}},
        "canaryPercent must be at least 0.1",
    ),
    case(
        "D20",
        {"linearConfiguration": {"stepPercent": 10.0}},
        "linearConfiguration is only valid with the LINEAR deployment strategy",
    ),
    case("D20", hook(), "needs hookTargetArn and roleArn"),
    case("D20", hook(targetType="PAUSE", lifecycleStages=[]), "lifecycleStages can not be empty"),
]


@pytest.mark.parametrize(("configuration", "message"), REFUSED)
def test_aws_refuses(configuration: dict[str, Any], message: str) -> None:
    with pytest.raises(ServiceError, match="InvalidParameterException") as caught:
        check(configuration, **SHIFTING)
    assert message in caught.value.message


ACCEPTED = [
    {},
    {"maximumPercent": 200, "minimumHealthyPercent": 0},
    threshold("COUNT", 500),
    threshold("UNBOUNDED_PERCENT", 100),
    early(healthyPercent=100, sourceServiceRevisionCleanup="BLOCKING"),
    {**BLUE_GREEN, "bakeTimeInMinutes": 0},
    {"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 3.3}},
    {"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 0.1}},
    hook(targetType="PAUSE"),
    hook(hookTargetArn="arn:function", roleArn="arn:role"),
]


@pytest.mark.rule("D13", "D18", "D20")
@pytest.mark.parametrize("configuration", ACCEPTED, ids=str)
def test_aws_accepts(configuration: dict[str, Any]) -> None:
    check(configuration, **SHIFTING)


@pytest.mark.rule("D20")
@pytest.mark.parametrize("missing", sorted(ADVANCED))
@pytest.mark.parametrize("strategy", ["BLUE_GREEN", "LINEAR", "CANARY"])
def test_shifting_traffic_needs_something_to_shift_it_with(strategy: str, missing: str) -> None:
    configuration = {"strategy": strategy, "bakeTimeInMinutes": 1}
    partly = {key: value for key, value in ADVANCED.items() if key != missing}
    for balancers in ([], [{"advancedConfiguration": partly}]):
        with pytest.raises(ServiceError, match="needs a load balancer"):
            check(configuration, loadBalancers=balancers)
    check(configuration, serviceConnectConfiguration={"enabled": True})


@pytest.mark.rule("D13", "D20")
def test_a_daemon_only_rolls() -> None:
    with pytest.raises(ServiceError, match="does not support the BLUE_GREEN deployment strategy"):
        check({**BLUE_GREEN, "maximumPercent": 100}, schedulingStrategy="DAEMON", **SHIFTING)


@pytest.mark.rule("D20")
@given(st.integers(30, 1000))
def test_every_tenth_of_a_percent_is_a_step(tenths: int) -> None:
    steps = {"stepPercent": tenths / 10}
    check({"strategy": "LINEAR", "linearConfiguration": steps}, **SHIFTING)
