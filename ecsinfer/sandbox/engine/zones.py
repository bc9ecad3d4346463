"""Availability Zone rebalancing: a task moves from the fullest zone to one that has room (D15)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ecsinfer.capacity.slots import blockers
from ecsinfer.sandbox.engine import events, launching, lifecycle
from ecsinfer.sandbox.engine.core import Core
from ecsinfer.sandbox.engine.ledger import Run
from ecsinfer.sandbox.state import Service


def enabled(service: Service) -> bool:
    """Whether the service's tasks are kept in balance, which needs room above its count."""
    configured = service.spec.get("deploymentConfiguration") or {}
    maximum = configured.get("maximumPercent")
    above = service.desired * (200 if maximum is None else int(maximum)) // 100 > service.desired
    return service.spec.get("availabilityZoneRebalancing") == "ENABLED" and above


def rebalance(core: Core, service: Service, runs: Sequence[Run]) -> None:
    """Mark a task of the fullest zone as moving; the scheduler replaces it, then stops it."""
    if not enabled(service) or not runs:
        return
    count = Counter(dict.fromkeys(_open(core, runs[0]), 0))
    count.update(run.task.zone for run in runs)
    _tell_closed(core, service, runs, count)
    fullest, emptiest = max(count, key=count.__getitem__), min(count, key=count.__getitem__)
    if count[fullest] - count[emptiest] < 2:
        return
    shares = ", ".join(f"{count[zone]} tasks in {zone}" for zone in sorted(count))
    text = f"is not AZ balanced with {shares}. AZ Rebalancing in progress."
    events.emit(core.world, service, text)
    mover = next(run for run in runs if run.task.zone == fullest)
    core.moving.add(mover.task.arn)
    core.wake(service)


def _tell_closed(core: Core, service: Service, runs: Sequence[Run], count: Counter[str]) -> None:
    """Say of a zone of the service's subnets that a task should move there and cannot."""
    wanted = {core.zone(subnet) for subnet in lifecycle.subnets_of(runs[0].task)} - {""}
    fullest = max(count.values(), default=0)
    for zone in sorted(wanted - set(count)):
        if fullest >= 2:
            events.unplaced_in(core.world, service, zone)


def _open(core: Core, run: Run) -> set[str]:
    """The zones in which another such task could be started now."""
    task = run.task
    if task.launch_type == "FARGATE":
        return {core.zone(subnet) for subnet in lifecycle.subnets_of(task)} - {""}
    wanted = launching.zones_of(core, run)
    return {
        instance.zone
        for instance in core.instances_of(task.cluster, task.capacity_provider)
        if instance.status == "ACTIVE" and not blockers(core.ledger.room(instance), run.need)
        if wanted is None or instance.zone in wanted
    }
