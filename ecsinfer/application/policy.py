"""The IAM policy that deploying, operating and destroying one spec needs, and no more (H5).

Resources are named wherever AWS knows resource-level permissions for the action; account ids are
wildcards, because a spec does not name its account.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ecsinfer.application import policy_reads
from ecsinfer.application.services import service_params
from ecsinfer.application.statements import Statement, arn, partition, statement
from ecsinfer.application.task_definitions import task_definition
from ecsinfer.kinds import ownership
from ecsinfer.spec import Reference, Spec
from ecsinfer.spec.capacity import FARGATE

_TASKS = "ecs-tasks.amazonaws.com"
_ECS = "ecs.amazonaws.com"
_OF_ECS = {"application-autoscaling:service-namespace": "ecs"}


def policy(
    spec: Spec, *, scale_groups_to_zero: bool = False, lookups: Iterable[Reference] = ()
) -> dict[str, Any]:
    """An IAM policy document for whoever runs ecsinfer on the spec.

    Args:
        spec: the spec.
        scale_groups_to_zero: whether a destroy with that flag is allowed.
        lookups: what the spec takes from AWS while it is loaded.
    """
    statements = [*_cluster(spec), *_capacity(spec), *_services(spec), *_scaling(spec)]
    statements += [*_logs(spec), *_images(spec), *_load_balancers(spec), *_roles(spec)]
    statements += [*_forgotten(spec), *policy_reads.diagnosis(spec), *policy_reads.status()]
    statements += [*policy_reads.service_connect(spec), *policy_reads.lookups(spec, lookups)]
    if scale_groups_to_zero:
        statements += [*_emptied_groups(spec)]
    return {"Version": "2012-10-17", "Statement": statements}


def _service_linked_role(spec: Spec, sid: str, service: str, role: str) -> Statement:
    return statement(
        sid,
        "iam:CreateServiceLinkedRole",
        f"arn:{partition(spec)}:iam::*:role/aws-service-role/{service}/{role}",
        StringLike={"iam:AWSServiceName": service},
    )


def _cluster(spec: Spec) -> Iterator[Statement]:
    name = spec.cluster_name
    cluster = arn(spec, "ecs", f"cluster/{name}")
    own = "" if spec.cluster.existing else "ecs:UpdateCluster ecs:DeleteCluster ecs:TagResource"
    yield statement("Account", "sts:GetCallerIdentity")
    yield statement(
        "Cluster",
        f"ecs:DescribeClusters ecs:ListContainerInstances ecs:PutClusterCapacityProviders {own}",
        cluster,
    )
    # Deploy looks for what the spec has forgotten, destroy for others before it takes anything away.
    yield statement(
        "LookAround",
        "ecs:DescribeCapacityProviders ecs:DescribeClusters ecs:DescribeServices "
        "ecs:DescribeTasks ecs:ListClusters ecs:ListServices ecs:ListTasks",
    )
    yield statement(
        "ContainerInstances",
        "ecs:DescribeContainerInstances",
        arn(spec, "ecs", f"container-instance/{name}/*"),
    )
    if not spec.cluster.existing:
        yield statement("CreateCluster", "ecs:CreateCluster")
        yield _service_linked_role(spec, "RoleOfEcs", _ECS, "AWSServiceRoleForECS")


def _capacity(spec: Spec) -> Iterator[Statement]:
    declared = {key: each for key, each in spec.capacity.items() if not each.existing}
    names = [spec.provider_name(key) for key in declared]
    used = sorted({each for key in spec.services for each in spec.strategy(key)} & set(FARGATE))
    if not names and not used:
        return
    if names:
        yield statement(
            "CapacityProviders",
            "ecs:UpdateCapacityProvider ecs:DeleteCapacityProvider ecs:TagResource "
            "ecs:DescribeCapacityProviders",
            [
                *(arn(spec, "ecs", f"capacity-provider/{name}") for name in names),
                *(
                    arn(spec, "ecs", f"capacity-provider/{spec.cluster_name}/{name}")
                    for name in names
                ),
            ],
        )
        yield statement("CreateCapacityProviders", "ecs:CreateCapacityProvider")
    groups = _groups(spec)
    if groups:
        yield statement("LookAtGroups", "autoscaling:DescribeAutoScalingGroups")
        yield statement(
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
        else arn(spec, "autoscaling", f"autoScalingGroup:*:autoScalingGroupName/{each}")
        for each in names
    ]


def _emptied_groups(spec: Spec) -> Iterator[Statement]:
    groups = _groups(spec)
    if groups:
        yield statement(
            "EmptyGroups",
            "autoscaling:SetInstanceProtection autoscaling:UpdateAutoScalingGroup",
            groups,
        )


def _forgotten(spec: Spec) -> Iterator[Statement]:
    """What the spec does not name any more: its tag says whose it is."""
    yield statement(
        "Forgotten",
        "ecs:DeleteCapacityProvider ecs:DeleteService",
        [
            arn(spec, "ecs", f"service/{spec.cluster_name}/*"),
            arn(spec, "ecs", "capacity-provider/*"),
        ],
        StringEquals={f"aws:ResourceTag/{ownership.APP}": spec.name},
    )
    yield statement("FindByTag", "tag:GetResources")
    yield statement(
        "ForgottenLogGroups",
        "logs:DeleteLogGroup logs:ListTagsForResource",
        arn(spec, "logs", "log-group:*"),
        StringEquals={f"aws:ResourceTag/{ownership.APP}": spec.name},
    )
    yield statement(
        "ForgottenScaling",
        "application-autoscaling:DeregisterScalableTarget",
        arn(spec, "application-autoscaling", "scalable-target/*"),
        StringEquals=_OF_ECS,
    )
    yield statement(
        "ForgottenAlarms",  # they go with the policies, with the caller's rights (E9)
        "cloudwatch:DeleteAlarms",
        arn(spec, "cloudwatch", "alarm:TargetTracking-service/*"),
    )


def _services(spec: Spec) -> Iterator[Statement]:
    if not spec.services:
        return
    cluster = spec.cluster_name
    names = [spec.service_name(key) for key in spec.services]
    services = [arn(spec, "ecs", f"service/{cluster}/{name}") for name in names]
    families = sorted({spec.family(key) for key in spec.services})
    yield statement(
        "Services",
        "ecs:CreateService ecs:UpdateService ecs:DeleteService ecs:DescribeServices "
        "ecs:ListServiceDeployments ecs:TagResource",
        services,
    )
    # Actions on a deployment or a service revision require the service as a resource, too; of
    # ContinueServiceDeployment that is a guess from its like.
    yield statement(
        "Deployments",
        "ecs:ContinueServiceDeployment ecs:DescribeServiceDeployments ecs:StopServiceDeployment",
        [
            *services,
            *(arn(spec, "ecs", f"service-deployment/{cluster}/{name}/*") for name in names),
        ],
    )
    yield statement(
        "ServiceRevisions",
        "ecs:DescribeServiceRevisions",
        [
            *services,
            *(arn(spec, "ecs", f"service-revision/{cluster}/{name}/*") for name in names),
        ],
    )
    yield statement(
        "DeletedRevisions",
        "ecs:DeleteTaskDefinitions",
        [arn(spec, "ecs", f"task-definition/{family}:*") for family in families],
    )
    # These know no resource-level permissions.
    yield statement(
        "TaskDefinitions",
        "ecs:DescribeTaskDefinition ecs:ListTaskDefinitions ecs:RegisterTaskDefinition "
        "ecs:DeregisterTaskDefinition",
    )
    yield statement(
        "TagTaskDefinitions",
        "ecs:TagResource",
        [arn(spec, "ecs", f"task-definition/{family}:*") for family in families],
    )


def _scaling(spec: Spec) -> Iterator[Statement]:
    if not spec.services:
        return
    # Every service is asked whether a scalable target moves its count (D27).
    yield statement(
        "LookAtScaling",
        "application-autoscaling:DescribeScalableTargets "
        "application-autoscaling:DescribeScalingPolicies "
        "application-autoscaling:DescribeScheduledActions",
    )
    if all(service.scaling is None for service in spec.services.values()):
        return
    yield statement(
        "Scaling",
        "application-autoscaling:RegisterScalableTarget "
        "application-autoscaling:DeregisterScalableTarget "
        "application-autoscaling:PutScalingPolicy application-autoscaling:DeleteScalingPolicy "
        "application-autoscaling:PutScheduledAction "
        "application-autoscaling:DeleteScheduledAction",
        arn(spec, "application-autoscaling", "scalable-target/*"),
        StringEquals=_OF_ECS,
    )
    yield statement(
        "AlarmsOfScaling",  # target tracking makes and removes them with the caller's rights (E9)
        "cloudwatch:PutMetricAlarm cloudwatch:DescribeAlarms cloudwatch:DeleteAlarms",
        arn(spec, "cloudwatch", "alarm:TargetTracking-service/*"),
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
    yield statement("LookAtLogGroups", "logs:DescribeLogGroups")
    yield statement(
        "LogGroups",
        "logs:CreateLogGroup logs:PutRetentionPolicy logs:DeleteLogGroup logs:TagResource "
        "logs:ListTagsForResource",
        [arn(spec, "logs", f"log-group:{group}{end}") for group in groups for end in ("", ":*")],
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
                    f"arn:{partition(spec)}:ecr:{region}:{account}:repository/{repository}"
                )
    if repositories:
        yield statement("ImageDigests", "ecr:BatchGetImage", sorted(repositories))


def _load_balancers(spec: Spec) -> Iterator[Statement]:
    if any(service.load_balancer for service in spec.services.values()):
        yield statement(
            "TargetGroups",
            "elasticloadbalancing:DescribeTargetGroups "
            "elasticloadbalancing:DescribeTargetGroupAttributes",
        )


def _roles(spec: Spec) -> Iterator[Statement]:
    """iam:PassRole, for exactly the spec's roles to exactly the service that assumes them (H3)."""
    passed: dict[str, set[str]] = {}
    for key in spec.services:
        request = task_definition(spec, key, "")
        for role in (request.get("executionRoleArn"), request.get("taskRoleArn")):
            passed.setdefault(_TASKS, set()).add(_role(spec, role))
        named_roles = _named_roles(service_params(spec, key))
        passed.setdefault(_ECS, set()).update(_role(spec, role) for role in named_roles)
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
            yield statement(f"PassRoles{number}", "iam:PassRole", named, StringEquals=condition)


def _named_roles(value: Any) -> Iterator[str]:
    """Every ``roleArn``, and the older ``role``, within the fields of a service."""
    if isinstance(value, Mapping):
        yield from (str(value[name]) for name in ("roleArn", "role") if value.get(name))
        value = value.values()
    if not isinstance(value, str) and isinstance(value, Iterable):
        for each in value:
            yield from _named_roles(each)


def _role(spec: Spec, role: Any) -> str:
    if not role:
        return ""
    return role if str(role).startswith("arn:") else f"arn:{partition(spec)}:iam::*:role/{role}"
