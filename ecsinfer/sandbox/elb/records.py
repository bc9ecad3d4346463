"""What the other rooms see of load balancing: target groups, and how their targets are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """What a deployer and the engine need of an ELBv2 target group. Seconds."""

    arn: str
    name: str
    target_type: str  # ip, instance
    vpc: str
    port: int
    load_balancers: tuple[str, ...]
    zones: tuple[str, ...]  # zones enabled on its load balancer
    deregistration_delay: float
    interval: float
    timeout: float
    healthy_threshold: int
    unhealthy_threshold: int


@dataclass(frozen=True, slots=True)
class TargetHealth:
    """State and reason of one target, in ELBv2's words (G4)."""

    state: str  # initial, healthy, unhealthy, draining, unused
    reason: str = ""
    description: str = ""
