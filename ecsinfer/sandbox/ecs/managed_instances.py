"""Capacity providers of the Managed Instances kind: ECS owns the instances, a cluster owns them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ecsinfer.sandbox.ecs.common import require_active_cluster, short_name
from ecsinfer.sandbox.errors import client_error, invalid_parameter
from ecsinfer.sandbox.state import CapacityProvider, World

MOST_INSTANCE_TYPES = 400
_DEFAULTS = {"propagateTags": "NONE"}
_TEMPLATE_DEFAULTS = {"capacityOptionType": "ON_DEMAND", "monitoring": "BASIC"}


def made(world: World, name: str, cluster: str, config: Mapping[str, Any]) -> CapacityProvider:
    """A new provider of a cluster, still PROVISIONING.

    Raises:
        ServiceError: no cluster is named, or the cluster is not there or not ACTIVE (B22); the
            configuration is not one that AWS takes (B23).
    """
    if not cluster:
        raise invalid_parameter(
            "A cluster must be specified for Managed Instances capacity providers. "
            "Specify a cluster and try again."
        )
    owner = require_active_cluster(world, cluster)
    template = {**_TEMPLATE_DEFAULTS, **config["instanceLaunchTemplate"]}
    _check(config, template)
    return CapacityProvider(
        name=name,
        arn=world.arn(f"capacity-provider/{owner.name}/{name}"),
        created_at=world.now(),
        status="PROVISIONING",
        update_status="CREATE_IN_PROGRESS",
        managed_instances={**_DEFAULTS, **config, "instanceLaunchTemplate": template},
        cluster=owner.name,
    )


def begin(world: World, provider: CapacityProvider) -> None:
    """Have the provider become ACTIVE, and its cluster's, in time."""
    world.clock.after(world.scenario.timings.capacity_provider, partial(_created, world, provider))


def change(provider: CapacityProvider, config: Mapping[str, Any] | None) -> None:
    """Take over a whole new configuration, but for the fields that cannot change (B7).

    Raises:
        ServiceError: there is no configuration for this kind, or AWS would not take it.
    """
    if config is None:
        raise invalid_parameter(
            "The specified capacity provider configuration does not match its type. "
            "Specify a valid configuration and try again."
        )
    before = provider.managed_instances
    template = {**before["instanceLaunchTemplate"], **config["instanceLaunchTemplate"]}
    _check(config, template)
    provider.managed_instances = {**before, **config, "instanceLaunchTemplate": template}


def leave(world: World, provider: CapacityProvider) -> None:
    """The provider is being deleted: its cluster has it no longer."""
    provider.status = "DEPROVISIONING"
    cluster = world.clusters.get(provider.cluster)
    if cluster is not None and provider.name in cluster.capacity_providers:
        cluster.capacity_providers.remove(provider.name)
        world.engine.providers_changed(cluster)


def require_no_daemons(world: World, provider: CapacityProvider) -> None:
    """Refuse to delete the provider under daemons (B22).

    AWS says it of the daemons of its CreateDaemon; here a service of the DAEMON strategy is what
    puts a task on every instance.

    Raises:
        ServiceError: ClientException.
    """
    for service in world.services.values():
        strategy = service.spec.get("capacityProviderStrategy", ())
        if (
            service.cluster == provider.cluster
            and service.status != "INACTIVE"
            and service.spec["schedulingStrategy"] == "DAEMON"
            and any(short_name(item["capacityProvider"]) == provider.name for item in strategy)
        ):
            raise client_error(
                "Cannot delete capacity provider. Daemon services are still associated with this "
                "capacity provider."
            )


def _created(world: World, provider: CapacityProvider) -> None:
    if provider.status != "PROVISIONING":
        return
    provider.status, provider.update_status = "ACTIVE", "CREATE_COMPLETE"
    cluster = world.clusters[provider.cluster]
    cluster.capacity_providers.append(provider.name)
    world.engine.providers_changed(cluster)


def _check(config: Mapping[str, Any], template: Mapping[str, Any]) -> None:
    if not template["networkConfiguration"].get("subnets"):
        raise invalid_parameter("subnets can not be empty.")
    wait = config.get("infrastructureOptimization", {}).get("scaleInAfter", 0)
    if not -1 <= wait <= 3600:
        raise invalid_parameter("scaleInAfter must be -1 or between 0 and 3600.")
    needs = template.get("instanceRequirements", {})
    allowed, excluded = (
        needs.get(key, ()) for key in ("allowedInstanceTypes", "excludedInstanceTypes")
    )
    if allowed and excluded:
        raise invalid_parameter(
            "Only one of allowedInstanceTypes or excludedInstanceTypes can be specified."
        )
    if len(allowed or excluded) > MOST_INSTANCE_TYPES:
        raise invalid_parameter(f"At most {MOST_INSTANCE_TYPES} instance types can be specified.")
    for key, value in needs.items():
        if isinstance(value, dict) and value.get("min", 0) > value.get("max", float("inf")):
            raise invalid_parameter(f"The minimum of {key} must not be greater than its maximum.")
    if template["capacityOptionType"] == "RESERVED" and "capacityReservations" not in template:
        raise invalid_parameter(
            "capacityReservations must be specified when capacityOptionType is RESERVED."
        )
