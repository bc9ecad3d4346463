"""What AWS refuses about a service's load balancers (D17, D20, G1, G2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecsinfer.sandbox.ecs.network_rules import network_mode
from ecsinfer.sandbox.errors import ServiceError, invalid_parameter
from ecsinfer.sandbox.scenario import names_role
from ecsinfer.sandbox.state import World

MOST_TARGET_GROUPS = 5


def check_load_balancers(
    world: World, spec: Mapping[str, Any], definition: Mapping[str, Any]
) -> None:
    """Check the load balancers of a service against its task definition and ELBv2.

    Raises:
        ServiceError: InvalidParameterException; UnsupportedFeatureException for a Classic Load
            Balancer, which the simulated ELB does not have.
    """
    balancers = spec["loadBalancers"]
    if len(balancers) > MOST_TARGET_GROUPS:
        raise invalid_parameter(f"loadBalancers can have at most {MOST_TARGET_GROUPS} items.")
    _check_role(world, spec, definition)
    for balancer in balancers:
        if "loadBalancerName" in balancer:
            raise ServiceError(
                "UnsupportedFeatureException",
                "The simulated ECS does not have Classic Load Balancers (loadBalancerName).",
            )
        if "targetGroupArn" not in balancer:
            raise invalid_parameter("A target group must be specified for a load balancer.")
        _check_container(balancer, definition)
        _check_target_group(world, balancer["targetGroupArn"], definition)
        alternate = balancer.get("advancedConfiguration", {}).get("alternateTargetGroupArn")
        if alternate:
            _check_target_group(world, alternate, definition)


def _check_role(world: World, spec: Mapping[str, Any], definition: Mapping[str, Any]) -> None:
    """A role of the service's own, which only old-style load balancing may have (D17, H2)."""
    role = spec.get("role", "")
    if not role:
        return
    if not spec["loadBalancers"]:
        raise invalid_parameter("A role can only be specified with a load balancer.")
    if network_mode(definition) == "awsvpc" or len(spec["loadBalancers"]) > 1:
        raise invalid_parameter(
            "You cannot specify an IAM role for services that require a service linked role."
        )
    if names_role(world.scenario.roles_denied, role):
        raise invalid_parameter(
            "Unable to assume role and validate the specified targetGroupArn. Please verify that "
            "the ECS service role being passed has the proper permissions."
        )


def _check_container(balancer: Mapping[str, Any], definition: Mapping[str, Any]) -> None:
    name, port = balancer.get("containerName", ""), balancer.get("containerPort")
    containers = {item["name"]: item for item in definition.get("containerDefinitions", ())}
    if name not in containers:
        raise invalid_parameter(f"The container {name} does not exist in the task definition.")
    mappings = containers[name].get("portMappings", ())
    if not any(mapping.get("containerPort") == port for mapping in mappings):
        raise invalid_parameter(
            f"The container {name} did not have a container port {port} defined."
        )


def _check_target_group(world: World, arn: str, definition: Mapping[str, Any]) -> None:
    group = world.elb.target_group(arn)
    if group is None:
        raise invalid_parameter(f"The target group with targetGroupArn {arn} does not exist.")
    mode = network_mode(definition)
    wanted = "ip" if mode == "awsvpc" else "instance"
    if group.target_type != wanted:
        raise invalid_parameter(
            f"The provided target group {arn} has target type {group.target_type}, which is "
            f"incompatible with the {mode} network mode specified in the task definition."
        )
    if not group.load_balancers:
        raise invalid_parameter(
            f"The target group with targetGroupArn {arn} does not have an associated load balancer."
        )
