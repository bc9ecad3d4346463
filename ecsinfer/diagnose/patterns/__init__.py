"""The patterns: one file a concern, each a list of pure functions from facts to a cause or None."""

from ecsinfer.diagnose.patterns import (
    capacity,
    health,
    images,
    instances,
    placement,
    rollout,
    scaling,
    startup,
)

PATTERNS = (
    rollout.paused,
    *capacity.PATTERNS,
    *instances.PATTERNS,
    *placement.PATTERNS,
    *images.PATTERNS,
    *startup.PATTERNS,
    *health.PATTERNS,
    *rollout.PATTERNS,
    *scaling.PATTERNS,
)
"""In the order in which causes are told: what somebody has to answer, then what lies deeper."""

__all__ = ["PATTERNS"]
