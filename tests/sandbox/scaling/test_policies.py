"""Scaling policies: put, replaced whole, checked against their service, described in pages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.ecs.refusals import refusal
from tests.sandbox.scaling.scaled import CPU, MEMORY, RESOURCE, TARGET, Scaled

REQUESTS = "ALBRequestCountPerTarget"
LABEL = "app/sandbox-alb/0a1b2c3d00000001/targetgroup/ip-targets/0a1b2c3d00000001"
ALTERNATE = LABEL.replace("ip-targets/0a1b2c3d00000001", "ip-targets-alternate/0a1b2c3d00000002")


@pytest.mark.rule("E6")
def test_a_policy_needs_its_target_first(running: Scaled) -> None:
    with refusal(
        "ObjectNotFoundException",
        "No scalable target registered for service namespace: ecs, resource ID: service/c/s, "
        "scalable dimension: ecs:service:DesiredCount",
    ):
        running.track()


@pytest.mark.rule("E9")
def test_a_policy_brings_its_two_alarms(tracked: Scaled) -> None:
    described = tracked.policies[0]["Alarms"]
    alarms = tracked.cloudwatch.describe_alarms()["MetricAlarms"]

    high, low = [item["AlarmName"] for item in described]
    assert high.startswith(f"TargetTracking-{RESOURCE}-AlarmHigh-")
    assert low.startswith(f"TargetTracking-{RESOURCE}-AlarmLow-")
    assert {item["AlarmName"]: item["Threshold"] for item in alarms} == {high: 50, low: 45}


@pytest.mark.rule("E6", "E10")
def test_putting_a_policy_again_replaces_its_whole_configuration(tracked: Scaled) -> None:
    (before,) = tracked.policies
    tracked.track(goal=70, ScaleInCooldown=60)
    tracked.track(goal=60)

    (after,) = tracked.policies
    assert after["PolicyARN"] == before["PolicyARN"]
    assert after["Alarms"] == before["Alarms"]
    assert after["TargetTrackingScalingPolicyConfiguration"] == {
        "TargetValue": 60,
        "PredefinedMetricSpecification": {"PredefinedMetricType": CPU},
        "DisableScaleIn": False,
    }


def test_a_policy_that_never_scales_in_has_no_low_alarm(tracked: Scaled) -> None:
    tracked.track(DisableScaleIn=True)

    names = [item["AlarmName"] for item in tracked.policies[0]["Alarms"]]
    assert len(names) == 1
    assert "-AlarmHigh-" in names[0]
    assert len(tracked.cloudwatch.describe_alarms()["MetricAlarms"]) == 1


@pytest.mark.rule("E7")
def test_one_policy_per_metric(tracked: Scaled) -> None:
    with refusal("ValidationException", "Only one TargetTrackingScaling policy for a given metric"):
        tracked.track(name="again")
    tracked.track(MEMORY, name="memory")

    assert [item["PolicyName"] for item in tracked.policies] == ["policy", "memory"]


@pytest.mark.rule("E7")
def test_a_metric_is_predefined_or_customised(tracked: Scaled) -> None:
    custom = {"Namespace": "Inference", "MetricName": "QueueDepth", "Statistic": "Average"}
    predefined = {"PredefinedMetricType": MEMORY}
    for wrong in (
        {},
        {"PredefinedMetricSpecification": predefined, "CustomizedMetricSpecification": custom},
    ):
        with refusal("ValidationException", "Exactly one of"):
            tracked.put("custom", {"TargetValue": 1, **wrong})

    tracked.put("custom", {"TargetValue": 1, "CustomizedMetricSpecification": custom})

    alarms = tracked.cloudwatch.describe_alarms()["MetricAlarms"]
    assert "QueueDepth" in {item["MetricName"] for item in alarms}


def test_metric_math_is_kept(tracked: Scaled) -> None:
    def stat(identifier: str, metric: str) -> dict[str, Any]:
        return {
            "Id": identifier,
            "MetricStat": {
                "Metric": {"Namespace": "Inference", "MetricName": metric},
                "Stat": "Average",
            },
            "ReturnData": False,
        }

    metrics = [
        stat("queue", "Depth"),
        stat("tasks", "Tasks"),
        {"Id": "each", "Expression": "queue / tasks", "ReturnData": True},
    ]
    tracked.put("math", {"TargetValue": 4, "CustomizedMetricSpecification": {"Metrics": metrics}})
    tracked.measure(9, "queue / tasks")
    tracked.clock.sleep(180)

    config = tracked.policies[1]["TargetTrackingScalingPolicyConfiguration"]
    assert config["CustomizedMetricSpecification"]["Metrics"] == metrics
    assert tracked.desired == 5


def test_a_metric_of_another_service_is_refused(tracked: Scaled) -> None:
    with refusal("ValidationException", "Unsupported predefined metric type"):
        tracked.track("RDSReaderAverageCPUUtilization", name="rds")


@pytest.mark.rule("E7")
def test_high_resolution_needs_a_service_that_publishes_it(scaled: Scaled) -> None:
    metric = f"{CPU}HighResolution"
    scaled.create()
    scaled.register()
    with refusal("ValidationException", "resolution of 20 seconds"):
        scaled.track(metric)

    scaled.ecs.update_service(
        cluster="c",
        service="s",
        monitoring={
            "metricConfigurations": [{"metricNames": ["CPUUtilization"], "resolutionSeconds": 20}]
        },
    )
    scaled.track(metric)

    assert len(scaled.policies) == 1


@pytest.mark.rule("E8")
def test_requests_per_target_need_the_label_of_an_attached_target_group(scaled: Scaled) -> None:
    scaled.balanced()
    scaled.register()
    for label, text in (
        (None, "ResourceLabel must be specified"),
        ("nonsense", "is not valid"),
        (ALTERNATE, "is not valid"),
        (LABEL.replace("sandbox-alb", "other-alb"), "is not valid"),
    ):
        with refusal("ValidationException", text):
            scaled.track(REQUESTS, label=label)
    with refusal("ValidationException", "ResourceLabel must not be specified"):
        scaled.track(CPU, label=LABEL)

    scaled.track(REQUESTS, label=LABEL)

    (alarm, _) = scaled.cloudwatch.describe_alarms()["MetricAlarms"]
    assert alarm["MetricName"] == "RequestCountPerTarget"


def test_a_step_policy_is_kept_as_it_is(tracked: Scaled) -> None:
    steps = {
        "AdjustmentType": "ChangeInCapacity",
        "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
        "Cooldown": 60,
    }

    tracked.api.put_scaling_policy(
        **TARGET,
        PolicyName="step",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration=steps,
    )

    step = tracked.policies[1]
    assert (step["StepScalingPolicyConfiguration"], step["Alarms"]) == (steps, [])


@pytest.mark.parametrize("kind", [{}, {"PolicyType": "StepScaling"}])
def test_a_policy_without_a_configuration_is_refused(tracked: Scaled, kind: dict[str, Any]) -> None:
    with refusal("ValidationException", "is required"):
        tracked.api.put_scaling_policy(**TARGET, PolicyName="empty", **kind)


@pytest.mark.rule("E13")
def test_policies_are_deleted_with_their_alarms(tracked: Scaled) -> None:
    tracked.api.delete_scaling_policy(**TARGET, PolicyName="policy")

    assert tracked.policies == []
    assert tracked.cloudwatch.describe_alarms()["MetricAlarms"] == []
    with refusal("ObjectNotFoundException", "No scaling policy found for service namespace: ecs"):
        tracked.api.delete_scaling_policy(**TARGET, PolicyName="policy")


def test_policies_come_ten_a_page(tracked: Scaled) -> None:
    for number in range(11):
        custom = {"Namespace": "n", "MetricName": f"m{number}", "Statistic": "Average"}
        tracked.put(f"p{number}", {"TargetValue": 1, "CustomizedMetricSpecification": custom})

    pages = list(
        tracked.api.get_paginator("describe_scaling_policies").paginate(ServiceNamespace="ecs")
    )

    assert [len(page["ScalingPolicies"]) for page in pages] == [10, 2]
    with refusal("InvalidNextTokenException", "invalid"):
        tracked.api.describe_scaling_policies(ServiceNamespace="ecs", NextToken="x")
