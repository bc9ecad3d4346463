"""Target tracking of a service's desired count by Application Auto Scaling.

AlarmHigh: above the target in 3 of 3 minutes. AlarmLow: below 90 % of it in 15 of 15. The new
count is proportional to the tasks that run, not to the desired count, rounded up both ways.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

HIGH_PERIODS = 3
LOW_PERIODS = 15
LOW_FACTOR = 0.9
DEFAULT_COOLDOWN = 300.0
"""Seconds, ScaleInCooldown and ScaleOutCooldown, where a policy names none (E10)."""


def too_high(values: Sequence[float], target: float) -> bool:
    """Whether AlarmHigh is in ALARM; `values` are per minute, the newest last."""
    return len(values) >= HIGH_PERIODS and min(values[-HIGH_PERIODS:]) > target


def too_low(values: Sequence[float], target: float) -> bool:
    """Whether AlarmLow is in ALARM; missing data never scales in."""
    return len(values) >= LOW_PERIODS and max(values[-LOW_PERIODS:]) < LOW_FACTOR * target


def proportional(running: int, value: float, target: float) -> int:
    """The count at which the metric would meet the target; from 0, one."""
    return max(1, math.ceil(running * value / target)) if running else 1


def scale_out(desired: int, running: int, value: float, target: float, maximum: int) -> int:
    """The desired count after AlarmHigh: never lower than before, nor above the maximum."""
    return max(desired, min(maximum, proportional(running, value, target)))


def scale_in(desired: int, running: int, value: float, target: float, minimum: int) -> int:
    """The desired count after AlarmLow: never higher than before, nor below the minimum."""
    return min(desired, max(minimum, proportional(running, value, target)))


def combined(wishes: Sequence[int], desired: int) -> int:
    """Several policies: out if any wants it, in only if all agree."""
    if not wishes:
        return desired
    return max(wishes)
