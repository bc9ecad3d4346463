"""The questions that several kinds ask: equal ones are asked once, mergeable ones together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ecsinfer.model import Answer, Read

NAMESPACE = {"ServiceNamespace": "ecs"}
FARGATE = ("FARGATE", "FARGATE_SPOT")
DIMENSION = {"ScalableDimension": "ecs:service:DesiredCount"}


def clusters(name: str) -> Read:
    """The cluster with everything that is gated behind ``include`` (A7)."""
    return Read(
        "ecs",
        "DescribeClusters",
        {"clusters": [name], "include": ["ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "TAGS"]},
        batch="clusters",
        limit=100,
    )


def services(cluster: str, names: Iterable[str]) -> Read:
    """Services of a cluster; a cluster that is not there has none (0.8)."""
    return Read(
        "ecs",
        "DescribeServices",
        {"cluster": cluster, "services": list(names), "include": ["TAGS"]},
        batch="services",
        limit=10,
        absent_on=("ClusterNotFoundException",),
    )


def listed_services(cluster: str) -> Read:
    """ARNs of the cluster's ACTIVE services (D25), as far as the caller may see them."""
    return Read(
        "ecs",
        "ListServices",
        {"cluster": cluster, "maxResults": 100},
        items="serviceArns",
        absent_on=("ClusterNotFoundException",),
        optional=True,
    )


def running_tasks(cluster: str) -> Read:
    """ARNs of the cluster's tasks that are to run (J8), as far as the caller may see them."""
    return Read(
        "ecs",
        "ListTasks",
        {"cluster": cluster},
        items="taskArns",
        absent_on=("ClusterNotFoundException",),
        optional=True,
    )


def described_tasks(cluster: str, arns: Iterable[str]) -> Read:
    """Tasks of a cluster; what has gone meanwhile is not in the answer."""
    return Read(
        "ecs",
        "DescribeTasks",
        {"cluster": cluster, "tasks": list(arns)},
        batch="tasks",
        limit=100,
        optional=True,
    )


def service_deployment(arn: str) -> Read:
    """A service deployment, where the caller may see it (D23)."""
    return Read(
        "ecs",
        "DescribeServiceDeployments",
        {"serviceDeploymentArns": [arn]},
        batch="serviceDeploymentArns",
        limit=20,
        optional=True,
    )


def service_revision(service: Mapping[str, Any], deployment: str) -> Read:
    """The service revision of a deployment (``ecs-svc/...``), whose number it shares (D23)."""
    number = deployment.rpartition("/")[2]
    arn = str(service.get("serviceArn", "")).replace(":service/", ":service-revision/", 1)
    shown = [str(each.get("arn", "")) for each in service.get("currentServiceRevisions", ())]
    found = next((each for each in shown if each.endswith(f"/{number}")), f"{arn}/{number}")
    return Read(
        "ecs",
        "DescribeServiceRevisions",
        {"serviceRevisionArns": [found]},
        batch="serviceRevisionArns",
        limit=20,
    )


def task_definition(name: str) -> Read:
    """A revision, or a family's latest active one; its tags stand beside it (C4, C9)."""
    return Read(
        "ecs",
        "DescribeTaskDefinition",
        {"taskDefinition": name, "include": ["TAGS"]},
        absent_on=("ClientException: Unable to describe task definition",),
    )


def capacity_providers(names: Iterable[str]) -> Read:
    """Auto Scaling group providers; one page holds ten (0.7)."""
    return Read(
        "ecs",
        "DescribeCapacityProviders",
        {"capacityProviders": list(names), "include": ["TAGS"]},
        batch="capacityProviders",
        limit=10,
    )


def all_capacity_providers() -> Read:
    """Every provider of the account and region but those that belong to one cluster (B22)."""
    return Read(
        "ecs", "DescribeCapacityProviders", {"include": ["TAGS"]}, items="capacityProviders"
    )


def providers_of_cluster(cluster: str, names: Iterable[str]) -> Read:
    """Providers that a cluster has, Managed Instances among them (B22)."""
    return Read(
        "ecs",
        "DescribeCapacityProviders",
        {"cluster": cluster, "capacityProviders": list(names), "include": ["TAGS"]},
        batch="capacityProviders",
        limit=10,
        absent_on=("ClusterNotFoundException",),
        optional=True,
    )


def unknown_providers(cluster: Mapping[str, Any], known: Collection[str]) -> list[str]:
    """Names of the described cluster's providers that are neither Fargate's nor in `known`."""
    return [
        name
        for name in cluster.get("capacityProviders", ())
        if name not in known and name not in FARGATE
    ]


