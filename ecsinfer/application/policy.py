"""The IAM policy that deploying, operating and destroying one spec needs, and no more (H5).

Resources are named wherever AWS knows resource-level permissions for the action; account ids are
wildcards, because a spec does not name its account.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ecsinfer.application.task_definitions import task_definition
from ecsinfer.kinds import ownership
from ecsinfer.logs.destinations import destinations
from ecsinfer.spec import Spec
from ecsinfer.spec.capacity import FARGATE

Statement = dict[str, Any]

_TASKS = "ecs-tasks.amazonaws.com"
_ECS = "ecs.amazonaws.com"
_OF_ECS = {"application-autoscaling:service-namespace": "ecs"}


def policy(spec: Spec, *, scale_groups_to_zero: bool = False) -> dict[str, Any]:
    """An IAM policy document for whoever runs ecsinfer on the spec.

    Args:
        spec: the spec.
        scale_groups_to_zero: whether a destroy with that flag is allowed.
    """
    statements = [*_cluster(spec), *_capacity(spec), *_services(spec), *_scaling(spec)]
    statements += [*_logs(spec), *_images(spec), *_load_balancers(spec), *_roles(spec)]
    statements += [*_forgotten(spec), *_diagnosis(spec)]
    if scale_groups_to_zero:
        statements += [*_emptied_groups(spec)]
    return {"Version": "2012-10-17", "Statement": statements}


def _statement(sid: str, actions: str, resources: Any = "*", **condition: Any) -> Statement:
    made: Statement = {"Sid": sid, "Effect": "Allow", "Action": sorted(actions.split())}
    made["Resource"] = resources
    if condition:
        made["Condition"] = condition
    return made


def _partition(spec: Spec) -> str:
    region = spec.region or ""
    named = {"cn": "aws-cn", "us-gov": "aws-us-gov"}
    return next((value for key, value in named.items() if region.startswith(f"{key}-")), "aws")


def _arn(spec: Spec, service: str, resource: str) -> str:
    return f"arn:{_partition(spec)}:{service}:{spec.region or '*'}:*:{resource}"


def _service_linked_role(spec: Spec, sid: str, service: str, role: str) -> Statement:
    return _statement(
        sid,
        "iam:CreateServiceLinkedRole",
        f"arn:{_partition(spec)}:iam::*:role/aws-service-role/{service}/{role}",
        StringLike={"iam:AWSServiceName": service},
    )


def _cluster(spec: Spec) -> Iterator[Statement]:
    name = spec.cluster_name
    cluster = _arn(spec, "ecs", f"cluster/{name}")
    own = "" if spec.cluster.existing else "ecs:UpdateCluster ecs:DeleteCluster ecs:TagResource"
    yield _statement("Account", "sts:GetCallerIdentity")
    yield _statement(
        "Cluster",
        f"ecs:DescribeClusters ecs:ListContainerInstances ecs:PutClusterCapacityProviders {own}",
        cluster,
    )
    # Deploy looks for what the spec has forgotten, destroy for others before it takes anything away.
    yield _statement(
        "LookAround",
        "ecs:DescribeCapacityProviders ecs:DescribeClusters ecs:DescribeServices "
        "ecs:DescribeTasks ecs:ListClusters ecs:ListServices ecs:ListTasks",
    )
    yield _statement(
        "ContainerInstances",
        "ecs:DescribeContainerInstances",
        _arn(spec, "ecs", f"container-instance/{name}/*"),
    )
    if not spec.cluster.existing:
        yield _statement("CreateCluster", "ecs:CreateCluster")
        yield _service_linked_role(spec, "RoleOfEcs", _ECS, "AWSServiceRoleForECS")


def _capacity(spec: Spec) -> Iterator[Statement]:
    declared = {key: each for key, each in spec.capacity.items() if not each.existing}
    names = [spec.provider_name(key) for key in declared]
    used = sorted({each for key in spec.services for each in spec.strategy(key)} & set(FARGATE))
    if not names and not used:
        return
    if names:
        yield _statement(
            "CapacityProviders",
            "ecs:UpdateCapacityProvider ecs:DeleteCapacityProvider ecs:TagResource "
            "ecs:DescribeCapacityProviders",
            [
                *(_arn(spec, "ecs", f"capacity-provider/{name}") for name in names),
                *(
                    _arn(spec, "ecs", f"capacity-provider/{spec.cluster_name}/{name}")
                    for name in names
                ),
            ],
        )
        yield _statement("CreateCapacityProviders", "ecs:CreateCapacityProvider")
    groups = _groups(spec)
    if groups:
        yield _statement("LookAtGroups", "autoscaling:DescribeAutoScalingGroups")
        yield _statement(
            "TagGroups",  # ECS marks the group with AmazonECSManaged (B8)
            "autoscaling:CreateOrUpdateTags",
            groups,
        )


def _groups(spec: Spec) -> list[str]:
    """ARNs of the Auto Scaling groups of the providers that the spec creates."""
    names = [
        each.auto_scaling_group
        for each in spec.capacity.values()
        if each.auto_scaling_group and not each.existing
    ]
    return [
        each
        if each.startswith("arn:")
        else _arn(spec, "autoscaling", f"autoScalingGroup:*:autoScalingGroupName/{each}")
        for each in names
    ]


def _emptied_groups(spec: Spec) -> Iterator[Statement]:
    groups = _groups(spec)
    if groups:
        yield _statement(
            "EmptyGroups",
            "autoscaling:SetInstanceProtection autoscaling:UpdateAutoScalingGroup",
            groups,
        )


def _forgotten(spec: Spec) -> Iterator[Statement]:
    """What the spec does not name any more: its tag says whose it is."""
    yield _statement(
        "Forgotten",
        "ecs:DeleteCapacityProvider ecs:DeleteService",
        [
            _arn(spec, "ecs", f"service/{spec.cluster_name}/*"),
            _arn(spec, "ecs", "capacity-provider/*"),
        ],
        StringEquals={f"aws:ResourceTag/{ownership.APP}": spec.name},
    )
    yield _statement(
        "ForgottenScaling",
        "application-autoscaling:DeregisterScalableTarget",
        _arn(spec, "application-autoscaling", "scalable-target/*"),
        StringEquals=_OF_ECS,
    )
    yield _statement(
        "ForgottenAlarms",  # they go with the policies, with the caller's rights (E9)
        "cloudwatch:DeleteAlarms",
        _arn(spec, "cloudwatch", "alarm:TargetTracking-service/*"),
    )


def _services(spec: Spec) -> Iterator[Statement]:
    if not spec.services:
        return
    cluster = spec.cluster_name
    names = [spec.service_name(key) for key in spec.services]
    families = sorted({spec.family(key) for key in spec.services})
    yield _statement(
        "Services",
        "ecs:CreateService ecs:UpdateService ecs:DeleteService ecs:DescribeServices "
        "ecs:ListServiceDeployments ecs:TagResource",
        [_arn(spec, "ecs", f"service/{cluster}/{name}") for name in names],
    )
    yield _statement(
        "Deployments",
        "ecs:ContinueServiceDeployment ecs:DescribeServiceDeployments ecs:StopServiceDeployment",
        [_arn(spec, "ecs", f"service-deployment/{cluster}/{name}/*") for name in names],
    )
    yield _statement(
        "ServiceRevisions",
        "ecs:DescribeServiceRevisions",
        [_arn(spec, "ecs", f"service-revision/{cluster}/{name}/*") for name in names],
    )
    yield _statement(
        "DeletedRevisions",
        "ecs:DeleteTaskDefinitions",
        [_arn(spec, "ecs", f"task-definition/{family}:*") for family in families],
    )
    # These know no resource-level permissions.
    yield _statement(
        "TaskDefinitions",
        "ecs:DescribeTaskDefinition ecs:ListTaskDefinitions ecs:RegisterTaskDefinition "
        "ecs:DeregisterTaskDefinition",
    )
    yield _statement(
        "TagTaskDefinitions",
        "ecs:TagResource",
        [_arn(spec, "ecs", f"task-definition/{family}:*") for family in families],
    )


def _scaling(spec: Spec) -> Iterator[Statement]:
    if not spec.services:
        return
    # Every service is asked whether a scalable target moves its count (D27).
    yield _statement(
        "LookAtScaling",
        "application-autoscaling:DescribeScalableTargets "
        "application-autoscaling:DescribeScalingPolicies "
        "application-autoscaling:DescribeScheduledActions",
    )
    if all(service.scaling is None for service in spec.services.values()):
        return
    yield _statement(
        "Scaling",
        "application-autoscaling:RegisterScalableTarget "
        "application-autoscaling:DeregisterScalableTarget "
        "application-autoscaling:PutScalingPolicy application-autoscaling:DeleteScalingPolicy "
        "application-autoscaling:PutScheduledAction "
        "application-autoscaling:DeleteScheduledAction",
        _arn(spec, "application-autoscaling", "scalable-target/*"),
        StringEquals=_OF_ECS,
    )
    yield _statement(
        "AlarmsOfScaling",  # target tracking makes and removes them with the caller's rights (E9)
        "cloudwatch:PutMetricAlarm cloudwatch:DescribeAlarms cloudwatch:DeleteAlarms",
        _arn(spec, "cloudwatch", "alarm:TargetTracking-service/*"),
    )
    yield _service_linked_role(
        spec,
        "RoleOfScaling",
        "ecs.application-autoscaling.amazonaws.com",
        "AWSServiceRoleForApplicationAutoScaling_ECSService",
    )


def _logs(spec: Spec) -> Iterator[Statement]:
    groups = sorted(
        {
            spec.log_group(key)
            for key, service in spec.services.items()
            if service.logs.enabled
            and not service.logs.existing
            and service.task_definition is None
        }
    )
    if not groups:
        return
    yield _statement("LookAtLogGroups", "logs:DescribeLogGroups")
    yield _statement(
        "LogGroups",
        "logs:CreateLogGroup logs:PutRetentionPolicy logs:DeleteLogGroup logs:TagResource "
        "logs:ListTagsForResource",
        [_arn(spec, "logs", f"log-group:{group}{end}") for group in groups for end in ("", ":*")],
    )


def _images(spec: Spec) -> Iterator[Statement]:
    repositories = set()
    for key in spec.services:
        for container in task_definition(spec, key, "").get("containerDefinitions", ()):
            registry, _, rest = str(container.get("image", "")).partition("/")
            if ".dkr.ecr." in registry:
                account, region = registry.split(".")[0], registry.split(".")[3]
                repository = rest.partition("@")[0].partition(":")[0]
                repositories.add(
                    f"arn:{_partition(spec)}:ecr:{region}:{account}:repository/{repository}"
                )
    if repositories:
        yield _statement("ImageDigests", "ecr:BatchGetImage", sorted(repositories))


def _load_balancers(spec: Spec) -> Iterator[Statement]:
    if any(service.load_balancer for service in spec.services.values()):
        yield _statement(
            "TargetGroups",
            "elasticloadbalancing:DescribeTargetGroups "
            "elasticloadbalancing:DescribeTargetGroupAttributes",
        )


def _diagnosis(spec: Spec) -> Iterator[Statement]:
    """What ``deploy`` and ``explain`` look at to tell why a service does not come up, and ``logs``.

    Without it the first two tell less, and say so. Most of these know no resource-level
    permissions.
    """
    if not spec.services:
        return
    yield _statement(
        "Explain",
        "autoscaling:DescribeAutoScalingGroups autoscaling:DescribeLaunchConfigurations "
        "autoscaling:DescribeScalingActivities cloudwatch:DescribeAlarms "
        "ec2:DescribeImages ec2:DescribeLaunchTemplateVersions ec2:DescribeSubnets "
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
        yield _statement(
            "ReadLogs",
            "logs:FilterLogEvents logs:GetLogEvents",
            [_arn(spec, "logs", f"log-group:{group}:*") for group in sorted(groups)],
        )


def _roles(spec: Spec) -> Iterator[Statement]:
    """iam:PassRole, for exactly the spec's roles to exactly the service that assumes them (H3)."""
    passed: dict[str, set[str]] = {}
    for key, service in spec.services.items():
        request = task_definition(spec, key, "")
        for role in (request.get("executionRoleArn"), request.get("taskRoleArn")):
            passed.setdefault(_TASKS, set()).add(_role(spec, role))
        infrastructure = [volume.ebs.role for volume in service.volumes.values() if volume.ebs]
        infrastructure += [each.role for each in service.load_balancer if each.role]
        infrastructure += [hook.role for hook in service.rollout.hooks if hook.role]
        passed.setdefault(_ECS, set()).update(infrastructure)
    for provider in spec.capacity.values():
        if provider.managed_instances is not None:
            managed = provider.managed_instances
            passed.setdefault(_ECS, set()).add(managed.infrastructure_role)
            # A profile is not a role; its role's name is its own by custom, and only by custom.
            profile = managed.instance_profile
            role = profile.replace(":instance-profile/", ":role/")
            passed.setdefault("ec2.amazonaws.com", set()).add(role)
    for number, (service_name, roles) in enumerate(sorted(passed.items()), start=1):
        named = sorted(roles - {""})
        if named:
            condition: Mapping[str, Any] = {"iam:PassedToService": service_name}
            yield _statement(f"PassRoles{number}", "iam:PassRole", named, StringEquals=condition)


def _role(spec: Spec, role: Any) -> str:
    if not role:
        return ""
    return role if str(role).startswith("arn:") else f"arn:{_partition(spec)}:iam::*:role/{role}"
