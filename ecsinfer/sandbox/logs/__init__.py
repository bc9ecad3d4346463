"""CloudWatch Logs, in front of moto: lines with the simulated time, and searching as AWS does."""

from __future__ import annotations

from ecsinfer.sandbox.logs import events
from ecsinfer.sandbox.logs.keeping import Keeping
from ecsinfer.sandbox.state import World

__all__ = ["events", "install"]


def install(world: World) -> None:
    """Give the world its logs; the operations register themselves on import."""
    world.logs = Keeping(world)
