"""What Application Auto Scaling keeps of a service: target, policies, scheduled actions, activities."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ecsinfer.capacity.target_tracking import LOW_PERIODS
from ecsinfer.sandbox.clock import Timer

NAMESPACE = "ecs"
DIMENSION = "ecs:service:DesiredCount"

SUSPENSIONS = (
    "DynamicScalingInSuspended",
    "DynamicScalingOutSuspended",
    "ScheduledScalingSuspended",
)


@dataclass(slots=True)
class Target:
    """A scalable target: one service whose desired count may be moved."""

    resource: str  # service/<cluster>/<service>
    arn: str
    minimum: int
    maximum: int
    created_at: datetime
    suspended: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(SUSPENSIONS, False))

    @property
    def service(self) -> tuple[str, str]:
        """Cluster and service name."""
        _, cluster, service = self.resource.split("/")
        return cluster, service

    def within(self, count: int) -> int:
        """The nearest count between minimum and maximum."""
        return min(self.maximum, max(self.minimum, count))


@dataclass(slots=True)
class Policy:
    """A scaling policy; `config` is the configuration of its type in API form."""

    name: str
    arn: str
    resource: str
    type: str
    config: dict[str, Any]
    created_at: datetime
    alarms: list[str] = field(default_factory=list)  # names; high before low
    values: deque[float] = field(default_factory=lambda: deque(maxlen=LOW_PERIODS))


@dataclass(slots=True)
class ScheduledAction:
    """A scheduled action; `request` holds what its Put calls gave, in API form."""

    name: str
    arn: str
    resource: str
    created_at: datetime
    request: dict[str, Any]
    timer: Timer | None = None


@dataclass(slots=True)
class ScalingActivity:
    """One change of a scalable target, made."""

    id: str
    resource: str
    description: str
    cause: str
    message: str
    at: datetime
