"""What moves in the embedded AWS: rollouts, tasks, placement, managed scaling, on the world's clock.

The API rooms change records and tell the engine; the engine schedules the consequences.
"""

from ecsinfer.sandbox.engine.engine import EcsEngine, install

__all__ = ["EcsEngine", "install"]
