"""DAEMON services: one task on every instance that can carry it."""

from __future__ import annotations

from ecsinfer.capacity.rollout import bounds, stops
from ecsinfer.capacity.slots import Requirements
from ecsinfer.sandbox.engine import deployments, launching, rollouts, stopping
from ecsinfer.sandbox.engine.core import Core
from ecsinfer.sandbox.engine.placement import Candidate, Wish, obstacles
from ecsinfer.sandbox.state import ContainerInstance, Service


def look(core: Core, service: Service) -> None:
    """Bring a DAEMON service one step nearer; its desired count is the number of instances."""
    primary = service.deployments[0]
    if primary.state == "PENDING":
        primary.state, primary.started_at = "IN_PROGRESS", core.world.now()
    instances = _eligible(core, service)
    service.desired = len(instances)
    if primary.rollout != "FAILED":
        _stop_outdated(core, service)
        _start_missing(core, service, instances)
    rollouts.settle(core, service)


def _eligible(core: Core, service: Service) -> list[ContainerInstance]:
    """ACTIVE instances that meet the constraints, full or not."""
    revision = service.deployments[0].revision
    definition = core.world.find_task_definition(revision.task_definition)
    own = definition.spec.get("placementConstraints") if definition else None
    wish = Wish(
        need=Requirements(),
        constraints=[*(service.spec.get("placementConstraints") or ()), *(own or ())],
    )
    strategy = revision.config.get("capacityProviderStrategy") or []
    providers = {item["capacityProvider"] for item in strategy}
    return [
        instance
        for instance in core.instances_of(service.cluster)
        if instance.status == "ACTIVE"
        and (not providers or instance.capacity_provider in providers)
        and not obstacles(Candidate(instance, core.ledger.room(instance)), wish)
    ]


def _stop_outdated(core: Core, service: Service) -> None:
    seen = rollouts.survey(core, service)
    configured = service.spec.get("deploymentConfiguration") or {}
    limits = bounds(service.desired, int(configured.get("minimumHealthyPercent") or 0), 100)
    healthy = [run for run in (*seen.fresh, *seen.outdated) if run.serving]
    outdated = [run for run in seen.outdated if run.serving]
    useless = [run for run in seen.outdated if not run.serving]
    count = stops(limits, len(healthy), len(outdated))
    stopping.stop_all(
        core,
        service,
        [*useless, *outdated[:count]],
        deployments.stop_reason(service.deployments[0]),
    )


def _start_missing(core: Core, service: Service, instances: list[ContainerInstance]) -> None:
    """An instance with a task, even a stopping one, gets no second."""
    pause = service.throttled_until
    if pause is not None and pause > core.world.now():
        core.wake_at(service, pause)
        return
    taken = {run.task.container_instance for run in core.ledger.of_service(service)}
    for instance in instances:
        if instance.arn not in taken:
            launching.launch_on(core, service, instance)
