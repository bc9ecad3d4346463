"""PutClusterCapacityProviders, and the attachments by which ECS manages a cluster's groups.

An association with managed scaling attaches a scaling policy to the provider's Auto Scaling
group, one with managed draining a lifecycle hook. Both take `Timings.attachments` seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from ecsinfer.sandbox.ecs.cluster_view import describe_cluster
from ecsinfer.sandbox.ecs.common import require_active_cluster, short_name
from ecsinfer.sandbox.ecs.providers import (
    RESERVED,
    clusters_of,
    find_provider,
    group_of,
    in_use,
    managed_draining,
    managed_scaling,
)
from ecsinfer.sandbox.ecs.strategies import complete, require_associated
from ecsinfer.sandbox.errors import ServiceError, client_error, invalid_parameter
from ecsinfer.sandbox.registry import Request, Response, ecs_operation
from ecsinfer.sandbox.state import CapacityProvider, Cluster, World

DRAINING_HOOK = "ecs-managed-draining-termination-hook"
MOST_PROVIDERS = 20  # B21
_BUSY = "UPDATE_IN_PROGRESS"
_ENDING = "DELETING"


@ecs_operation("PutClusterCapacityProviders")
def put_cluster_capacity_providers(world: World, request: Request) -> Response:
    """Replace the cluster's providers and default strategy, both wholly (B15)."""
    cluster = require_active_cluster(world, request["cluster"])
    require_settled(cluster)
    names = associable(world, cluster.name, request["capacityProviders"])
    # Managed Instances providers belong to their cluster; a put neither adds nor removes them (O8).
    own = [
        name
        for name in cluster.capacity_providers
        if (cluster.name, name) in world.capacity_providers
    ]
    names = [name for name in names if name not in own] + own
    strategy = complete(request["defaultCapacityProviderStrategy"])
    require_associated(world, cluster.name, strategy, names)
    for name in cluster.capacity_providers:
        if name not in names and in_use(world, cluster, name):
            raise ServiceError(
                "ResourceInUseException",
                "The specified capacity provider is in use and cannot be removed.",
            )
    associate(world, cluster, names, strategy)
    return {"cluster": describe_cluster(world, cluster, {"SETTINGS", "ATTACHMENTS"})}


def associable(world: World, cluster: str, values: Sequence[str]) -> list[str]:
    """The names of the providers that a cluster may have.

    Raises:
        ServiceError: one is unknown (B17), not ACTIVE (B11), there are too many (B21), or it
            scales a group for another cluster already (B9).
    """
    names = list(dict.fromkeys(short_name(value) for value in values))
    if len(names) > MOST_PROVIDERS:
        raise invalid_parameter(
            f"A cluster can have at most {MOST_PROVIDERS} capacity providers associated with it."
        )
    for name in names:
        provider = find_provider(world, name, cluster)
        if provider is None or provider.status == "INACTIVE":
            raise invalid_parameter(
                "The specified capacity provider was not found. "
                "Specify a valid capacity provider and try again."
            )
        if provider.status != "ACTIVE" or provider.update_status == "DELETE_IN_PROGRESS":
            raise invalid_parameter(
                "The specified capacity provider is not in an ACTIVE state. "
                "Specify a valid capacity provider and try again."
            )
        _require_free(world, provider, cluster)
    return names


def associate(
    world: World, cluster: Cluster, names: list[str], strategy: list[dict[str, Any]]
) -> None:
    """Give the cluster its providers and default strategy, and begin attaching."""
    cluster.capacity_providers = names
    cluster.default_strategy = strategy
    refresh(world, cluster)
    world.engine.providers_changed(cluster)


def refresh(world: World, cluster: Cluster) -> None:
    """Begin to attach what the cluster's providers need and to detach what they do not (A9)."""
    wanted = _wanted(world, cluster)
    present = {_key(attachment) for attachment in cluster.attachments}
    if wanted == present:
        return
    for attachment in cluster.attachments:
        if _key(attachment) not in wanted:
            attachment["status"] = _ENDING
    for kind, name in sorted(wanted - present):
        cluster.attachments.append(_attachment(world, kind, name))
    cluster.attachments_status = _BUSY
    world.clock.after(world.scenario.timings.attachments, partial(_settle, world, cluster))


