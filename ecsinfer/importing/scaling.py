"""What scales a service, in the spec's words; a policy that they cannot say stays as AWS has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ecsinfer.application.scaling import PREDEFINED
from ecsinfer.importing.looking import Found
from ecsinfer.importing.words import key_of, whole
from ecsinfer.kinds.scaling import prefix
from ecsinfer.spec.units import format_duration

Fields = Mapping[str, Any]

_TRACKING = "TargetTrackingScaling"
_WORDS = {"cpu": "cpu", "memory": "memory", "requests": "requests_per_replica"}
"""Name of a policy without our prefix -> the word for its target."""
_BEHAVIOUR: Mapping[str, Any] = {
    "ScaleInCooldown": 300, "ScaleOutCooldown": 300, "DisableScaleIn": False,
}  # fmt: skip
"""What all policies that the words say have in common, with AWS's defaults (E10)."""
_METRIC = {
    "Namespace": "namespace",
    "MetricName": "metric",
    "Statistic": "statistic",
    "Unit": "unit",
}
_SUSPENDED = {
    "DynamicScalingInSuspended": "scale_in",
    "DynamicScalingOutSuspended": "scale_out",
    "ScheduledScalingSuspended": "scheduled",
}


def words(found: Found, application: str, target_group: str) -> dict[str, Any]:
    """The `scaling` of a service.

    Args:
        found: the service.
        application: the spec's name, with which the names of our own policies begin.
        target_group: ARN of the target group whose requests the spec's word counts; empty without.
    """
    if not found.target:
        return {}
    start = prefix(application)
    tracked = _tracked(found.policies, target_group)
    behaviour = _behaviour(tracked[0]) if tracked else {}
    suspended = found.target.get("SuspendedState", {})
    said = {
        "min": found.target["MinCapacity"],
        "max": found.target["MaxCapacity"],
        **dict(_targets(tracked)),
        "metrics": _keyed(
            ((each["PolicyName"], _metric(each)) for each in tracked if not _predefined(each)),
            f"{start}metric-",
        ),
        **_cooldowns(behaviour),
        "scheduled": _keyed(
            ((each["ScheduledActionName"], _action(each)) for each in found.schedules), start
        ),
        "policy_names": {
            key: each["PolicyName"]
            for each in tracked
            if (key := _predefined(each)) and each["PolicyName"] != start + key
        },
        "suspended": {word: True for field, word in _SUSPENDED.items() if suspended.get(field)},
    }
    return {name: value for name, value in said.items() if value not in (None, {})}


def raw_policies(found: Found, target_group: str) -> dict[str, Any]:
    """The policies that no word says: name in AWS -> ``PolicyType`` and its configuration."""
    if not found.target:
        return {}
    said = [each["PolicyName"] for each in _tracked(found.policies, target_group)]
    return {
        each["PolicyName"]: {
            name: value
            for name, value in each.items()
            if name in ("PolicyType", f"{each['PolicyType']}PolicyConfiguration")
        }
        for each in found.policies
        if each["PolicyName"] not in said
    }


def _tracked(policies: Sequence[Fields], target_group: str) -> list[Fields]:
    """The policies that the words say: they scale in and out alike, as most of them do."""
    sayable = [each for each in policies if _sayable(each, target_group)]
    if not sayable:
        return []
    behaviours = Counter(tuple(_behaviour(each).values()) for each in sayable)
    ((usual, _),) = behaviours.most_common(1)
    return [each for each in sayable if tuple(_behaviour(each).values()) == usual]


def _configuration(policy: Fields) -> Fields:
    found: Fields = policy[f"{_TRACKING}PolicyConfiguration"]
    return found


def _behaviour(policy: Fields) -> dict[str, Any]:
    configuration = _configuration(policy)
    return {name: configuration.get(name, usual) for name, usual in _BEHAVIOUR.items()}


def _sayable(policy: Fields, target_group: str) -> bool:
    if policy.get("PolicyType") != _TRACKING:
        return False
    configuration = _configuration(policy)
    metric = configuration.get("CustomizedMetricSpecification")
    if metric is not None:
        single = {*_METRIC, "Dimensions"} >= set(metric) >= {"Namespace", "MetricName", "Statistic"}
        return single or set(metric) == {"Metrics"}
    key, specification = _predefined(policy), configuration["PredefinedMetricSpecification"]
    if key == "requests":
        group = target_group.rpartition(":")[2]
        return bool(group) and str(specification.get("ResourceLabel", "")).endswith(f"/{group}")
    return bool(key) and configuration["TargetValue"] <= 100


def _predefined(policy: Fields) -> str:
    """Our name for the metric that AWS itself takes of the service; empty for another one."""
    metric = _configuration(policy).get("PredefinedMetricSpecification", {})
    kind = metric.get("PredefinedMetricType")
    return next((key for key, each in PREDEFINED.items() if each == kind), "")


def _targets(policies: Sequence[Fields]) -> Iterator[tuple[str, Any]]:
    for policy in policies:
        if key := _predefined(policy):
            yield _WORDS[key], whole(_configuration(policy)["TargetValue"])


def _metric(policy: Fields) -> dict[str, Any]:
    configuration = _configuration(policy)
    metric = configuration["CustomizedMetricSpecification"]
    said = {
        "target": whole(configuration["TargetValue"]),
        **{word: metric.get(field) for field, word in _METRIC.items()},
        "dimensions": {each["Name"]: each["Value"] for each in metric.get("Dimensions", ())},
        "metrics": metric.get("Metrics"),
    }
    if said["statistic"] == "Average":
        del said["statistic"]
    return {name: value for name, value in said.items() if value not in (None, {})}


def _cooldowns(behaviour: Fields) -> dict[str, Any]:
    changed = {name: value for name, value in behaviour.items() if value != _BEHAVIOUR[name]}
    said: dict[str, Any] = {}
    if "ScaleInCooldown" in changed:
        said["scale_in_cooldown"] = format_duration(changed["ScaleInCooldown"])
    if "ScaleOutCooldown" in changed:
        said["scale_out_cooldown"] = format_duration(changed["ScaleOutCooldown"])
    if "DisableScaleIn" in changed:
        said["scale_in"] = False
    return said


def _action(action: Fields) -> dict[str, Any]:
    bounds = action.get("ScalableTargetAction", {})
    said = {
        "schedule": action["Schedule"],
        "timezone": None if action.get("Timezone") == "UTC" else action.get("Timezone"),
        "min": bounds.get("MinCapacity"),
        "max": bounds.get("MaxCapacity"),
        **{
            word: action[field].isoformat()
            for field, word in (("StartTime", "start"), ("EndTime", "end"))
            if action.get(field)
        },
    }
    return {name: value for name, value in said.items() if value is not None}


def _keyed(entries: Iterator[tuple[str, dict[str, Any]]], start: str) -> dict[str, Any]:
    """By a key each; the name is said where it is not what we would call it."""
    keyed: dict[str, Any] = {}
    for name, said in entries:
        own = name.startswith(start) and name != start
        key = name.removeprefix(start) if own else key_of(name)
        while key in keyed:
            key = f"{key}-2"
        keyed[key] = said if own and key == name.removeprefix(start) else {"name": name, **said}
    return keyed
