"""What AWS refuses about a service, whether it is created or updated.

The rules look at a complete proposal, the service as it would be, so that an update is judged by
what comes of it and not by what it mentions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecsinfer.sandbox.ecs.deployment_rules import check_deployment
from ecsinfer.sandbox.ecs.load_balancer_rules import check_load_balancers
from ecsinfer.sandbox.ecs.network_rules import check_network
from ecsinfer.sandbox.ecs.placement_rules import check_placement
from ecsinfer.sandbox.ecs.providers import find_provider, kind_of
from ecsinfer.sandbox.ecs.service_defaults import on_fargate, rebalancing_obstacle
from ecsinfer.sandbox.ecs.task_definition_traits import compatibilities
from ecsinfer.sandbox.errors import ServiceError, invalid_parameter
from ecsinfer.sandbox.state import Cluster, World

LONGEST_GRACE_PERIOD = 2_147_483_647

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A service as it would be.

    Attributes:
        world: where it would be.
        cluster: its cluster.
        spec: its API fields, complete.
        definition: the content of its task definition.
        desired: its desired count; None when the request gives none.
    """

    world: World
    cluster: Cluster
    spec: Mapping[str, Any]
    definition: Mapping[str, Any]
    desired: int | None


def check_name(name: str) -> None:
    """A service's name.

    Raises:
        ServiceError: InvalidParameterException.
    """
    if not _NAME.fullmatch(name):
        raise invalid_parameter("Invalid service name.")


def check_controller(request: Mapping[str, Any]) -> None:
    """The deployment controller of a request, before what only that of ECS needs.

    Raises:
        ServiceError: UnsupportedFeatureException.
    """
    controller = request.get("deploymentController", {}).get("type", "ECS")
    if controller != "ECS":
        raise ServiceError(
            "UnsupportedFeatureException",
            f"The simulated ECS does not have the {controller} deployment controller, nor task "
            "sets.",
        )


def check_proposal(proposal: Proposal) -> None:
    """Hold a proposed service against every rule.

    Raises:
        ServiceError: what AWS answers to the first rule that it breaks.
    """
    spec, definition = proposal.spec, proposal.definition
    fargate = on_fargate(spec)
    check_network(proposal.world, definition, spec.get("networkConfiguration"), fargate=fargate)
    _check_scheduling(proposal, fargate=fargate)
    check_capacity(proposal.world, proposal.cluster, spec, definition)
    check_deployment(spec)
    _check_rebalancing(spec)
    check_placement(spec["placementStrategy"], spec["placementConstraints"], fargate=fargate)
    _check_details(spec, definition)
    check_load_balancers(proposal.world, spec, definition)


def check_capacity(
    world: World, cluster: Cluster, spec: Mapping[str, Any], definition: Mapping[str, Any]
) -> None:
    """Launch type or strategy, and platform version, against the task definition (B23, D12).

    Raises:
        ServiceError: InvalidParameterException.
    """
    fargate = on_fargate(spec)
    if spec.get("launchType") == "MANAGED_INSTANCES":
        raise invalid_parameter(
            "The MANAGED_INSTANCES launch type is not supported. Specify a capacity provider "
            "strategy and try again."
        )
    wanted = _compatibility(world, cluster, spec)
    if wanted not in compatibilities(definition):
        raise invalid_parameter(f"Task definition does not support launch_type {wanted}.")
    if spec.get("platformVersion") and not fargate:
        raise invalid_parameter(
            "The platform version must be null when specifying an EC2 launch type."
        )


def _compatibility(world: World, cluster: Cluster, spec: Mapping[str, Any]) -> str:
    if on_fargate(spec):
        return "FARGATE"
    for item in spec.get("capacityProviderStrategy", ()):
        provider = find_provider(world, item["capacityProvider"], cluster.name)
        if provider is not None and kind_of(provider) == "MANAGED_INSTANCES":
            return "MANAGED_INSTANCES"
    return str(spec.get("launchType", "EC2"))


def _check_scheduling(proposal: Proposal, *, fargate: bool) -> None:
    """A REPLICA service has a desired count, a DAEMON service has none (D13, D27)."""
    if proposal.spec["schedulingStrategy"] == "REPLICA":
        if proposal.desired is None:
            raise invalid_parameter("DesiredCount is missing")
        if proposal.desired < 0:
            raise invalid_parameter("DesiredCount can not be lesser than 0")
        return
    if proposal.desired is not None:
        raise invalid_parameter(
            "The daemon scheduling strategy does not support a desired count for services. "
            "Remove the desired count value and try again"
        )
    if fargate:
        raise invalid_parameter(
            "The daemon scheduling strategy does not support the FARGATE launch type. Change the "
            "launch type and try again"
        )
    if proposal.spec["placementStrategy"]:
        raise invalid_parameter(
            "The daemon scheduling strategy does not support placement strategies. Remove the "
            "placement strategy and try again"
        )


def _check_rebalancing(spec: Mapping[str, Any]) -> None:
    """Availability Zone rebalancing needs room above the desired count and zone spread (D15)."""
    if spec["availabilityZoneRebalancing"] != "ENABLED":
        return
    obstacle = rebalancing_obstacle(spec)
    if obstacle:
        raise invalid_parameter(f"Availability Zone Rebalancing does not support {obstacle}.")
    if spec["deploymentConfiguration"]["maximumPercent"] <= 100:
        raise invalid_parameter(
            "Availability Zone Rebalancing does not support maximumPercent <= 100 % as deployment "
            "configuration."
        )


def _check_details(spec: Mapping[str, Any], definition: Mapping[str, Any]) -> None:
    # AWS once refused a grace period without a load balancer. Its API model of today says "If you
    # do not use any of the health checks, then healthCheckGracePeriodSeconds is unused" (D9).
    if not 0 <= spec["healthCheckGracePeriodSeconds"] <= LONGEST_GRACE_PERIOD:
        raise invalid_parameter(
            f"healthCheckGracePeriodSeconds must be between 0 and {LONGEST_GRACE_PERIOD}"
        )
    if len(spec["serviceRegistries"]) > 1:
        raise invalid_parameter("serviceRegistries can have at most 1 item.")
    # That the role may use ssmmessages shows only at exec time (D30).
    if spec["enableExecuteCommand"] and not definition.get("taskRoleArn"):
        raise invalid_parameter(
            "The service couldn't be updated because a valid taskRoleArn is not being used. "
            "Specify a valid task role in your task definition and try again."
        )
