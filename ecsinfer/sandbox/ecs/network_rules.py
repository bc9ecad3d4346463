"""What AWS refuses about a network configuration, for services and for tasks run by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecsinfer.sandbox.ecs.vpc_rules import check_vpc
from ecsinfer.sandbox.errors import invalid_parameter
from ecsinfer.sandbox.state import World

MOST_SUBNETS = 16
MOST_SECURITY_GROUPS = 5


def network_mode(definition: Mapping[str, Any]) -> str:
    """The network mode of a task definition; nothing means bridge (C10.8)."""
    return definition.get("networkMode") or "bridge"


def check_network(
    world: World,
    definition: Mapping[str, Any],
    configuration: Mapping[str, Any] | None,
    *,
    fargate: bool,
) -> None:
    """A network configuration belongs to awsvpc, and only to it (C14, D10, D11).

    Raises:
        ServiceError: InvalidParameterException.
    """
    network = (configuration or {}).get("awsvpcConfiguration")
    if network_mode(definition) != "awsvpc":
        if network:
            raise invalid_parameter(
                "Network Configuration is not valid for the given networkMode of this task "
                "definition."
            )
        return
    if not network:
        raise invalid_parameter(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        )
    _check_size("subnets", len(network["subnets"]), least=1, most=MOST_SUBNETS)
    groups = network.get("securityGroups", ())
    _check_size("securityGroups", len(groups), least=0, most=MOST_SECURITY_GROUPS)
    if network.get("assignPublicIp") == "ENABLED" and not fargate:
        raise invalid_parameter("Assign public IP is not supported for this launch type.")
    check_vpc(world, network)


def _check_size(name: str, count: int, *, least: int, most: int) -> None:
    if count < least:
        raise invalid_parameter(f"{name} can not be empty.")
    if count > most:
        raise invalid_parameter(f"{name} can have at most {most} items.")
