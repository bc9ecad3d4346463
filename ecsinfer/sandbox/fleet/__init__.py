"""EC2 Auto Scaling, in front of moto: groups, their instances and what keeps them in number."""

from __future__ import annotations

from ecsinfer.sandbox.fleet import (
    activities,
    groups,
    hooks,
    instances,
    launch_templates,
    policies,
    processes,
    tags,
)
from ecsinfer.sandbox.fleet.fleet import AutoScaling
from ecsinfer.sandbox.state import World

__all__ = [
    "activities",
    "groups",
    "hooks",
    "install",
    "instances",
    "launch_templates",
    "policies",
    "processes",
    "tags",
]


def install(world: World) -> None:
    """Give the world its Auto Scaling; the operations register themselves on import."""
    world.fleet = AutoScaling(world)
