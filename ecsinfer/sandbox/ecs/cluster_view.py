"""A cluster as operations answer it: what is counted, and what `include` asks for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ecsinfer.sandbox.ecs.common import tag_list
from ecsinfer.sandbox.state import Cluster, Service, Task, World

EVERYTHING = frozenset({"ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "STATISTICS", "TAGS"})

_RUNNING = frozenset({"RUNNING"})
_PENDING = frozenset({"PENDING", "ACTIVATING"})


def describe_cluster(world: World, cluster: Cluster, include: Collection[str]) -> dict[str, Any]:
    """The cluster in API form; what is not in `include` is empty or absent (A7)."""
    view: dict[str, Any] = {
        "clusterArn": cluster.arn,
        "clusterName": cluster.name,
        "status": cluster.status,
        **_counts(world, cluster),
        "statistics": _statistics(world, cluster) if "STATISTICS" in include else [],
        "tags": tag_list(world.tags.get(cluster.arn, {})) if "TAGS" in include else [],
        "settings": cluster.settings if "SETTINGS" in include else [],
        "capacityProviders": cluster.capacity_providers,
        "defaultCapacityProviderStrategy": cluster.default_strategy,
        "serviceConnectDefaults": cluster.service_connect_defaults or None,
    }
    if "CONFIGURATIONS" in include:
        view["configuration"] = cluster.configuration or None
    if "ATTACHMENTS" in include and cluster.attachments_status:
        view["attachments"] = cluster.attachments
        view["attachmentsStatus"] = cluster.attachments_status
    return view


def registered_instances(world: World, cluster: Cluster) -> int:
    """How many container instances the cluster has, draining ones too."""
    return sum(
        instance.cluster == cluster.name and instance.status != "INACTIVE"
        for instance in world.container_instances.values()
    )


def services_of(world: World, cluster: Cluster) -> list[Service]:
    """The cluster's services, ACTIVE and DRAINING."""
    return [
        service
        for service in world.services.values()
        if service.cluster == cluster.name and service.status != "INACTIVE"
    ]


def _counts(world: World, cluster: Cluster) -> dict[str, int]:
    tasks = world.live_tasks(cluster.name)
    return {
        "registeredContainerInstancesCount": registered_instances(world, cluster),
        # A task that is PROVISIONING or DEPROVISIONING is in neither count (A11).
        "runningTasksCount": sum(task.last_status in _RUNNING for task in tasks),
        "pendingTasksCount": sum(task.last_status in _PENDING for task in tasks),
        "activeServicesCount": sum(
            service.status == "ACTIVE" for service in services_of(world, cluster)
        ),
    }


def _statistics(world: World, cluster: Cluster) -> list[dict[str, str]]:
    tasks, services = world.live_tasks(cluster.name), services_of(world, cluster)
    counts: dict[str, int] = {}
    for prefix, statuses in (("running", _RUNNING), ("pending", _PENDING)):
        for kind in ("EC2", "Fargate"):
            counts[f"{prefix}{kind}TasksCount"] = sum(
                task.last_status in statuses and _task_kind(task) == kind for task in tasks
            )
    for prefix in ("active", "draining"):
        for kind in ("EC2", "Fargate"):
            counts[f"{prefix}{kind}ServiceCount"] = sum(
                service.status == prefix.upper() and _service_kind(service) == kind
                for service in services
            )
    return [{"name": name, "value": str(count)} for name, count in counts.items()]


def _task_kind(task: Task) -> str:
    return "Fargate" if task.launch_type == "FARGATE" else "EC2"


def _service_kind(service: Service) -> str:
    names = [item["capacityProvider"] for item in service.spec.get("capacityProviderStrategy", ())]
    fargate = service.spec.get("launchType") == "FARGATE" or any(
        name.startswith("FARGATE") for name in names
    )
    return "Fargate" if fargate else "EC2"
