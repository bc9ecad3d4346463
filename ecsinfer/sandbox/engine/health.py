"""Whether a task is healthy: container health checks, target health, and the grace period."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ecsinfer.sandbox.engine import behaviour, events, stopping
from ecsinfer.sandbox.engine.core import Core
from ecsinfer.sandbox.engine.ledger import Run
from ecsinfer.sandbox.state import Container, Service

UNCHECKED = 40.0
"""Seconds after RUNNING until a task without any check counts as healthy (minimumHealthyPercent)."""


def watch(core: Core, run: Run) -> None:
    """The task is RUNNING: from now on its health counts."""
    _again(core, run, UNCHECKED)
    grace = _grace(core, run)
    if grace > 0:
        _again(core, run, grace)
    assess(core, run)


def check(core: Core, run: Run, container: Container) -> None:
    """A container starts, and its health check with it."""
    settings = container.definition.get("healthCheck")
    if settings:
        _schedule_checks(core, run, container, settings)


def assess(core: Core, run: Run) -> None:
    """Look at the task again; serving is told, sickness past the grace period is ended."""
    task = run.task
    if task.last_status != "RUNNING" or task.desired_status != "RUNNING":
        return
    task.health = _task_health(run)
    sick = _sickness(run)
    run.serving = not sick and _passes(core, run)
    service = core.world.service_of(task)
    if service is None:
        return
    if run.serving and not run.served:
        run.served = True
        core.task_served(run)
    if sick and not _in_grace(core, run):
        _end(core, run, service, sick)


def _again(core: Core, run: Run, seconds: float) -> None:
    run.timers.append(core.world.clock.after(seconds, lambda: assess(core, run)))


def _schedule_checks(core: Core, run: Run, container: Container, check: Mapping[str, Any]) -> None:
    """The two moments that matter: the first check that passes, the last of too many failures."""
    interval = float(check.get("interval") or 30)
    retries = int(check.get("retries") or 3)
    start_period = float(check.get("startPeriod") or 0)
    load = behaviour.load_time(core.world.scenario, container)
    first_counted = math.floor(start_period / interval) + 1
    fails_at = (first_counted + retries - 1) * interval
    passes_at = math.inf if load is None else max(1, math.ceil(load / interval)) * interval

    def becomes(state: str) -> None:
        if container.status != "RUNNING":
            return
        container.health = state
        run.advance()
        assess(core, run)

    clock = core.world.clock
    if passes_at > fails_at:
        run.timers.append(clock.after(fails_at, lambda: becomes("UNHEALTHY")))
    if passes_at < math.inf:
        run.timers.append(clock.after(passes_at, lambda: becomes("HEALTHY")))


def _task_health(run: Run) -> str:
    states = _checks(run)
    if "UNHEALTHY" in states:
        return "UNHEALTHY"
    return "HEALTHY" if states == {"HEALTHY"} else "UNKNOWN"


def _checks(run: Run) -> set[str]:
    """The states of the checks that count: only those of essential containers do."""
    return {
        item.health
        for item in run.task.containers
        if item.definition.get("healthCheck") and item.definition.get("essential", True)
    }


def _sickness(run: Run) -> str:
    if run.task.health == "UNHEALTHY":
        return "Task failed container health checks"
    for target, healthy in run.targets.items():
        if healthy is False:
            return f"Task failed ELB health checks in (target-group {target.group})"
    return run.sick


def _passes(core: Core, run: Run) -> bool:
    checked = bool(_checks(run))
    if checked and run.task.health != "HEALTHY":
        return False
    if run.targets:
        return all(run.targets.values())
    started = run.task.started_at or core.world.now()
    return checked or core.world.now() - started >= timedelta(seconds=UNCHECKED)


def _grace(core: Core, run: Run) -> float:
    service = core.world.service_of(run.task)
    return float((service.spec.get("healthCheckGracePeriodSeconds") if service else 0) or 0)


def _in_grace(core: Core, run: Run) -> bool:
    started = run.task.started_at or core.world.now()
    return core.world.now() < started + timedelta(seconds=_grace(core, run))


def _end(core: Core, run: Run, service: Service, sick: str) -> None:
    task_id = run.task.arn.rpartition("/")[2]
    ill = next((target for target, healthy in run.targets.items() if healthy is False), None)
    if ill is not None and run.task.health != "UNHEALTHY":
        seen = core.world.elb.health(ill.group, ill.id, ill.port)
        reason = (seen.description if seen else "") or "Health checks failed"
        text = (
            f"(task {task_id}) (port {ill.port}) is unhealthy in (target-group {ill.group}) "
            f"due to (reason {reason})."
        )
    elif run.sick:
        text = f"(task {task_id}) is not healthy in target-group due to TARGET GROUP IS NOT FOUND."
    else:
        text = f"(task {task_id}) failed container health checks."
    events.emit(core.world, service, text)
    stopping.unhealthy(core, run, sick)
