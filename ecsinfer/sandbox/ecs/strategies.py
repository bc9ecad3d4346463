"""Capacity provider strategies: what AWS accepts in a cluster's default, a service or a task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ecsinfer.sandbox.ecs.common import short_name
from ecsinfer.sandbox.ecs.providers import find_provider, kind_of
from ecsinfer.sandbox.errors import invalid_parameter
from ecsinfer.sandbox.state import Cluster, World

Strategy = list[dict[str, Any]]

MOST_ITEMS = 20
_RANGES = {"weight": (0, 1000), "base": (0, 100_000)}


def complete(items: Iterable[Mapping[str, Any]]) -> Strategy:
    """The strategy with weight 0 and base 0 filled in, as describing shows it (B18).

    A provider named by its ARN stays an ARN, as AWS keeps it (B19).

    Raises:
        ServiceError: InvalidParameterException for what the strategy itself has wrong (B18).
    """
    strategy = [
        {
            "capacityProvider": item["capacityProvider"],
            "weight": item.get("weight", 0),
            "base": item.get("base", 0),
        }
        for item in items
    ]
    if len(strategy) > MOST_ITEMS:
        raise invalid_parameter(
            f"The specified capacity provider strategy has more than {MOST_ITEMS} items."
        )
    for item in strategy:
        for key, (low, high) in _RANGES.items():
            if not low <= item[key] <= high:
                raise invalid_parameter(
                    f"The specified capacity provider strategy has a {key} value that is not "
                    f"between {low} and {high}."
                )
    names = [short_name(item["capacityProvider"]) for item in strategy]
    if len(set(names)) < len(names):
        raise invalid_parameter(
            "The specified capacity provider strategy contains duplicate capacity providers. "
            "Remove the duplicates and try again."
        )
    if sum(item["base"] > 0 for item in strategy) > 1:
        raise invalid_parameter(
            "There are multiple capacity providers in the specified capacity provider strategy "
            "with a base value defined. Specify only one capacity provider with a base value "
            "and try again."
        )
    return strategy


def require_associated(
    world: World, cluster: str, strategy: Strategy, associated: Sequence[str]
) -> None:
    """Refuse providers that are not associated with the cluster, and a mix of kinds.

    Raises:
        ServiceError: InvalidParameterException (A14, B18, B20).
    """
    kinds = set()
    for item in strategy:
        provider = find_provider(world, item["capacityProvider"], cluster)
        if provider is None or provider.name not in associated:
            raise invalid_parameter(
                "The specified capacity provider strategy cannot contain a capacity provider "
                "that is not associated with the cluster. Associate the capacity provider with "
                "the cluster or specify a valid capacity provider and try again."
            )
        kinds.add(kind_of(provider).removesuffix("_SPOT"))
    if len(kinds) > 1:
        raise invalid_parameter(
            "A capacity provider strategy cannot contain a mix of capacity providers using Auto "
            "Scaling groups and Fargate providers. Specify one or the other and try again."
        )


def placement_choice(
    world: World, cluster: Cluster, request: Mapping[str, Any]
) -> tuple[str, Strategy]:
    """Where the tasks of a CreateService or RunTask request shall run.

    Returns:
        A launch type and no strategy, or no launch type and a strategy. With neither in the
        request the cluster's default strategy is copied (A14), and without one it is ``EC2``.

    Raises:
        ServiceError: InvalidParameterException for both (D3), or for a strategy that AWS does
            not accept for tasks (B18, B20).
    """
    launch_type = str(request.get("launchType", ""))
    if launch_type and request.get("capacityProviderStrategy"):
        raise invalid_parameter(
            "Specifying both a launch type and capacity provider strategy is not supported. "
            "Remove one and try again."
        )
    if launch_type:
        return launch_type, []
    strategy = request.get("capacityProviderStrategy") or cluster.default_strategy
    return ("", task_strategy(world, cluster, strategy)) if strategy else ("EC2", [])


def task_strategy(world: World, cluster: Cluster, items: Iterable[Mapping[str, Any]]) -> Strategy:
    """The complete strategy of a service or of stand-alone tasks.

    Raises:
        ServiceError: InvalidParameterException (B18, B20).
    """
    strategy = complete(items)
    require_associated(world, cluster.name, strategy, cluster.capacity_providers)
    # A cluster's default may have no weight at all; using it is what fails (B18).
    if strategy and not any(item["weight"] for item in strategy):
        raise invalid_parameter(
            "There are no capacity providers in the capacity provider strategy with a weight "
            "value greater than zero. At least one capacity provider must have a weight value "
            "greater than zero specified. Specify a weight value and try again."
        )
    return strategy
