"""The targets of all target groups and their health.

Target groups, load balancers, listeners and rules are moto's; the targets are ours, because moto
calls every one of them healthy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from ecsinfer.sandbox.clock import Timer
from ecsinfer.sandbox.elb import timeline, usage
from ecsinfer.sandbox.elb.records import TargetGroup, TargetHealth
from ecsinfer.sandbox.errors import ServiceError
from ecsinfer.sandbox.state import World

_DELAY = "deregistration_delay.timeout_seconds"
_DEFAULT_DELAY = 300.0

Key = tuple[str, str, int]
"""Target group ARN, target id, port."""


@dataclass(slots=True)
class Target:
    """One registered target.

    Attributes:
        zone: its availability zone; empty when it is not known.
        ready_at: when it begins to answer; None: never.
        on_change: told of every change of its health.
        failing: how it fails its checks.
        health: its health now.
        timer: the next change of its health, or the end of its draining.
        drained: told when its deregistration is over.
    """

    zone: str
    ready_at: datetime | None
    on_change: Callable[[TargetHealth], None]
    failing: TargetHealth = timeline.FAILED
    health: TargetHealth = timeline.REGISTERING
    timer: Timer | None = None
    drained: list[Callable[[], None]] = field(default_factory=list)


class Balancing:
    """The world's `LoadBalancing`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._groups: dict[str, TargetGroup | None] = {}
        self._usage: usage.Usage | None = None
        self._targets: dict[Key, Target] = {}

    def target_group(self, arn: str) -> TargetGroup | None:
        """The target group; None when there is none."""
        if arn not in self._groups:
            self._groups[arn] = _look_up(self._world, arn, self.used_by(arn))
        return self._groups[arn]

    def used_by(self, arn: str) -> Mapping[str, tuple[str, ...]]:
        """The load balancers that use a target group, with the zones enabled on each."""
        if self._usage is None:
            self._usage = usage.of_target_groups(self._world)
        return self._usage.get(arn, {})

    def register(
        self,
        arn: str,
        target: str,
        port: int,
        zone: str,
        ready_at: datetime | None,
        on_change: Callable[[TargetHealth], None],
        failing: TargetHealth | None = None,
    ) -> None:
        """Register a target that answers its checks from `ready_at` on (None: never)."""
        failing = failing or timeline.FAILED
        self.add((arn, target, port), Target(zone, ready_at, on_change, failing))

    def add(self, key: Key, target: Target) -> None:
        """Register a target; one of the same key is replaced, and has drained."""
        group = self.target_group(key[0])
        if group is None:
            return
        previous = self._targets.pop(key, None)
        if previous is not None:
            _end(previous)
        self._targets[key] = target
        self._check(group, target)

    def deregister(self, arn: str, target: str, port: int, done: Callable[[], None]) -> None:
        """Drain a target for the deregistration delay, then call `done` (G3)."""
        key = (arn, target, port)
        registered, group = self._targets.get(key), self.target_group(arn)
        if registered is None or group is None:
            self._world.clock.after(0, done)
            return
        registered.drained.append(done)
        if registered.health.state == "draining":
            return
        idle = registered.health.state == "unused"
        _cancel(registered)
        registered.health = timeline.DRAINING
        delay = 0 if idle else group.deregistration_delay
        registered.timer = self._world.clock.after(delay, lambda: self._leave(key, registered))

    def health(self, arn: str, target: str, port: int) -> TargetHealth | None:
        """The target's health; None when it is not registered."""
        registered = self._targets.get((arn, target, port))
        return registered.health if registered is not None else None

    def targets(self, arn: str) -> list[tuple[Key, Target]]:
        """The registered targets of a group, in order of registration."""
        return [(key, target) for key, target in self._targets.items() if key[0] == arn]

    def changed(self) -> None:
        """Target groups, or who uses them, may have changed: look at them afresh."""
        self._groups.clear()
        self._usage = None
        for key, target in list(self._targets.items()):
            group = self.target_group(key[0])
            if group is None:
                self._leave(key, target)
            elif target.health.state != "draining":
                self._use(group, target)

    def _use(self, group: TargetGroup, target: Target) -> None:
        """Begin or end the checks of a target whose load balancer came or went."""
        idle = target.health.state == "unused"
        if idle != (timeline.unused(group, target.zone) is not None):
            _cancel(target)
            self._check(group, target)
            target.on_change(target.health)

    def _check(self, group: TargetGroup, target: Target) -> None:
        idle = timeline.unused(group, target.zone)
        target.health = idle or timeline.REGISTERING
        if idle is None:
            now = self._world.now()
            self._schedule(
                target, timeline.transitions(group, now, target.ready_at, target.failing)
            )

    def _schedule(self, target: Target, changes: Sequence[tuple[datetime, TargetHealth]]) -> None:
        """One timer at a time: the next change schedules the one after it."""
        (due, health), rest = changes[0], changes[1:]

        def change() -> None:
            before, target.health = target.health.state, health
            if rest:
                self._schedule(target, rest)
            if health.state != before:
                target.on_change(health)

        delay = (due - self._world.now()).total_seconds()
        target.timer = self._world.clock.after(delay, change)

    def _leave(self, key: Key, target: Target) -> None:
        if self._targets.get(key) is target:
            del self._targets[key]
        _end(target)


def balancing_of(world: World) -> Balancing:
    """The world's load balancing, which `install` put there."""
    return cast("Balancing", world.elb)


def _cancel(target: Target) -> None:
    if target.timer is not None:
        target.timer.cancel()
        target.timer = None


def _end(target: Target) -> None:
    _cancel(target)
    drained, target.drained = target.drained, []
    for done in drained:
        done()


def _look_up(world: World, arn: str, used_by: Mapping[str, tuple[str, ...]]) -> TargetGroup | None:
    try:
        found = world.ask("elbv2", "DescribeTargetGroups", {"TargetGroupArns": [arn]})
    except ServiceError:
        return None
    group = found["TargetGroups"][0]
    answer = world.ask("elbv2", "DescribeTargetGroupAttributes", {"TargetGroupArn": arn})
    attributes = {item["Key"]: item["Value"] for item in answer["Attributes"]}
    return TargetGroup(
        arn=arn,
        name=group["TargetGroupName"],
        target_type=group.get("TargetType", "instance"),
        vpc=group.get("VpcId", ""),
        port=group.get("Port", 0),
        load_balancers=tuple(used_by),
        zones=tuple(dict.fromkeys(zone for zones in used_by.values() for zone in zones)),
        deregistration_delay=float(attributes.get(_DELAY, _DEFAULT_DELAY)),
        interval=float(group.get("HealthCheckIntervalSeconds", 30)),
        timeout=float(group.get("HealthCheckTimeoutSeconds", 5)),
        healthy_threshold=group.get("HealthyThresholdCount", 5),
        unhealthy_threshold=group.get("UnhealthyThresholdCount", 2),
    )
