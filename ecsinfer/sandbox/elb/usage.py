"""Which load balancers use a target group, read off their listeners and rules.

moto remembers every load balancer that ever did.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ecsinfer.sandbox.state import World

Usage = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Target group ARN -> ARN of a load balancer that uses it -> the zones enabled on that one."""


def of_target_groups(world: World) -> Usage:
    """Who uses which target group now."""
    used: dict[str, dict[str, tuple[str, ...]]] = {}
    for balancer in world.ask("elbv2", "DescribeLoadBalancers", {}).get("LoadBalancers", ()):
        arn = balancer["LoadBalancerArn"]
        zones = tuple(zone["ZoneName"] for zone in balancer.get("AvailabilityZones", ()))
        for group in _groups_of(world, arn):
            used.setdefault(group, {})[arn] = zones
    return used


def _groups_of(world: World, balancer: str) -> Iterator[str]:
    answer = world.ask("elbv2", "DescribeListeners", {"LoadBalancerArn": balancer})
    for listener in answer.get("Listeners", ()):
        yield from _forwarded(listener.get("DefaultActions", ()))
        asked = {"ListenerArn": listener["ListenerArn"]}
        for rule in world.ask("elbv2", "DescribeRules", asked).get("Rules", ()):
            yield from _forwarded(rule.get("Actions", ()))


def _forwarded(actions: Any) -> Iterator[str]:
    for action in actions:
        if "TargetGroupArn" in action:
            yield action["TargetGroupArn"]
        for group in action.get("ForwardConfig", {}).get("TargetGroups", ()):
            yield group["TargetGroupArn"]
