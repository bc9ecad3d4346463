"""When a target's health changes: pure arithmetic on its target group's health check."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from ecsinfer.sandbox.elb.records import TargetGroup, TargetHealth

FIRST_CHECK = 5.0
"""Seconds from the registration to the first health check."""

REGISTERING = TargetHealth(
    "initial", "Elb.RegistrationInProgress", "Target registration is in progress"
)
CHECKING = TargetHealth("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
HEALTHY = TargetHealth("healthy")
FAILED = TargetHealth("unhealthy", "Target.FailedHealthChecks", "Health checks failed")
TIMED_OUT = TargetHealth("unhealthy", "Target.Timeout", "Request timed out")
DRAINING = TargetHealth(
    "draining", "Target.DeregistrationInProgress", "Target deregistration is in progress"
)
UNREGISTERED = TargetHealth(
    "unused", "Target.NotRegistered", "Target is not registered to the target group"
)
NOT_IN_USE = TargetHealth(
    "unused",
    "Target.NotInUse",
    "Target group is not configured to receive traffic from the load balancer",
)
ZONE_NOT_ENABLED = TargetHealth(
    "unused",
    "Target.NotInUse",
    "Target is in an Availability Zone that is not enabled for the load balancer",
)


def unused(group: TargetGroup, zone: str) -> TargetHealth | None:
    """Why the load balancer leaves a target alone; None when it checks it (G5).

    A target whose zone is not known is checked.
    """
    if not group.load_balancers:
        return NOT_IN_USE
    if zone and zone != "all" and zone not in group.zones:
        return ZONE_NOT_ENABLED
    return None


def transitions(
    group: TargetGroup,
    registered_at: datetime,
    ready_at: datetime | None,
    failing: TargetHealth = FAILED,
) -> Sequence[tuple[datetime, TargetHealth]]:
    """The changes of a target that answers from `ready_at` on, in order.

    A new target is healthy with its first passed check; one that has failed
    ``UnhealthyThresholdCount`` checks needs ``HealthyThresholdCount`` passed ones in a row.
    """

    def check(number: int) -> datetime:
        return registered_at + timedelta(seconds=FIRST_CHECK + number * group.interval)

    condemned = group.unhealthy_threshold - 1
    if ready_at is None:
        return _failing(check(0), check(condemned), failing)
    wait = (ready_at - check(0)).total_seconds()
    passed = max(0, math.ceil(wait / group.interval))
    if passed == 0:
        return [(check(0), HEALTHY)]
    if passed <= condemned:
        return [(check(0), CHECKING), (check(passed), HEALTHY)]
    return [
        *_failing(check(0), check(condemned), failing),
        (check(passed + group.healthy_threshold - 1), HEALTHY),
    ]


def _failing(
    first: datetime, condemned: datetime, failing: TargetHealth
) -> list[tuple[datetime, TargetHealth]]:
    return [(first, CHECKING), (condemned, failing)] if condemned > first else [(first, failing)]
