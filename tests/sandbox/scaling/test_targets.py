"""Scalable targets: registered, bounded, tagged, and gone with their service."""

from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.scenario import Scenario, Timings
from tests.sandbox.ecs.refusals import refusal
from tests.sandbox.scaling.scaled import RESOURCE, TARGET, Scaled


@pytest.mark.rule("E1")
@pytest.mark.parametrize("resource", ["service/c/s", "service/nowhere/s"])
def test_a_service_that_is_not_there_yet_cannot_be_scaled(scaled: Scaled, resource: str) -> None:
    with refusal("ValidationException", f"ECS service doesn't exist: {resource}"):
        scaled.register(ResourceId=resource)


@pytest.mark.rule("E1")
def test_the_resource_is_named_not_given_by_arn(running: Scaled) -> None:
    with refusal("ValidationException", "Unsupported service namespace, resource type"):
        running.register(ResourceId="arn:aws:ecs:us-east-1:123456789012:service/c/s")


@pytest.mark.rule("E1", "H1")
def test_a_service_linked_role_that_is_not_there_yet_is_said(running: Scaled) -> None:
    role = "AWSServiceRoleForApplicationAutoScaling_ECSService"
    running.sandbox.behave(Scenario(roles_denied=(role,)))
    with refusal(
        "ValidationException", "Unable to assume IAM role: arn:aws:iam::123456789012:role/"
    ):
        running.register()
    running.sandbox.behave(Scenario())
    assert running.register()


@pytest.mark.rule("E3", "E5")
def test_a_target_is_described_with_the_service_linked_role_whatever_role_was_given(
    running: Scaled,
) -> None:
    arn = running.register(1, 4, RoleARN="arn:aws:iam::123456789012:role/mine")

    assert running.targets == [
        {
            **TARGET,
            "MinCapacity": 1,
            "MaxCapacity": 4,
            "RoleARN": "arn:aws:iam::123456789012:role/aws-service-role/"
            "ecs.application-autoscaling.amazonaws.com/"
            "AWSServiceRoleForApplicationAutoScaling_ECSService",
            "CreationTime": running.clock.now(),
            "SuspendedState": {
                "DynamicScalingInSuspended": False,
                "DynamicScalingOutSuspended": False,
                "ScheduledScalingSuspended": False,
            },
            "ScalableTargetARN": arn,
        }
    ]


@pytest.mark.rule("E2")
@pytest.mark.parametrize(
    ("minimum", "maximum", "desired", "cause"),
    [
        (4, 10, 4, "minimum capacity was set to 4"),
        (0, 1, 1, "maximum capacity was set to 1"),
    ],
)
def test_registering_moves_the_desired_count_into_the_bounds(
    running: Scaled, minimum: int, maximum: int, desired: int, cause: str
) -> None:
    running.register(minimum, maximum)

    (activity,) = running.activities
    assert running.desired == desired
    assert activity["Cause"] == cause
    assert activity["Description"] == f"Setting desired count to {desired}."
    assert activity["StatusMessage"] == (
        f"Successfully set desired count to {desired}. Change successfully fulfilled by ecs."
    )
    running.clock.sleep(300)
    assert running.running == desired


@pytest.mark.rule("E2", "E5")
def test_registering_again_changes_only_what_is_given_and_still_bounds(running: Scaled) -> None:
    arn = running.register(1, 4, SuspendedState={"DynamicScalingInSuspended": True})
    running.ecs.update_service(cluster="c", service="s", desiredCount=9)

    again = running.api.register_scalable_target(**TARGET)["ScalableTargetARN"]

    (target,) = running.targets
    assert again == arn
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 4)
    assert target["SuspendedState"]["DynamicScalingInSuspended"] is True
    assert running.desired == 4


@pytest.mark.rule("E2")
@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        ({"MinCapacity": 5, "MaxCapacity": 2}, "Minimum capacity cannot be greater than maximum"),
        ({"MinCapacity": -1, "MaxCapacity": 2}, "greater than or equal to 0"),
        ({"MinCapacity": 1}, "are required"),
    ],
)
def test_bounds_that_bound_nothing_are_refused(
    running: Scaled, bounds: dict[str, Any], text: str
) -> None:
    with refusal("ValidationException", text):
        running.api.register_scalable_target(**TARGET, **bounds)


@pytest.mark.rule("E4")
def test_tags_are_given_once_and_changed_by_tag_resource(running: Scaled) -> None:
    arn = running.register(Tags={"team": "vision"})

    with refusal("ValidationException", "that you tried to tag already exists"):
        running.register(Tags={"team": "vision"})
    running.api.tag_resource(ResourceARN=arn, Tags={"stage": "test"})
    running.api.untag_resource(ResourceARN=arn, TagKeys=["team"])

    assert running.api.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"stage": "test"}
    with refusal("ResourceNotFoundException", "does not exist"):
        running.api.list_tags_for_resource(ResourceARN=arn + "0")


@pytest.mark.rule("E11")
def test_deregistering_takes_policies_alarms_and_actions_along(tracked: Scaled) -> None:
    tracked.api.put_scheduled_action(
        **TARGET,
        ScheduledActionName="night",
        Schedule="rate(1 hour)",
        ScalableTargetAction={"MinCapacity": 5},
    )

    tracked.api.deregister_scalable_target(**TARGET)
    tracked.clock.sleep(7200)

    assert (tracked.targets, tracked.policies, tracked.desired) == ([], [], 2)
    assert tracked.cloudwatch.describe_alarms()["MetricAlarms"] == []
    with refusal("ObjectNotFoundException", "No scalable target found"):
        tracked.api.deregister_scalable_target(**TARGET)


@pytest.mark.rule("E12")
def test_the_target_goes_with_its_service_a_moment_later(tracked: Scaled) -> None:
    tracked.ecs.delete_service(cluster="c", service="s", force=True)
    assert [item["ResourceId"] for item in tracked.targets] == [RESOURCE]

    tracked.clock.sleep(10)

    assert (tracked.targets, tracked.policies) == ([], [])


@pytest.mark.rule("E12")
@pytest.mark.parametrize("anew", [False, True])
def test_a_target_goes_late_unless_it_was_registered_anew(scaled: Scaled, *, anew: bool) -> None:
    scaled.sandbox.behave(Scenario(timings=Timings(scaling_removed=300)))
    scaled.create(0)
    scaled.register(0, 4)
    (before,) = scaled.targets
    scaled.ecs.delete_service(cluster="c", service="s")
    scaled.clock.sleep(2)
    if anew:
        scaled.api.deregister_scalable_target(**TARGET)

    scaled.ecs.create_service(
        cluster="c",
        serviceName="s",
        taskDefinition="t",
        launchType="FARGATE",
        desiredCount=0,
        networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d000000001"]}},
    )
    scaled.register(0, 4)
    (after,) = scaled.targets
    assert (after["CreationTime"] > before["CreationTime"]) is anew
    scaled.clock.sleep(290)
    assert scaled.targets == [after]
    scaled.clock.sleep(20)
    assert scaled.targets == ([after] if anew else [])


def test_other_namespaces_are_left_to_moto(scaled: Scaled) -> None:
    table = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/t",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    }

    scaled.api.register_scalable_target(**table, MinCapacity=1, MaxCapacity=2)

    found = scaled.api.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
    assert [item["ResourceId"] for item in found] == ["table/t"]
    assert scaled.targets == []
