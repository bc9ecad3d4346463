"""Which capacity providers there are, and of which kind: for every operation that names one."""

from __future__ import annotations

from typing import Any, Literal

from ecsinfer.sandbox.clock import EPOCH
from ecsinfer.sandbox.ecs.common import short_name, tag_list
from ecsinfer.sandbox.errors import ServiceError, client_error
from ecsinfer.sandbox.state import CapacityProvider, Cluster, Group, World

RESERVED = ("FARGATE", "FARGATE_SPOT")
"""They exist in every account and can be neither made nor deleted (B13)."""

Kind = Literal["EC2_AUTOSCALING", "MANAGED_INSTANCES", "FARGATE", "FARGATE_SPOT"]


def find_provider(world: World, value: str, cluster: str = "") -> CapacityProvider | None:
    """The provider by name or ARN, INACTIVE ones too.

    Args:
        world: the account.
        value: name or ARN.
        cluster: the name of the cluster whose Managed Instances providers count as well (B22).
    """
    name = short_name(value)
    if name in RESERVED:
        arn = world.arn(f"capacity-provider/{name}")
        return CapacityProvider(name=name, arn=arn, created_at=EPOCH)
    scoped = world.capacity_providers.get((cluster, name)) if cluster else None
    return scoped or world.capacity_providers.get(("", name))


def require_provider(world: World, value: str, cluster: str = "") -> CapacityProvider:
    """The provider by name or ARN, unless it is deleted.

    Raises:
        ServiceError: ClientException (B13).
    """
    provider = find_provider(world, value, cluster)
    if provider is None or provider.status == "INACTIVE":
        raise client_error(
            "The specified capacity provider does not exist. "
            "Specify a valid name or ARN and try again."
        )
    return provider


def kind_of(provider: CapacityProvider) -> Kind:
    """The provider's ``type``."""
    if provider.name == "FARGATE":
        return "FARGATE"
    if provider.name == "FARGATE_SPOT":
        return "FARGATE_SPOT"
    return "MANAGED_INSTANCES" if provider.managed_instances else "EC2_AUTOSCALING"


def managed_scaling(provider: CapacityProvider) -> bool:
    """Whether ECS scales the provider's Auto Scaling group."""
    return bool(provider.group) and provider.group["managedScaling"]["status"] == "ENABLED"


def managed_draining(provider: CapacityProvider) -> bool:
    """Whether ECS drains instances before the provider's Auto Scaling group ends them."""
    return bool(provider.group) and provider.group["managedDraining"] == "ENABLED"


def group_of(world: World, provider: CapacityProvider) -> Group | None:
    """The provider's Auto Scaling group, while it exists."""
    return world.fleet.group(provider.group["autoScalingGroupArn"]) if provider.group else None


def clusters_of(world: World, name: str) -> list[Cluster]:
    """The clusters that a provider is associated with."""
    return [
        cluster
        for cluster in world.clusters.values()
        if cluster.status != "INACTIVE" and name in cluster.capacity_providers
    ]


def in_use(world: World, cluster: Cluster, name: str) -> bool:
    """Whether a service's strategy or a task that has not stopped uses the provider (B14, B16)."""
    return any(
        service.status != "INACTIVE"
        and any(
            short_name(item["capacityProvider"]) == name
            for item in service.spec.get("capacityProviderStrategy", ())
        )
        for (owner, _), service in world.services.items()
        if owner == cluster.name
    ) or any(task.capacity_provider == name for task in world.live_tasks(cluster.name))


def describe_provider(world: World, provider: CapacityProvider, *, tags: bool) -> dict[str, Any]:
    """The provider as every operation answers it; its tags only where asked for."""
    return {
        "capacityProviderArn": provider.arn,
        "name": provider.name,
        "cluster": provider.cluster or None,
        "status": provider.status,
        "type": kind_of(provider),
        "autoScalingGroupProvider": provider.group or None,
        "managedInstancesProvider": provider.managed_instances or None,
        "updateStatus": provider.update_status or None,
        "updateStatusReason": provider.update_reason or None,
        "tags": tag_list(world.tags.get(provider.arn, {})) if tags else [],
    }


def busy(what: str) -> ServiceError:
    """The refusal of a change while the last one is still under way (A9, O2)."""
    return ServiceError("UpdateInProgressException", f"The specified {what} is in a busy state.")
