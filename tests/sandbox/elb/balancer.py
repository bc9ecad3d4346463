"""The furnished load balancer of a sandbox, as tests drive and look at it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ecsinfer.sandbox.elb.records import TargetHealth
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.furniture import IP_TARGETS

ADDRESS, PORT = "10.0.0.9", 8000
ZONE = "us-east-1a"


class Balancer:
    """One sandbox, its ELBv2 client and what it was told of the target."""

    def __init__(self) -> None:
        self.sandbox = Sandbox()
        self.clock = self.sandbox.clock
        self.seam = self.sandbox.world.elb
        session: Any = self.sandbox.session()
        self.api = session.client("elbv2")
        self.ec2 = session.client("ec2")
        self.told: list[str] = []
        self.drained_at: list[float] = []

    def register(
        self, ready_after: float | None = 0, arn: str = IP_TARGETS, zone: str = ZONE
    ) -> None:
        """Register the target as the engine does."""

        def told(health: TargetHealth) -> None:
            self.told.append(health.state)

        ready_at = None if ready_after is None else self._later(ready_after)
        self.seam.register(arn, ADDRESS, PORT, zone, ready_at, told)

    def deregister(self, arn: str = IP_TARGETS) -> None:
        """Deregister the target as the engine does."""
        begun = self.clock.now()

        def drained() -> None:
            self.drained_at.append((self.clock.now() - begun).total_seconds())

        self.seam.deregister(arn, ADDRESS, PORT, drained)

    def health(self, arn: str = IP_TARGETS, **query: Any) -> list[tuple[str, str]]:
        """State and reason of the group's targets, as they are described."""
        answer = self.api.describe_target_health(TargetGroupArn=arn, **query)
        described = [item["TargetHealth"] for item in answer["TargetHealthDescriptions"]]
        return [(item["State"], item.get("Reason", "")) for item in described]

    def _later(self, seconds: float) -> Any:
        return self.clock.now() + timedelta(seconds=seconds)
