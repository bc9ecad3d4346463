"""The statements of the policy for those who only look: without them less is told or found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ecsinfer.application.statements import Statement, arn, statement
from ecsinfer.application.task_definitions import task_definition
from ecsinfer.kinds import namespaces
from ecsinfer.logs.destinations import destinations
from ecsinfer.spec import Reference, Spec

_LOOKUPS = {
    "ssm": ("Parameters", "ssm:GetParameter", "parameter/{}"),
    # An ARN ends in six characters that the name does not tell.
    "secret": ("SecretArns", "secretsmanager:DescribeSecret", "secret:{}-??????"),
    "cfn": ("StackOutputs", "cloudformation:DescribeStacks", "stack/{}/*"),
}
"""Kind of a reference -> the statement's Sid, the action, and the resource of a name."""


def diagnosis(spec: Spec) -> Iterator[Statement]:
    """What ``deploy`` and ``explain`` look at to tell why a service does not come up, and ``logs``.

    What ``plan`` and ``deploy`` look at to tell beforehand that it cannot, is among it. Without it
    less is told, and ``explain`` says so. Most of these know no resource-level permissions.
    """
    if not spec.services:
        return
    yield statement(
        "Explain",
        "autoscaling:DescribeAutoScalingGroups autoscaling:DescribeLaunchConfigurations "
        "autoscaling:DescribeScalingActivities cloudwatch:DescribeAlarms "
        "ec2:DescribeImages ec2:DescribeLaunchTemplateVersions ec2:DescribeSecurityGroups "
        "ec2:DescribeSubnets "
        "ecs:DescribeCapacityProviders ecs:DescribeContainerInstances ecs:DescribeTasks "
        "ecs:GetTaskProtection ecs:ListContainerInstances ecs:ListServices ecs:ListTasks "
        "elasticloadbalancing:DescribeLoadBalancers "
        "elasticloadbalancing:DescribeTargetGroupAttributes "
        "elasticloadbalancing:DescribeTargetGroups elasticloadbalancing:DescribeTargetHealth",
    )
    groups = {
        place.group
        for key in spec.services
        for place in destinations(task_definition(spec, key, ""))
        if place.group
    }
    if groups:
        yield statement(
            "ReadLogs",
            "logs:FilterLogEvents logs:GetLogEvents",
            [arn(spec, "logs", f"log-group:{group}:*") for group in sorted(groups)],
        )


def status() -> Iterator[Statement]:
    """What ``status`` shows beside the state, where it may: trends, and what autoscaling did."""
    yield statement(
        "Status",
        "application-autoscaling:DescribeScalingActivities cloudwatch:GetMetricData",
    )


def service_connect(spec: Spec) -> Iterator[Statement]:
    """The namespaces that are named: AWS may show by ARN what the spec names, and conversely."""
    named: list[Any] = [spec.cluster.overrides.get("serviceConnectDefaults")]
    for service in spec.services.values():
        raw = service.overrides.service.get("serviceConnectConfiguration")
        named += [service.service_connect, raw]
    if any(map(namespaces.of, named)):
        yield statement(
            "Namespaces",
            "servicediscovery:GetNamespace",
            arn(spec, "servicediscovery", "namespace/*"),
        )


def lookups(spec: Spec, references: Iterable[Reference]) -> Iterator[Statement]:
    """The values that the spec takes from AWS; of a secret the ARN only."""
    named: dict[str, set[str]] = {}
    for each in references:
        named.setdefault(each.kind, set()).add(_resource_name(each))
    for kind, names in named.items():
        sid, action, resource = _LOOKUPS[kind]
        service = action.partition(":")[0]
        yield statement(
            sid, action, [arn(spec, service, resource.format(name)) for name in sorted(names)]
        )


def _resource_name(reference: Reference) -> str:
    """As ARNs have it: of a parameter neither the first slash nor the version."""
    if reference.kind != "ssm":
        return reference.name
    return reference.name.partition(":")[0].removeprefix("/")
