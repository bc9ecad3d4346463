"""Failing tasks: the count, the spacing of restarts, and the deployment circuit breaker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ecsinfer.capacity import breaker as arithmetic
from ecsinfer.sandbox.engine import deployments, events
from ecsinfer.sandbox.engine.core import Core
from ecsinfer.sandbox.engine.ledger import Run
from ecsinfer.sandbox.engine.stopping import SCHEDULER
from ecsinfer.sandbox.state import Deployment, Service

FREE_ROUNDS = 3
"""How often all tasks of a service may fail before restarts are spaced out."""

FIRST_PAUSE = 15.0
LONGEST_PAUSE = 900.0
"""Seconds between restarts; AWS publishes only the longest."""

TRIPPED = "ECS deployment circuit breaker: tasks failed to start."
WHY = "Service deployment rolled back because the circuit breaker threshold was exceeded."
WHY_STOPPED = "Service deployment failed because the circuit breaker threshold was exceeded."


def failed(core: Core, run: Run) -> None:
    """A task ended by its own fault before it was any use."""
    service = core.world.service_of(run.task)
    if service is None or not service.deployments or service.status != "ACTIVE":
        return
    primary = service.deployments[0]
    if run.task.deployment != primary.number:
        return
    primary.failed_tasks += 1
    if run.task.stop_code != SCHEDULER:  # a kill by health checks is not spaced out (G5)
        _space_out(core, service, primary)
    if primary.rollout == "IN_PROGRESS" and _enabled(primary):
        primary.failures += 1
        if primary.failures >= threshold(service, primary):
            _trip(core, service, primary)


def served(core: Core, run: Run) -> None:
    """A task is healthy: the failures before it are forgiven."""
    service = core.world.service_of(run.task)
    if service is None:
        return
    for deployment in service.deployments:
        if deployment.number == run.task.deployment:
            deployment.failed_tasks = 0
            if _settings(deployment).get("resetOnHealthyTask", True):
                deployment.failures = 0
    service.throttled_until = None


def threshold(service: Service, deployment: Deployment) -> int:
    """How many failed tasks trip the breaker."""
    configured = _settings(deployment).get("thresholdConfiguration") or {}
    return arithmetic.threshold(
        service.desired,
        configured.get("type") or arithmetic.DEFAULT_TYPE,
        int(configured.get("value") or arithmetic.DEFAULT_VALUE),
    )


def _settings(deployment: Deployment) -> dict[str, Any]:
    return dict(deployment.configuration.get("deploymentCircuitBreaker") or {})


def _enabled(deployment: Deployment) -> bool:
    return bool(_settings(deployment).get("enable"))


def _space_out(core: Core, service: Service, deployment: Deployment) -> None:
    rounds = deployment.failed_tasks // max(1, service.desired)
    if rounds < FREE_ROUNDS:
        return
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(rounds - FREE_ROUNDS, 10))
    service.throttled_until = core.world.now() + timedelta(seconds=pause)
    events.throttled(core.world, service)


def _trip(core: Core, service: Service, deployment: Deployment) -> None:
    deployment.breaker = "TRIGGERED"
    events.of_deployment(
        core.world, service, deployment.number, "deployment failed: tasks failed to start."
    )
    if _settings(deployment).get("rollback"):
        deployments.roll_back(core, service, deployment, TRIPPED, WHY)
    else:
        deployments.fail(core, service, deployment, TRIPPED, WHY_STOPPED)
