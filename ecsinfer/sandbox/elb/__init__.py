"""Elastic Load Balancing v2, in front of moto: targets whose health follows their health checks."""

from __future__ import annotations

from ecsinfer.sandbox.elb import balancers, targets
from ecsinfer.sandbox.elb.balancing import Balancing
from ecsinfer.sandbox.state import World

__all__ = ["balancers", "install", "targets"]


def install(world: World) -> None:
    """Give the world its load balancing; the operations register themselves on import."""
    world.elb = Balancing(world)
