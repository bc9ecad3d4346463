"""What a service declares is said explicitly, and nothing that AWS would refuse is said."""

from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.application.services import count, rollout_within, service_params
from ecsinfer.sandbox import furniture
from tests.application.specs import (
    API,
    CPU,
    LLM,
    NETWORK,
    SCALING,
    SPECS,
    fargate,
    gpu,
    spec,
)
from tests.kinds.driving import validate


def params(made: Any, key: str = "llm") -> dict[str, Any]:
    found = service_params(made, key)
    validate("ecs", "CreateService", {"serviceName": key, **found})
    return found


@pytest.mark.rule("D3", "D10", "A14")
def test_capacity_is_always_explicit_and_ec2_gets_no_public_address() -> None:
    found = params(gpu())
    assert found["capacityProviderStrategy"] == [
        {"capacityProvider": "inference-gpu", "weight": 1, "base": 1}
    ]
    assert found["networkConfiguration"]["awsvpcConfiguration"] == {
        "subnets": list(furniture.SUBNETS),
        "securityGroups": [furniture.SECURITY_GROUP],
    }
    assert not {"launchType", "platformVersion"} & set(found)


def test_fargate_says_its_platform_and_address() -> None:
    found = params(fargate(network={**NETWORK, "public_ip": True}), "web")
    assert found["platformVersion"] == "LATEST"
    assert found["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "ENABLED"


@pytest.mark.rule("D15")
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "ENABLED"),
        ({"rollout": {"maximum": 100, "minimum_healthy": 50}}, "DISABLED"),
        ({"placement": {"strategies": [{"type": "binpack", "field": "memory"}]}}, "DISABLED"),
        ({"overrides": {"service": {"schedulingStrategy": "DAEMON"}}}, "DISABLED"),
    ],
)
def test_zone_rebalancing_is_on_only_where_aws_allows_it(
    change: dict[str, Any], expected: str
) -> None:
    assert params(gpu(**change))["availabilityZoneRebalancing"] == expected


@pytest.mark.rule("D7")
def test_what_is_not_used_is_said_to_be_nothing() -> None:
    found = params(SPECS["several"], "web")
    for name in ("loadBalancers", "serviceRegistries", "placementStrategy", "volumeConfigurations"):
        assert found[name] == []
    assert found["serviceConnectConfiguration"] == {"enabled": False}
    assert found["deploymentConfiguration"]["alarms"]["enable"] is False


@pytest.mark.rule("D9")
def test_the_grace_period_is_said_only_where_something_checks() -> None:
    assert params(gpu())["healthCheckGracePeriodSeconds"] == 600
    assert params(gpu(health={}))["healthCheckGracePeriodSeconds"] == 0
    assert "healthCheckGracePeriodSeconds" not in params(gpu(load_balancer=()))


@pytest.mark.rule("D17")
def test_traffic_goes_to_the_first_port_unless_told_otherwise() -> None:
    (balancer,) = params(gpu())["loadBalancers"]
    assert (balancer["containerName"], balancer["containerPort"]) == ("llm", 8000)
    told = {"target_group": furniture.INSTANCE_TARGETS, "container": "agent", "port": 9000}
    made = spec(capacity={"cpu": CPU}, services={"api": {**API, "load_balancer": told}})
    (balancer,) = params(made, "api")["loadBalancers"]
    assert (balancer["containerName"], balancer["containerPort"]) == ("agent", 9000)
    assert "networkConfiguration" not in params(made, "api")


@pytest.mark.rule("D18", "D20")
def test_each_strategy_says_what_it_knows() -> None:
    rolling = params(gpu())["deploymentConfiguration"]
    assert rolling["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    shifted = {
        "strategy": "canary",
        "canary": {"percent": 10, "bake": "5m"},
        "bake": "10m",
        "hooks": [{"type": "pause", "stages": ["POST_TEST_TRAFFIC_SHIFT"], "timeout": "1h"}],
    }
    balancer = {
        "target_group": furniture.IP_TARGETS,
        "alternate_target_group": furniture.IP_TARGETS_ALTERNATE,
        "production_rule": furniture.PRODUCTION_RULE,
        "role": furniture.INFRASTRUCTURE_ROLE,
    }
    made = gpu(rollout=shifted, load_balancer=balancer)
    found = params(made)["deploymentConfiguration"]
    assert "deploymentCircuitBreaker" not in found
    assert (found["strategy"], found["bakeTimeInMinutes"]) == ("CANARY", 10)
    assert found["canaryConfiguration"] == {"canaryPercent": 10, "canaryBakeTimeInMinutes": 5}
    assert found["lifecycleHooks"][0]["timeoutConfiguration"] == {"timeoutInMinutes": 60}
    waits = rollout_within(made.services["llm"]) - rollout_within(gpu().services["llm"])
    assert waits == 300 + 600 + 3600


@pytest.mark.rule("D27", "D13")
def test_the_count_is_the_specs_or_scalings_or_nobodys() -> None:
    def counted(**changes: Any) -> int | None:
        return count(gpu(**changes).services["llm"])

    assert counted() == 2
    assert counted(replicas=None) == 1
    assert counted(replicas=None, scaling=SCALING) == 1
    assert counted(overrides={"service": {"schedulingStrategy": "DAEMON"}}) is None


def test_a_launch_type_among_the_raw_fields_takes_the_place_of_the_strategy() -> None:
    made = gpu(overrides={"service": {"launchType": "EC2"}})
    found = service_params(made, "llm")
    assert found["launchType"] == "EC2"
    assert "capacityProviderStrategy" not in found


def test_an_ebs_volume_is_configured_with_the_service() -> None:
    volume = {"ebs": {"role": furniture.INFRASTRUCTURE_ROLE, "size": 100, "throughput": 500}}
    (found,) = params(gpu(volumes={"data": volume}))["volumeConfigurations"]
    assert found["managedEBSVolume"] == {
        "roleArn": furniture.INFRASTRUCTURE_ROLE,
        "sizeInGiB": 100,
        "volumeType": "gp3",
        "throughput": 500,
        "filesystemType": "xfs",
    }


def test_service_connect_is_taken_as_it_is() -> None:
    connect = {"enabled": True, "namespace": "inference"}
    found = params(gpu(**{**LLM, "service_connect": connect}))
    assert found["serviceConnectConfiguration"] == connect
