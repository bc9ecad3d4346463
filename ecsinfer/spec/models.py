"""The spec as a whole, and the names that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints

from ecsinfer.spec.capacity import FARGATE, CapacityProvider, StrategyItem
from ecsinfer.spec.container import Container, Port, Sidecar
from ecsinfer.spec.fields import Flag, Raw, Section, Tags, Words
from ecsinfer.spec.service import Service

Key: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
"""What names are made of."""


class Cluster(Section):
    """The ECS cluster."""

    name: Words | None = Field(
        None, description="Name of the cluster; the application's otherwise."
    )
    existing: Flag = Field(
        False, description="Somebody else manages the cluster: use it, never change or delete it."
    )
    insights: Literal["enhanced", "enabled", "disabled"] | None = Field(
        None, description="Container Insights; the account's setting otherwise."
    )
    tags: Tags = Field(default_factory=dict, description="Tags of the cluster.")
    overrides: Raw = Field(
        default_factory=dict,
        description="Fields of CreateCluster, such as configuration.executeCommandConfiguration.",
    )


class Spec(Section):
    """One application: a cluster, its capacity and its services."""

    name: Annotated[Key, Field(max_length=100)] = Field(
        description="The application; tags and default names derive from it."
    )
    region: Words | None = Field(None, description="AWS region; the AWS default chain otherwise.")
    tags: Tags = Field(default_factory=dict, description="Tags of everything that is created.")
    cluster: Cluster = Field(
        default_factory=Cluster, description="The cluster that everything runs in."
    )
    capacity: Mapping[Key, CapacityProvider] = Field(
        default_factory=dict, description="Capacity providers, by a key of your choice."
    )
    services: Mapping[Key, Service] = Field(
        default_factory=dict, description="Services, by a key of your choice."
    )

    @property
    def cluster_name(self) -> str:
        """The cluster's name."""
        return self.cluster.name or self.name

    def provider_name(self, key: str) -> str:
        """The name of the capacity provider with that key; Fargate's are their own names."""
        if key in FARGATE:
            return key
        provider = self.capacity[key]
        return provider.name or (key if provider.existing else f"{self.name}-{key}")

    def service_name(self, key: str) -> str:
        """The service's name."""
        return self.services[key].name or key

    def family(self, key: str) -> str:
        """The family of the service's task definition."""
        service = self.services[key]
        if service.task_definition is not None:
            return str(service.task_definition.get("family", ""))
        return service.family or f"{self.name}-{key}"

    def container_name(self, key: str) -> str:
        """The name of the service's own container.

        Of a task definition that is used as it is: the named one, else that of the service's key,
        else the first.
        """
        service = self.services[key]
        if service.container or service.task_definition is None:
            return service.container or key
        containers = service.task_definition.get("containerDefinitions")
        names = [each.get("name") for each in containers or () if isinstance(each, Mapping)]
        return key if key in names or not names else str(names[0])

    def log_group(self, key: str) -> str:
        """The log group of the service's containers."""
        return self.services[key].logs.group or f"/ecsinfer/{self.name}/{key}"

    def strategy(self, key: str) -> dict[str, StrategyItem]:
        """The service's capacity provider strategy: what it says, or the only capacity there is.

        A raw launch type says that there is none (D3).
        """
        declared = self.services[key].capacity
        launched = self.services[key].overrides.service.get("launchType")
        if declared or launched or len(self.capacity) != 1:
            return dict(declared)
        return {only: StrategyItem(weight=1, base=0) for only in self.capacity}

    def on_fargate(self, key: str) -> bool:
        """Whether the service's tasks run on Fargate."""
        strategy = self.strategy(key)
        return bool(strategy) and all(provider in FARGATE for provider in strategy)

    def on_managed_instances(self, key: str) -> bool:
        """Whether the service's tasks run on Managed Instances that the spec declares."""
        used = [self.capacity.get(provider) for provider in self.strategy(key)]
        return bool(used) and all(each is not None and each.managed_instances for each in used)


def ports(container: Container) -> tuple[Port, ...]:
    """The ports of a container: the one of `port` first unless `ports` describes it, then `ports`."""
    single = container.port if isinstance(container, Service | Sidecar) else None
    if single is None or any(port.container == single for port in container.ports):
        return container.ports
    return (Port(container=single), *container.ports)


def availability_zone_rebalancing(service: Service) -> bool:
    """Whether ECS balances zones: as declared, else wherever AWS accepts it (D15)."""
    declared = service.rollout.availability_zone_rebalancing
    return rebalancing_allowed(service) if declared is None else declared


def rebalancing_allowed(service: Service) -> bool:
    """Whether AWS accepts zone rebalancing beside the rest of the service (D15)."""
    strategies = service.placement.strategies
    first_spreads_zones = not strategies or (
        strategies[0].type == "spread"
        and (strategies[0].field or "").lower() == "attribute:ecs.availability-zone"
    )
    pinned = any(
        "availability-zone" in (constraint.expression or "")
        for constraint in service.placement.constraints
    )
    return service.rollout.maximum > 100 and first_spreads_zones and not pinned
