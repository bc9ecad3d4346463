"""Managed scaling of an Auto Scaling group: ``CapacityProviderReservation`` and what it moves.

``CapacityProviderReservation = 100 * M / N``, once a minute, where N instances run and M are
needed. Target tracking holds it at targetCapacity with two alarms: above in one minute scales
out, below in fifteen scales in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

PERIOD = 60.0
"""Seconds between two values of the metric."""

HIGH_PERIODS = 1
LOW_PERIODS = 15

SCALE_IN_INTERVAL = 120.0
"""Seconds between two steps of a scale-in, after the alarm: AWS publishes "each minute", its own
measurement of 334 to 34 instances fits two."""

SCALE_IN_DELAY = 900.0
"""Seconds for which a scale-in waits after a scale-out."""

PROVISIONING_LIMIT = 500
"""Tasks that may wait in PROVISIONING per cluster; demand beyond them is invisible (F5)."""


@dataclass(frozen=True, slots=True)
class ManagedScaling:
    """``managedScaling`` of a capacity provider with AWS's defaults (B5).

    Attributes:
        target: targetCapacity, percent, 1 to 100.
        minimum_step: minimumScalingStepSize, instances.
        maximum_step: maximumScalingStepSize, instances.
        warmup: instanceWarmupPeriod, seconds.
    """

    target: int = 100
    minimum_step: int = 1
    maximum_step: int = 10000
    warmup: int = 300


@dataclass(frozen=True, slots=True)
class Watch:
    """The two alarms: how many minutes in a row the metric was off target."""

    high: int = 0
    low: int = 0

    def seen(self, reservation: float, target: int) -> Watch:
        """The alarms after one more value of the metric."""
        return Watch(
            self.high + 1 if reservation > target else 0,
            self.low + 1 if reservation < target else 0,
        )

    @property
    def too_high(self) -> bool:
        """Whether AlarmHigh is in ALARM."""
        return self.high >= HIGH_PERIODS

    @property
    def too_low(self) -> bool:
        """Whether AlarmLow is in ALARM."""
        return self.low >= LOW_PERIODS


def needed(running: int, busy: int, demands: Iterable[int | None], settings: ManagedScaling) -> int:
    """M, the instances needed.

    Args:
        running: N.
        busy: instances with at least one task that is not a daemon's.
        demands: for each group of equal waiting tasks the instances they take, None where not
            even one task fits on the type.
        settings: the provider's steps.
    """
    possible = [demand for demand in demands if demand is not None]
    if not possible:
        return busy
    extra = max(settings.minimum_step, min(max(possible), settings.maximum_step))
    return running + extra


def reservation(needed_instances: int, running: int) -> float:
    """``CapacityProviderReservation``, percent; 100 for none of none, 200 for some of none."""
    if running == 0:
        return 200.0 if needed_instances else 100.0
    return 100.0 * needed_instances / running


def scale_out(running: int, value: float, target: int, maximum: int) -> int:
    """The desired capacity after a scale-out; a group of 0 counts as 1, hence two from zero."""
    return min(maximum, math.ceil(max(running, 1) * value / target))


def scale_in(running: int, needed_instances: int, target: int, minimum: int) -> int:
    """The desired capacity after one step in: at least one instance less, at most half."""
    floor = max(minimum, math.ceil(100 * needed_instances / target))
    return min(running, max(floor, running - max(1, running // 2)))


def steady_state(needed_instances: int, target: int) -> int:
    """The instances that a group settles at."""
    return math.ceil(100 * needed_instances / target)
