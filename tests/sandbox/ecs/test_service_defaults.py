from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.sandbox.ecs.service_defaults import (
    Spec,
    created_spec,
    deployment_configuration,
    starts_deployment,
    updated_spec,
)
from tests.sandbox.ecs.service_world import ServiceWorld

EC2: Spec = {"launchType": "EC2"}

BREAKER = {
    "enable": False,
    "rollback": False,
    "resetOnHealthyTask": True,
    "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 50},
}
ROLLING = {
    "maximumPercent": 200,
    "minimumHealthyPercent": 100,
    "strategy": "ROLLING",
    "bakeTimeInMinutes": 0,
    "deploymentCircuitBreaker": BREAKER,
}


@pytest.mark.rule("D13", "D18", "D29")
def test_a_replica_service_rolls_between_100_and_200_percent(services: ServiceWorld) -> None:
    assert services.create()["deploymentConfiguration"] == ROLLING


@pytest.mark.rule("D13")
def test_a_daemon_service_rolls_between_0_and_100_percent(services: ServiceWorld) -> None:
    daemon = services.create(schedulingStrategy="DAEMON", desiredCount=None)
    configuration = daemon["deploymentConfiguration"]
    assert (configuration["minimumHealthyPercent"], configuration["maximumPercent"]) == (0, 100)


@pytest.mark.rule("D18")
def test_a_breaker_that_is_off_does_not_roll_back() -> None:
    given_ = {"deploymentCircuitBreaker": {"enable": False, "rollback": True}}
    assert deployment_configuration({}, given_)["deploymentCircuitBreaker"] == BREAKER


@pytest.mark.rule("D7", "D18")
def test_an_omitted_threshold_stays_when_the_breaker_is_switched() -> None:
    threshold = {"type": "COUNT", "value": 7}
    on = {"enable": True, "rollback": True, "resetOnHealthyTask": False}
    before = deployment_configuration(
        {}, {"deploymentCircuitBreaker": {**on, "thresholdConfiguration": threshold}}
    )
    off = {"deploymentCircuitBreaker": {"enable": False, "rollback": False}}
    after = deployment_configuration(before, off)["deploymentCircuitBreaker"]
    assert after == {
        "enable": False,
        "rollback": False,
        "resetOnHealthyTask": False,
        "thresholdConfiguration": threshold,
    }


@pytest.mark.rule("D20")
def test_linear_and_canary_steps_have_defaults() -> None:
    linear = deployment_configuration({}, {"strategy": "LINEAR"})
    canary = deployment_configuration({}, {"strategy": "CANARY"})
    assert linear["linearConfiguration"] == {"stepPercent": 10.0, "stepBakeTimeInMinutes": 6}
    assert canary["canaryConfiguration"] == {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 10}


@pytest.mark.rule("D20")
def test_another_strategy_forgets_the_steps_of_the_former() -> None:
    linear = deployment_configuration({}, {"strategy": "LINEAR"})
    assert deployment_configuration(linear, {"strategy": "ROLLING"}) == ROLLING


@pytest.mark.rule("D20")
def test_a_hook_waits_a_day_and_then_rolls_back_unless_it_says_otherwise() -> None:
    pause = {"targetType": "PAUSE", "lifecycleStages": ["PRE_SCALE_UP"]}
    filled = deployment_configuration({}, {"lifecycleHooks": [pause]})
    assert filled["lifecycleHooks"] == [
        {**pause, "timeoutConfiguration": {"timeoutInMinutes": 1440, "action": "ROLLBACK"}}
    ]


REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "placementStrategy": st.lists(
            st.sampled_from([{"type": "random"}, {"type": "spread", "field": "host"}]), max_size=2
        ),
        "healthCheckGracePeriodSeconds": st.integers(0, 600),
        "propagateTags": st.sampled_from(["NONE", "SERVICE"]),
        "deploymentConfiguration": st.fixed_dictionaries(
            {},
            optional={
                "maximumPercent": st.integers(100, 200),
                "strategy": st.sampled_from(["ROLLING", "LINEAR", "CANARY"]),
            },
        ),
        "networkConfiguration": st.fixed_dictionaries(
            {
                "awsvpcConfiguration": st.fixed_dictionaries(
                    {"subnets": st.lists(st.sampled_from("abc"), min_size=1, unique=True)}
                )
            }
        ),
    },
)


@pytest.mark.rule("D7", "D29", "I7")
@given(REQUESTS)
def test_repeating_a_request_changes_nothing(request: dict[str, Any]) -> None:
    spec = created_spec(request, EC2)
    assert updated_spec(spec, request) == spec


@pytest.mark.rule("D6", "I7")
@given(REQUESTS, REQUESTS)
def test_an_update_deploys_only_what_it_changes(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    before = created_spec(first, EC2)
    after = updated_spec(before, second)
    subnets = [
        sorted(
            spec.get("networkConfiguration", {}).get("awsvpcConfiguration", {}).get("subnets", ())
        )
        for spec in (before, after)
    ]
    assert starts_deployment(before, after) == (subnets[0] != subnets[1])
    assert not starts_deployment(after, updated_spec(after, second))
