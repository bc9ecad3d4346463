"""Application Auto Scaling of ECS services; other namespaces are moto's."""

from __future__ import annotations

from ecsinfer.sandbox.scaling import policies, scheduled_actions, targets
from ecsinfer.sandbox.scaling.autoscaling import ServiceAutoScaling
from ecsinfer.sandbox.state import World

__all__ = ["install", "policies", "scheduled_actions", "targets"]


def install(world: World) -> None:
    """Give the world its service auto scaling; the operations register themselves on import."""
    world.scaling = ServiceAutoScaling(world)
