"""Managed scaling of an Auto Scaling group: ``CapacityProviderReservation`` and what it moves.

``CapacityProviderReservation = 100 * M / N``, once a minute, where N instances run and M are
needed. Target tracking holds it at targetCapacity with two alarms: above in one minute scales
out, below in fifteen scales in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

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


@dataclass(frozen=True, slots=True)
class Sight:
    """What one look at a group sees.

    Attributes:
        now: seconds, counted from anywhere.
        running: N: the instances of the group, those that still boot among them.
        busy: instances with at least one task that is not a daemon's.
        demands: for each group of equal waiting tasks the instances they take, None where not
            even one task fits on the type. Tasks wait until they are placed, and an instance that
            has not registered takes none.
        youngest: seconds since the newest instance was launched; None when there is none.
        desired: the group's desired capacity.
        minimum: MinSize.
        maximum: MaxSize.
        releasable: instances that may go; None when any may: there is no termination protection.
    """

    now: float
    running: int
    busy: int
    demands: Sequence[int | None]
    youngest: float | None
    desired: int
    minimum: int = 0
    maximum: int = 10000
    releasable: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """The scaling policy: its alarms, and when it last changed the group, in seconds."""

    watch: Watch = field(default_factory=Watch)
    scaled_out_at: float | None = None
    scaled_in_at: float | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What comes of a look.

    Attributes:
        value: the metric that was published, percent.
        desired: the desired capacity from now on.
        alarm: the alarm that acts, whether it changes anything or not.
        policy: the policy at the next look.
    """

    value: float
    desired: int
    alarm: Literal["", "High", "Low"]
    policy: Policy


def decide(policy: Policy, sight: Sight, settings: ManagedScaling) -> Decision:
    """One minute of managed scaling (C1 to C4, F5): the metric, the alarms, what they do.

    One burst is one step: scale-out is blocked while an instance is younger than
    instanceWarmupPeriod, because tasks that wait for one that boots are still waiting. A warm-up
    shorter than that boot therefore over-provisions, as AWS's guide warns.
    """
    wanted = needed(sight.running, sight.busy, sight.demands, settings)
    if sight.demands and all(demand is None for demand in sight.demands):
        value = float(settings.target)  # what cannot be helped moves nothing
    else:
        value = reservation(wanted, sight.running)
    policy = replace(policy, watch=policy.watch.seen(value, settings.target))
    still = Decision(value, sight.desired, "", policy)
    if policy.watch.too_high and _may_grow(wanted, sight, settings):
        desired = scale_out(sight.running, wanted, settings.target, sight.maximum)
        if desired <= sight.desired:
            return replace(still, alarm="High")
        return Decision(value, desired, "High", replace(policy, scaled_out_at=sight.now))
    if policy.watch.too_low and _may_shrink(policy, sight.now):
        desired = scale_in(sight.running, wanted, settings.target, sight.minimum)
        if sight.releasable is not None:
            desired = max(desired, sight.running - sight.releasable)
        if desired >= sight.desired:
            return replace(still, alarm="Low")
        return Decision(value, desired, "Low", replace(policy, scaled_in_at=sight.now))
    return still


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


def scale_out(running: int, needed_instances: int, target: int, maximum: int) -> int:
    """The desired capacity after a scale-out: capacity times metric over target, rounded up.

    Whole numbers, because 14 instances times 18/14 are not 18 in binary fractions. Target tracking
    takes a group of none for one, and 200 percent of one are two.
    """
    return min(maximum, steady_state(needed_instances if running else 2, target))


def scale_in(running: int, needed_instances: int, target: int, minimum: int) -> int:
    """The desired capacity after one step in: at least one instance less, at most half."""
    floor = max(minimum, math.ceil(100 * needed_instances / target))
    return min(running, max(floor, running - max(1, running // 2)))


def steady_state(needed_instances: int, target: int) -> int:
    """The instances that a group settles at."""
    return math.ceil(100 * needed_instances / target)


def _may_grow(wanted: int, sight: Sight, settings: ManagedScaling) -> bool:
    """Whether something is needed and every instance has warmed up.

    None of none is 100 percent, above every target below: in 2019 such groups went from nothing
    to two instances and back for ever. AWS has closed that issue without saying how; here what
    needs nothing launches nothing.
    """
    warm = sight.youngest is None or sight.youngest >= settings.warmup
    return warm and wanted > 0


def _may_shrink(policy: Policy, now: float) -> bool:
    recent = ((policy.scaled_out_at, SCALE_IN_DELAY), (policy.scaled_in_at, SCALE_IN_INTERVAL))
    return all(moment is None or now - moment >= pause for moment, pause in recent)