def auto_scaling_groups(name: str) -> Read:
    """The Auto Scaling group; an unknown one is an empty list, not an error (F8)."""
    return Read(
        "autoscaling",
        "DescribeAutoScalingGroups",
        {"AutoScalingGroupNames": [name]},
        batch="AutoScalingGroupNames",
        limit=50,
        items="AutoScalingGroups",
    )


def launch_template(specification: Mapping[str, Any]) -> Read:
    """The version of a launch template that a group uses; the group may outlive both."""
    which = {key: value for key, value in specification.items() if key == "LaunchTemplateId"}
    which = which or {"LaunchTemplateName": specification.get("LaunchTemplateName", "")}
    return Read(
        "ec2",
        "DescribeLaunchTemplateVersions",
        {**which, "Versions": [specification.get("Version", "$Default")]},
        absent_on=(
            "InvalidLaunchTemplateId.NotFound",
            "InvalidLaunchTemplateId.VersionNotFound",
            "InvalidLaunchTemplateName.NotFoundException",
        ),
        optional=True,
    )


def subnets(names: Iterable[str]) -> Read:
    """Those of the subnets that there are, if the caller may look: by a filter, which may find none."""
    return _known_to_ec2("DescribeSubnets", "subnet-id", names)


def security_groups(names: Iterable[str]) -> Read:
    """Those of the security groups that there are, if the caller may look."""
    return _known_to_ec2("DescribeSecurityGroups", "group-id", names)


def _known_to_ec2(operation: str, name: str, values: Iterable[str]) -> Read:
    filters = [{"Name": name, "Values": sorted(set(values))}]
    return Read("ec2", operation, {"Filters": filters}, optional=True)


def target_group(arn: str) -> Read:
    """A target group; asked alone, for one that is unknown is an error of the whole question."""
    return Read(
        "elbv2",
        "DescribeTargetGroups",
        {"TargetGroupArns": [arn]},
        absent_on=(
            "TargetGroupNotFound",
            "TargetGroupNotFoundException",
            "ValidationError: is not a valid target group ARN",
        ),
    )


def container_instances(cluster: str) -> Read:
    """ARNs of the cluster's container instances; a cluster that is not there has none."""
    return Read(
        "ecs",
        "ListContainerInstances",
        {"cluster": cluster},
        items="containerInstanceArns",
        absent_on=("ClusterNotFoundException",),
    )


def described_container_instances(cluster: str, listed: Answer) -> tuple[Read, ...]:
    """The container instances that were listed, a hundred at a time."""
    arns = list(listed.get("containerInstanceArns", ()))
    return tuple(
        Read(
            "ecs",
            "DescribeContainerInstances",
            {"cluster": cluster, "containerInstances": arns[start : start + 100]},
        )
        for start in range(0, len(arns), 100)
    )


def resource_id(cluster: str, service: str) -> str:
    """What Application Auto Scaling calls a service (E1)."""
    return f"service/{cluster}/{service}"


def scalable_targets(cluster: str, service: str) -> Read:
    """The scalable target of a service."""
    return Read(
        "application-autoscaling",
        "DescribeScalableTargets",
        {**NAMESPACE, "ResourceIds": [resource_id(cluster, service)], **DIMENSION},
        batch="ResourceIds",
        limit=50,
        items="ScalableTargets",
    )


def scaling_policies(cluster: str, service: str) -> Read:
    """The scaling policies of a service."""
    return Read(
        "application-autoscaling",
        "DescribeScalingPolicies",
        {**NAMESPACE, "ResourceId": resource_id(cluster, service), **DIMENSION},
        items="ScalingPolicies",
    )


def scheduled_actions(cluster: str, service: str) -> Read:
    """The scheduled actions of a service."""
    return Read(
        "application-autoscaling",
        "DescribeScheduledActions",
        {**NAMESPACE, "ResourceId": resource_id(cluster, service), **DIMENSION},
        items="ScheduledActions",
    )


def names(arns: Iterable[str]) -> list[str]:
    """The names that ARNs end with, sorted."""
    return sorted(arn.rpartition("/")[2] for arn in arns)


def pick(answer: Answer, member: str, key: str, value: str) -> Mapping[str, Any] | None:
    """The entry of `answer[member]` whose `key` is `value`."""
    for item in answer.get(member, ()):
        if item.get(key) == value:
            found: Mapping[str, Any] = item
            return found
    return None


def alive(item: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The entry unless it is INACTIVE: AWS shows the deleted for a while (A3, B11, D1)."""
    return None if item is None or item.get("status") == "INACTIVE" else item
