from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.aws.gateway import Gateway
from ecsinfer.errors import AwsError
from ecsinfer.model import Call, Ref

CHECK = Gateway().check


def provider(**scaling: Any) -> Call:
    group = {"autoScalingGroupArn": "asg", "managedScaling": scaling}
    return Call("ecs", "CreateCapacityProvider", {"name": "gpu", "autoScalingGroupProvider": group})


def service(**params: Any) -> Call:
    return Call("ecs", "CreateService", {"serviceName": "s", **params})


def retention(days: int) -> Call:
    params = {"logGroupName": "/x", "retentionInDays": days}
    return Call("logs", "PutRetentionPolicy", params)


def rollout(**percent: float) -> Call:
    return service(deploymentConfiguration=percent)


def strategy(**item: Any) -> Call:
    return service(capacityProviderStrategy=[{"capacityProvider": "gpu", **item}])


@pytest.mark.rule("0.3", "B5", "B18", "D13", "J1")
@pytest.mark.parametrize(
    "call",
    [
        provider(targetCapacity=0),
        provider(targetCapacity=101),
        provider(maximumScalingStepSize=10_001),
        provider(instanceWarmupPeriod=10_001),
        provider(status="ON"),
        rollout(maximumPercent=99),
        rollout(maximumPercent=201),
        rollout(minimumHealthyPercent=101),
        strategy(weight=1001),
        strategy(base=100_001),
        service(launchType="GPU"),
        service(desiredCount=-1),
        service(taskDefinition=None),
        service(noSuchField=1),
        retention(2),
        Call("ecs", "CreateService", {}),
    ],
)
def test_what_aws_would_refuse_is_refused_offline(call: Call) -> None:
    with pytest.raises(AwsError, match=call.operation):
        CHECK(call)


@pytest.mark.rule("B5", "D13")
@pytest.mark.parametrize(
    "call",
    [
        provider(targetCapacity=1, status="ENABLED"),
        provider(targetCapacity=100, minimumScalingStepSize=1, maximumScalingStepSize=10_000),
        rollout(maximumPercent=200, minimumHealthyPercent=0),
        strategy(weight=0, base=0),
        retention(30),
    ],
)
def test_what_aws_takes_passes(call: Call) -> None:
    CHECK(call)


def test_every_problem_of_a_call_is_told_at_once() -> None:
    with pytest.raises(AwsError) as told:
        CHECK(provider(targetCapacity=101, status="ON", maximumScalingStepSize=10_001))
    assert "targetCapacity" in str(told.value)
    assert "status" in str(told.value)
    assert "maximumScalingStepSize" in str(told.value)


def test_a_reference_stands_for_any_string() -> None:
    CHECK(service(taskDefinition=Ref.to("task-definition/s", "arn")))


def test_a_problem_does_not_repeat_a_long_value() -> None:
    tags = [{"key": "k", "value": "secret" * 100}]

    with pytest.raises(AwsError) as told:
        CHECK(service(tags=tags))
    assert "secret" not in str(told.value)


def test_the_newest_members_can_be_asked_for() -> None:
    gateway = Gateway()

    assert gateway.supports("ecs", "DeploymentCircuitBreaker", "enable")
    assert not gateway.supports("ecs", "DeploymentCircuitBreaker", "no_such_member")
    assert not gateway.supports("ecs", "NoSuchShape", "enable")
