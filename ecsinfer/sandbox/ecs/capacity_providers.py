"""Capacity providers of the Auto Scaling group kind, and what both kinds share.

Create, describe, update and delete; `managed_instances` has what is particular to the other kind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from ecsinfer.sandbox.ecs import associations, managed_instances
from ecsinfer.sandbox.ecs.common import missing, page, put_tags, require_cluster, short_name
from ecsinfer.sandbox.ecs.providers import (
    RESERVED,
    busy,
    clusters_of,
    describe_provider,
    find_provider,
    group_of,
    in_use,
    require_provider,
)
from ecsinfer.sandbox.ecs.roles import require_passable
from ecsinfer.sandbox.errors import client_error, invalid_parameter
from ecsinfer.sandbox.registry import Request, Response, ecs_operation
from ecsinfer.sandbox.state import CapacityProvider, World

_NAME = re.compile(r"(?!(?i:aws|ecs|fargate))[A-Za-z0-9_-]{1,255}")  # B1
_PAGE = 10
_MOST_NAMES = 100
_MANAGED_TAG = "AmazonECSManaged"  # B8

SCALING_DEFAULTS = {
    "status": "DISABLED",
    "targetCapacity": 100,
    "minimumScalingStepSize": 1,
    "maximumScalingStepSize": 10_000,
    "instanceWarmupPeriod": 300,
}
"""What describing shows of a ``managedScaling`` that says nothing (B5)."""

_SCALING_RANGES = {
    "targetCapacity": (1, 100, "The target capacity value is invalid. "),
    "minimumScalingStepSize": (
        1,
        10_000,
        "The minimum or maximum scaling step size value is invalid. ",
    ),
    "maximumScalingStepSize": (
        1,
        10_000,
        "The minimum or maximum scaling step size value is invalid. ",
    ),
    "instanceWarmupPeriod": (0, 10_000, "The instance warmup period value is invalid. "),
}


@ecs_operation("CreateCapacityProvider")
def create_capacity_provider(world: World, request: Request) -> Response:
    """Make a provider of either kind; an existing name is refused, equal or not (B2)."""
    require_passable(world, request)
    name, cluster = request["name"], short_name(request.get("cluster", ""))
    if not _NAME.fullmatch(name):
        raise client_error(
            "The specified capacity provider name is invalid. Up to 255 characters are allowed, "
            "including letters (upper and lowercase), numbers, underscores, and hyphens. The name "
            'cannot be prefixed with "aws", "ecs", or "fargate". Specify a valid name and try '
            "again."
        )
    of_group, of_instances = (
        request.get(key) for key in ("autoScalingGroupProvider", "managedInstancesProvider")
    )
    if (of_group is None) == (of_instances is None):
        raise invalid_parameter(
            "Exactly one of autoScalingGroupProvider or managedInstancesProvider must be "
            "specified. Specify one and try again."
        )
    old = world.capacity_providers.get((cluster, name))
    if old is not None and old.status != "INACTIVE":
        raise client_error(
            "The specified capacity provider already exists. To change the configuration of an "
            "existing capacity provider, update the capacity provider."
        )
    if of_instances is not None:
        provider = managed_instances.made(world, name, cluster, of_instances)
    else:
        provider = _of_group(world, name, cluster, of_group or {})
    world.tags.pop(provider.arn, None)
    put_tags(world, provider.arn, request)
    world.capacity_providers[cluster, name] = provider
    if of_instances is not None:
        managed_instances.begin(world, provider)
    else:
        group = group_of(world, provider)
        # Whoever writes down the group's tags gives this one a value of their own, which stays.
        if group is not None and _MANAGED_TAG not in group.tags:
            world.fleet.put_tag(group.name, _MANAGED_TAG, "", propagate=True)
    return {"capacityProvider": describe_provider(world, provider, tags=True)}


@ecs_operation("DescribeCapacityProviders")
def describe_capacity_providers(world: World, request: Request) -> Response:
    """Providers by name, or all of them, ten on a page at most (0.7).

    Managed Instances providers show only where their cluster is named (B22).
    """
    names = request.get("capacityProviders", ())
    if len(names) > _MOST_NAMES:
        raise invalid_parameter(f"capacityProviders can have at most {_MOST_NAMES} items.")
    cluster = require_cluster(world, request["cluster"]) if request.get("cluster") else None
    scope = cluster.name if cluster else ""
    if not names:
        names = cluster.capacity_providers if cluster else _account_providers(world)
    asked, token = page(request, list(dict.fromkeys(names)), default=_PAGE, most=_PAGE)
    found = {name: find_provider(world, name, scope) for name in asked}
    tags = "TAGS" in request.get("include", ())
    return {
        "capacityProviders": [
            describe_provider(world, provider, tags=tags) for provider in found.values() if provider
        ],
        "failures": [
            missing(world.arn(f"capacity-provider/{short_name(name)}"))
            for name, provider in found.items()
            if provider is None
        ],
        **token,
    }


@ecs_operation("UpdateCapacityProvider")
def update_capacity_provider(world: World, request: Request) -> Response:
    """Change what may change (B7); omitted fields of a block stay as they are (O1)."""
    require_passable(world, request)
    provider = require_provider(world, request["name"], short_name(request.get("cluster", "")))
    if provider.update_status.endswith("IN_PROGRESS"):
        raise busy("capacity provider")
    associations.require_provider_settled(world, provider.name)
    if provider.managed_instances:
        managed_instances.change(provider, request.get("managedInstancesProvider"))
    elif provider.group and "autoScalingGroupProvider" in request:
        _change_group(world, provider, request["autoScalingGroupProvider"])
    else:
        raise invalid_parameter(
            "The specified capacity provider configuration does not match its type. "
            "Specify a valid configuration and try again."
        )
    provider.update_status, provider.update_reason = "UPDATE_IN_PROGRESS", ""
    world.clock.after(world.scenario.timings.capacity_provider, partial(_updated, world, provider))
    return {"capacityProvider": describe_provider(world, provider, tags=True)}


@ecs_operation("DeleteCapacityProvider")
def delete_capacity_provider(world: World, request: Request) -> Response:
    """Delete a provider; one that is still associated answers DELETE_FAILED with 200 (B12)."""
    name = request["capacityProvider"]
    if short_name(name) in RESERVED:
        raise client_error(
            "The specified capacity provider is reserved and cannot be deleted. "
            "Specify a valid name or ARN and try again."
        )
    provider = require_provider(world, name, short_name(request.get("cluster", "")))
    associations.require_provider_settled(world, provider.name)
    if provider.managed_instances:
        managed_instances.require_no_daemons(world, provider)
    if provider.update_status != "DELETE_IN_PROGRESS":
        provider.update_reason = _reason_to_stay(world, provider)
        if provider.update_reason:
            provider.update_status = "DELETE_FAILED"
        else:
            _begin_delete(world, provider)
    return {"capacityProvider": describe_provider(world, provider, tags=True)}


def _account_providers(world: World) -> list[str]:
    own = sorted(
        name
        for (cluster, name), provider in world.capacity_providers.items()
        if not cluster and provider.status != "INACTIVE"
    )
    return [*own, *RESERVED]


def _of_group(world: World, name: str, cluster: str, config: Mapping[str, Any]) -> CapacityProvider:
    if cluster:
        raise invalid_parameter(
            "The cluster parameter is not supported for Auto Scaling group capacity providers."
        )
    group = world.fleet.group(config["autoScalingGroupArn"])
    if group is None:
        raise client_error(
            "The specified Auto Scaling group ARN is invalid or does not exist. "
            "Specify a valid Auto Scaling group ARN and try again."
        )
    if any(
        other.status != "INACTIVE" and other.group.get("autoScalingGroupArn") == group.arn
        for other in world.capacity_providers.values()
    ):
        raise client_error(
            "The specified Auto Scaling group ARN is already being used by another capacity "
            "provider. Specify a unique Auto Scaling group ARN and try again."
        )
    complete = {
        "autoScalingGroupArn": group.arn,  # B4: whatever named it
        "managedScaling": {**SCALING_DEFAULTS, **config.get("managedScaling", {})},
        "managedTerminationProtection": config.get("managedTerminationProtection", "DISABLED"),
        "managedDraining": config.get("managedDraining", "ENABLED"),
    }
    _check_group(world, complete)
    return CapacityProvider(
        name=name,
        arn=world.arn(f"capacity-provider/{name}"),
        created_at=world.now(),
        group=complete,
    )


def _change_group(world: World, provider: CapacityProvider, config: Mapping[str, Any]) -> None:
    before = provider.group
    scaling = {**before["managedScaling"], **config.get("managedScaling", {})}
    after = {**before, **config, "managedScaling": scaling}
    _check_group(world, after)
    if scaling["status"] == "ENABLED":
        associations.require_one_cluster(world, provider)
    provider.group = after


def _check_group(world: World, config: Mapping[str, Any]) -> None:
    """What B5 and B6 demand of a group provider's settings."""
    scaling = config["managedScaling"]
    for key, (low, high, text) in _SCALING_RANGES.items():
        if not low <= scaling[key] <= high:
            raise client_error(f"{text}Specify a value between {low} and {high} and try again.")
    if scaling["minimumScalingStepSize"] > scaling["maximumScalingStepSize"]:
        raise client_error(
            "The minimum or maximum scaling step size value is invalid. The minimum value must "
            "not be greater than the maximum value."
        )
    if config["managedTerminationProtection"] != "ENABLED":
        return
    if scaling["status"] != "ENABLED":
        raise client_error(
            "The managed termination protection setting for the capacity provider is invalid. To "
            "enable managed termination protection for a capacity provider, managed scaling must "
            "be enabled."
        )
    group = world.fleet.group(config["autoScalingGroupArn"])
    if group is None or not group.protect_new:
        raise client_error(
            "The managed termination protection setting for the capacity provider is invalid. To "
            "enable managed termination protection for a capacity provider, the Auto Scaling "
            "group must have instance protection from scale in enabled."
        )