def require_settled(cluster: Cluster) -> None:
    """Refuse a change while the last one is still attaching.

    Raises:
        ServiceError: UpdateInProgressException (A9).
    """
    if cluster.attachments_status == _BUSY:
        raise ServiceError(
            "UpdateInProgressException",
            "The specified cluster is in a busy state. Cluster attachments must be in "
            "UPDATE_COMPLETE or UPDATE_FAILED state before they can be updated.",
        )


def require_provider_settled(world: World, name: str) -> None:
    """Refuse a change to a provider that a cluster is attaching or detaching.

    Raises:
        ServiceError: UpdateInProgressException (A9).
    """
    for cluster in world.clusters.values():
        if any(_key(attachment)[1] == name for attachment in cluster.attachments):
            require_settled(cluster)


def _settle(world: World, cluster: Cluster) -> None:
    for attachment in cluster.attachments:
        kind, name = _key(attachment)
        if kind == "managed_draining":
            _hook(world, cluster, name, present=attachment["status"] != _ENDING)
    cluster.attachments = [
        {**attachment, "status": "CREATED"}
        for attachment in cluster.attachments
        if attachment["status"] != _ENDING
    ]
    cluster.attachments_status = "UPDATE_COMPLETE"
    if cluster.status == "PROVISIONING":
        cluster.status = "ACTIVE"
    elif cluster.status == "DEPROVISIONING":
        cluster.status = "INACTIVE"
        cluster.attachments_status = ""
    world.engine.providers_changed(cluster)


def _hook(world: World, cluster: Cluster, name: str, *, present: bool) -> None:
    provider = find_provider(world, name, cluster.name)
    group = group_of(world, provider) if provider else None
    if group is None:
        return
    if not present:
        group.hooks.pop(DRAINING_HOOK, None)
        return
    group.hooks[DRAINING_HOOK] = {
        "LifecycleHookName": DRAINING_HOOK,
        "AutoScalingGroupName": group.name,
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
        "HeartbeatTimeout": 3600,
        "GlobalTimeout": 172_800,
        "DefaultResult": "CONTINUE",
    }


def _wanted(world: World, cluster: Cluster) -> set[tuple[str, str]]:
    found = [find_provider(world, name, cluster.name) for name in cluster.capacity_providers]
    providers = [provider for provider in found if provider is not None]
    return {("as_policy", item.name) for item in providers if managed_scaling(item)} | {
        ("managed_draining", item.name) for item in providers if managed_draining(item)
    }


def _key(attachment: dict[str, Any]) -> tuple[str, str]:
    return attachment["type"], attachment["details"][0]["value"]


def _attachment(world: World, kind: str, name: str) -> dict[str, Any]:
    """One attachment in its real form (A10)."""
    detail = (
        ("scalingPolicyName", f"ECSManagedAutoScalingPolicy-{world.uuid()}")
        if kind == "as_policy"
        else ("autoScalingLifecycleHookName", DRAINING_HOOK)
    )
    return {
        "id": world.uuid(),
        "type": kind,
        "status": "PRECREATED",
        "details": [
            {"name": "capacityProviderName", "value": name},
            {"name": detail[0], "value": detail[1]},
        ],
    }


def _require_free(world: World, provider: CapacityProvider, cluster: str) -> None:
    if provider.name in RESERVED or not managed_scaling(provider):
        return
    others = [other.name for other in clusters_of(world, provider.name) if other.name != cluster]
    if others:
        raise _taken(provider, others[0])


def require_one_cluster(world: World, provider: CapacityProvider) -> None:
    """Refuse managed scaling for a provider that several clusters have (B9).

    Raises:
        ServiceError: ClientException.
    """
    others = [cluster.name for cluster in clusters_of(world, provider.name)]
    if len(others) > 1:
        raise _taken(provider, others[0])


def _taken(provider: CapacityProvider, cluster: str) -> ServiceError:
    # AWS's text is not known to us.
    return client_error(
        f"The specified capacity provider {provider.name} uses managed scaling and is already "
        f"associated with cluster: {cluster}. Remove the capacity provider from the cluster and "
        "try again."
    )
