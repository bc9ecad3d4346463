"""How a service and its deployments are described (D29)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ecsinfer.sandbox.ecs.common import caller_arn, tag_list
from ecsinfer.sandbox.ecs.service_defaults import on_fargate
from ecsinfer.sandbox.state import Deployment, Service, World

PLATFORM_VERSION = "1.4.0"
"""What LATEST means for a deployment; the service itself keeps saying LATEST."""

_PENDING = frozenset({"PROVISIONING", "PENDING", "ACTIVATING"})

_SERVICE_FIELDS = (
    "availabilityZoneRebalancing",
    "capacityProviderStrategy",
    "deploymentConfiguration",
    "deploymentController",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "healthCheckGracePeriodSeconds",
    "launchType",
    "loadBalancers",
    "networkConfiguration",
    "placementConstraints",
    "placementStrategy",
    "platformVersion",
    "propagateTags",
    "schedulingStrategy",
    "serviceRegistries",
)
"""The fields of a spec that describing a service shows; the others show in its deployments."""

_DEPLOYMENT_FIELDS = (
    "capacityProviderStrategy",
    "launchType",
    "networkConfiguration",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
)


@dataclass(frozen=True, slots=True)
class Counts:
    """Tasks by what ECS counts them as."""

    running: int = 0
    pending: int = 0


class TaskCounts:
    """The tasks of one cluster, counted once for all that is described of it."""

    def __init__(self, world: World, cluster: str) -> None:
        self._counts: defaultdict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        for task in world.tasks.values():
            if task.cluster == cluster and task.service:
                self._counts[task.service][task.deployment, _phase(task.last_status)] += 1

    def of(self, service: Service, numbers: Iterable[str]) -> Counts:
        """The tasks of some deployments of a service, by their numbers."""
        tasks = self._counts[service.name]
        numbers = set(numbers)
        return Counts(
            sum(tasks[number, "running"] for number in numbers),
            sum(tasks[number, "pending"] for number in numbers),
        )

    def of_service(self, service: Service) -> Counts:
        """All tasks of a service."""
        return self.of(service, (number for number, _ in self._counts[service.name]))


def _phase(last_status: str) -> str:
    if last_status in _PENDING:
        return "pending"
    return "running" if last_status == "RUNNING" else "stopping"


def service_view(
    world: World, service: Service, counts: TaskCounts, *, tags: bool
) -> dict[str, Any]:
    """A service as DescribeServices and the operations that change one answer it.

    Args:
        world: where it is.
        service: the service.
        counts: of its cluster.
        tags: whether its tags were asked for.
    """
    spec, total = service.spec, counts.of_service(service)
    return {
        "serviceArn": service.arn,
        "serviceName": service.name,
        "clusterArn": world.arn(f"cluster/{service.cluster}"),
        "status": service.status,
        "desiredCount": service.desired,
        "runningCount": total.running,
        "pendingCount": total.pending,
        "taskDefinition": service.task_definition,
        "createdAt": service.created_at,
        "createdBy": caller_arn(world),
        "resourceManagementType": "CUSTOMER",
        **shown(spec, _SERVICE_FIELDS),
        **platform_family(spec),
        **_role(world, spec),
        **_current(service, counts),
        "deployments": [deployment_view(service, item, counts) for item in service.deployments],
        "events": [
            {"id": event.id, "createdAt": event.created_at, "message": event.message}
            for event in service.events
        ],
        **({"tags": tag_list(world.tags.get(service.arn, {}))} if tags else {}),
    }


def deployment_view(service: Service, deployment: Deployment, counts: TaskCounts) -> dict[str, Any]:
    """One of a service's ``deployments``."""
    config, tasks = deployment.revision.config, counts.of(service, [deployment.number])
    return {
        "id": f"ecs-svc/{deployment.number}",
        "status": deployment.status,
        "taskDefinition": deployment.revision.task_definition,
        "desiredCount": deployment.desired,
        "pendingCount": tasks.pending,
        "runningCount": tasks.running,
        "failedTasks": deployment.failed_tasks,
        "createdAt": deployment.created_at,
        "updatedAt": deployment.updated_at,
        **shown(config, _DEPLOYMENT_FIELDS),
        **platform(config),
        "rolloutState": deployment.rollout,
        "rolloutStateReason": deployment.rollout_reason,
    }


def revision_summary(service: Service, arn: str, counts: TaskCounts) -> dict[str, Any]:
    """A service revision and the tasks that run it."""
    deployments = [item for item in service.deployments if item.revision.arn == arn]
    tasks = counts.of(service, (item.number for item in deployments))
    return {
        "arn": arn,
        "requestedTaskCount": sum(item.desired for item in deployments),
        "runningTaskCount": tasks.running,
        "pendingTaskCount": tasks.pending,
    }


def _current(service: Service, counts: TaskCounts) -> dict[str, Any]:
    """The service deployment going on or last, and every revision that has tasks now."""
    revisions = dict.fromkeys(item.revision.arn for item in service.deployments)
    return {
        "currentServiceRevisions": [revision_summary(service, arn, counts) for arn in revisions],
        **({"currentServiceDeployment": service.history[0].arn} if service.history else {}),
    }


def shown(spec: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """Those of the fields that are there."""
    return {key: spec[key] for key in fields if key in spec}


def platform_family(spec: Mapping[str, Any]) -> dict[str, str]:
    """The platform family, which only Fargate has."""
    return {"platformFamily": "Linux"} if on_fargate(spec) else {}


def platform(config: Mapping[str, Any]) -> dict[str, str]:
    """The platform that a deployment's tasks run on, with LATEST resolved; only Fargate has one."""
    if not on_fargate(config):
        return {}
    asked = config.get("platformVersion", "LATEST")
    version = PLATFORM_VERSION if asked == "LATEST" else asked
    return {"platformVersion": version, **platform_family(config)}


def _role(world: World, spec: Mapping[str, Any]) -> dict[str, str]:
    """The role by which ECS speaks to load balancers and attaches network interfaces (D29)."""
    if "role" in spec:
        role = spec["role"]
        arn = role if role.startswith("arn:") else f"arn:aws:iam::{world.account}:role/{role}"
        return {"roleArn": arn}
    needs = ("networkConfiguration", "loadBalancers", "serviceRegistries")
    if not any(spec.get(key) for key in needs):
        return {}
    path = "role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
    return {"roleArn": f"arn:aws:iam::{world.account}:{path}"}
