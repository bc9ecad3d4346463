"""What is in an account, in a form that is equal for equal worlds: no times, no random ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.laws.world import Account

# What AWS makes up, and what only says when or how often something happened.
_NOISE = frozenset(
    {
        "activeServicesCount", "pendingTasksCount", "registeredContainerInstancesCount",
        "runningTasksCount", "attachments", "createdAt", "createdBy", "CreationTime",
        "creationTime", "currentServiceDeployment", "currentServiceRevisions", "events", "id",
        "registeredAt", "registeredBy", "rolloutStateReason", "serviceArn", "storedBytes",
        "updatedAt", "PolicyARN", "ScalableTargetARN", "ScheduledActionARN", "Alarms",
        "capacityProviderArn", "taskSets",
    }
)  # fmt: skip

REST = 300.0
"""A rollout is over before its last old task is gone, and zones are balanced afterwards: seconds."""


def contents(account: Account) -> dict[str, Any]:
    """Everything that a deploy could have made, by whomever, once it has come to rest."""
    account.sandbox.clock.sleep(REST)
    ecs, clusters = account.client("ecs"), _clusters(account)
    names = [each["clusterName"] for each in clusters]
    return {
        "clusters": _canonical(clusters),
        "providers": _canonical(_providers(ecs, names)),
        "revisions": _canonical(_revisions(ecs)),
        "services": _canonical(each for name in names for each in _services(ecs, name)),
        "deployments": _deployments(account),
        **_scaling(account.client("application-autoscaling")),
        "log groups": _log_groups(account.client("logs")),
    }


def ours(account: Account, application: str) -> dict[str, Any]:
    """Of the contents, what carries the application's tag."""
    tag = {"key": "ecsinfer:app", "value": application}
    found = {
        kind: [each for each in each_of if tag in each.get("tags", ())]
        for kind, each_of in contents(account).items()
        if kind in {"clusters", "providers", "revisions", "services"}
    }
    return {kind: items for kind, items in found.items() if items}


def _clusters(account: Account) -> list[dict[str, Any]]:
    ecs = account.client("ecs")
    include = ["SETTINGS", "CONFIGURATIONS", "TAGS", "ATTACHMENTS"]
    answer = ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"], include=include)
    return [each for each in answer["clusters"] if each["status"] != "INACTIVE"]


def _providers(ecs: Any, clusters: Iterable[str]) -> list[dict[str, Any]]:
    found = {
        each["capacityProviderArn"]: each
        for scope in ({}, *({"cluster": name} for name in clusters))
        for each in ecs.describe_capacity_providers(include=["TAGS"], **scope)["capacityProviders"]
    }
    return [each for each in found.values() if each["status"] != "INACTIVE"]


def _revisions(ecs: Any) -> list[dict[str, Any]]:
    answers = [
        ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
        for arn in ecs.list_task_definitions(status="ACTIVE")["taskDefinitionArns"]
    ]
    return [{**each["taskDefinition"], "tags": each.get("tags", [])} for each in answers]


def _services(ecs: Any, cluster: str) -> list[dict[str, Any]]:
    arns = ecs.list_services(cluster=cluster, maxResults=10)["serviceArns"]
    if not arns:
        return []
    answer = ecs.describe_services(cluster=cluster, services=arns, include=["TAGS"])
    found: list[dict[str, Any]] = answer["services"]
    return found


def _deployments(account: Account) -> dict[str, list[str]]:
    """The state of every deployment that a living service has had: a twin would show."""
    return {
        f"{cluster}/{name}": [each.state for each in service.history]
        for (cluster, name), service in account.sandbox.world.services.items()
        if service.status == "ACTIVE"
    }


def _scaling(client: Any) -> dict[str, Any]:
    space = {"ServiceNamespace": "ecs"}
    return {
        "targets": _canonical(client.describe_scalable_targets(**space)["ScalableTargets"]),
        "policies": _canonical(client.describe_scaling_policies(**space)["ScalingPolicies"]),
        "schedules": _canonical(client.describe_scheduled_actions(**space)["ScheduledActions"]),
    }


def _log_groups(logs: Any) -> list[Any]:
    groups = logs.describe_log_groups()["logGroups"]
    tags = [logs.list_tags_for_resource(resourceArn=each["logGroupArn"])["tags"] for each in groups]
    found: list[Any] = _canonical(
        {**group, "tags": tagged} for group, tagged in zip(groups, tags, strict=True)
    )
    return found


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _canonical(item) for key, item in value.items() if key not in _NOISE}
    if isinstance(value, str) or not isinstance(value, Iterable):
        return value
    order: Callable[[Any], str] = repr
    return sorted((_canonical(item) for item in value), key=order)