def _updated(world: World, provider: CapacityProvider) -> None:
    if provider.update_status == "UPDATE_IN_PROGRESS":
        provider.update_status = "UPDATE_COMPLETE"
        for cluster in clusters_of(world, provider.name):
            associations.refresh(world, cluster)
        world.engine.provider_changed(provider)


def _reason_to_stay(world: World, provider: CapacityProvider) -> str:
    if provider.managed_instances:
        cluster = world.clusters.get(provider.cluster)
        if cluster is not None and in_use(world, cluster, provider.name):
            return (
                "The capacity provider cannot be deleted because it is in use by a service or "
                f"task in cluster: {cluster.name}. Stop using the capacity provider and try again."
            )
        return ""
    for cluster in clusters_of(world, provider.name):
        return (
            "The capacity provider cannot be deleted because it is associated with cluster: "
            f"{cluster.name}. Remove the capacity provider from the cluster and try again."
        )
    return ""


def _begin_delete(world: World, provider: CapacityProvider) -> None:
    provider.update_status = "DELETE_IN_PROGRESS"
    if provider.managed_instances:
        managed_instances.leave(world, provider)
    world.clock.after(world.scenario.timings.capacity_provider, partial(_deleted, world, provider))


def _deleted(world: World, provider: CapacityProvider) -> None:
    provider.status, provider.update_status = "INACTIVE", "DELETE_COMPLETE"
    world.engine.provider_changed(provider)
