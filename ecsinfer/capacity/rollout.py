"""How fast a rolling deployment may go, and whether it can go at all.

The rule of DeploymentConfiguration: never fewer than ``ceil(desired * minimumHealthyPercent)``
healthy tasks and never more than ``floor(desired * maximumPercent)`` tasks by ECS's own doing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many tasks a service may have during a deployment.

    Attributes:
        lower: healthy tasks that must stay.
        upper: tasks that may exist.
    """

    lower: int
    upper: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How a rolling deployment will go.

    Attributes:
        kind: ``surge`` starts before it stops, ``in-place`` stops before it starts,
            ``deadlock`` can do neither (D14), ``idle`` has nothing to do.
        batch: tasks replaced at a time.
        batches: how many times.
    """

    kind: Literal["surge", "in-place", "deadlock", "idle"]
    batch: int
    batches: int


def bounds(desired: int, minimum_percent: int, maximum_percent: int) -> Bounds:
    """The bounds: the lower rounded up, the upper rounded down."""
    return Bounds(-(-desired * minimum_percent // 100), desired * maximum_percent // 100)


def starts(desired: int, limits: Bounds, fresh: int, total: int) -> int:
    """How many tasks may be started now.

    Args:
        desired: the service's desired count.
        limits: its bounds.
        fresh: tasks of the new deployment that exist.
        total: all tasks that exist, stopping ones too.
    """
    return max(0, min(desired - fresh, max(limits.upper, 0) - total))


def stops(limits: Bounds, healthy: int, outdated: int) -> int:
    """How many healthy outdated tasks may be stopped now.

    Args:
        limits: the service's bounds.
        healthy: all its healthy tasks.
        outdated: the healthy ones among them that have to go.
    """
    return max(0, min(outdated, healthy - limits.lower))


def pace(desired: int, minimum_percent: int, maximum_percent: int, spare: int) -> Pace:
    """How a deployment of `desired` tasks goes with `spare` free slots (B1).

    A start needs room under the upper bound and a slot; a stop needs room over the lower bound.
    """
    if desired == 0:
        return Pace("idle", 0, 0)
    limits = bounds(desired, minimum_percent, maximum_percent)
    ahead = min(limits.upper - desired, spare, desired)
    if ahead > 0:
        return Pace("surge", ahead, math.ceil(desired / ahead))
    behind = desired - limits.lower
    if behind > 0:
        return Pace("in-place", behind, math.ceil(desired / behind))
    return Pace("deadlock", 0, 0)


def surge_percent(desired: int, batch: int) -> int:
    """The smallest maximumPercent that lets `batch` tasks start ahead, at most 200."""
    return min(200, 100 + -(-100 * batch // desired))


def in_place_percent(desired: int, batch: int) -> int:
    """The largest minimumHealthyPercent that lets `batch` tasks stop ahead."""
    return 100 * (desired - batch) // desired
