"""The CloudWatch alarms of target tracking policies, as AWS names and sets them (E9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecsinfer.capacity.target_tracking import HIGH_PERIODS, LOW_FACTOR, LOW_PERIODS
from ecsinfer.sandbox.scaling.records import Policy
from ecsinfer.sandbox.state import World

_PREDEFINED = {
    "ECSServiceAverageCPUUtilization": ("CPUUtilization", 60),
    "ECSServiceAverageMemoryUtilization": ("MemoryUtilization", 60),
    "ECSServiceAverageCPUUtilizationHighResolution": ("CPUUtilization", 20),
    "ECSServiceAverageMemoryUtilizationHighResolution": ("MemoryUtilization", 20),
}


def put(world: World, policy: Policy) -> None:
    """Create or change the alarms of a target tracking policy."""
    if policy.type != "TargetTrackingScaling":
        delete(world, policy)
        return
    goal = float(policy.config["TargetValue"])
    sides = [("High", "GreaterThanThreshold", HIGH_PERIODS, goal)]
    if not policy.config.get("DisableScaleIn"):
        sides.append(("Low", "LessThanThreshold", LOW_PERIODS, goal * LOW_FACTOR))
    known = {
        side: name for name in policy.alarms for side in ("High", "Low") if f"-Alarm{side}-" in name
    }
    for gone in set(known) - {side for side, *_ in sides}:
        world.ask("cloudwatch", "DeleteAlarms", {"AlarmNames": [known[gone]]})
    policy.alarms = []
    for side, comparison, periods, threshold in sides:
        name = known.get(side) or f"TargetTracking-{policy.resource}-Alarm{side}-{world.uuid()}"
        world.ask(
            "cloudwatch",
            "PutMetricAlarm",
            {
                "AlarmName": name,
                "AlarmDescription": "DO NOT EDIT OR DELETE. For TargetTrackingScaling policy "
                f"{policy.arn}.",
                "AlarmActions": [policy.arn],
                "ComparisonOperator": comparison,
                "EvaluationPeriods": periods,
                "Threshold": threshold,
                **_metric(policy),
            },
        )
        policy.alarms.append(name)


def delete(world: World, policy: Policy) -> None:
    """Delete the alarms of a policy."""
    if policy.alarms:
        world.ask("cloudwatch", "DeleteAlarms", {"AlarmNames": policy.alarms})
        policy.alarms = []


def describe(world: World, policy: Policy) -> list[dict[str, str]]:
    """The alarms in the API's form."""
    return [
        {"AlarmName": name, "AlarmARN": world.arn(f"alarm:{name}", "cloudwatch")}
        for name in policy.alarms
    ]


def _metric(policy: Policy) -> dict[str, Any]:
    """What an alarm of the policy watches."""
    config: Mapping[str, Any] = policy.config
    if "PredefinedMetricSpecification" in config:
        return _predefined(policy, config["PredefinedMetricSpecification"])
    custom = config["CustomizedMetricSpecification"]
    if "Metrics" in custom:
        return {"Metrics": [_query(item) for item in custom["Metrics"]]}
    return {
        "Namespace": custom.get("Namespace", ""),
        "MetricName": custom.get("MetricName", ""),
        "Dimensions": custom.get("Dimensions", []),
        "Statistic": custom.get("Statistic", "Average"),
        "Period": 60,
    }


def _predefined(policy: Policy, metric: Mapping[str, Any]) -> dict[str, Any]:
    kind = metric["PredefinedMetricType"]
    if kind == "ALBRequestCountPerTarget":
        group = "targetgroup/" + metric["ResourceLabel"].partition("/targetgroup/")[2]
        return {
            "Namespace": "AWS/ApplicationELB",
            "MetricName": "RequestCountPerTarget",
            "Dimensions": [{"Name": "TargetGroup", "Value": group}],
            "Statistic": "Sum",
            "Period": 60,
        }
    name, period = _PREDEFINED[kind]
    _, cluster, service = policy.resource.split("/")
    return {
        "Namespace": "AWS/ECS",
        "MetricName": name,
        "Dimensions": [
            {"Name": "ClusterName", "Value": cluster},
            {"Name": "ServiceName", "Value": service},
        ],
        "Statistic": "Average",
        "Period": period,
    }


def _query(item: Mapping[str, Any]) -> dict[str, Any]:
    """A metric query with the period that Application Auto Scaling gives it."""
    query = dict(item)
    if "MetricStat" in query:
        query["MetricStat"] = {"Period": 60, **query["MetricStat"]}
    return query
