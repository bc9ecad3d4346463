"""The service scheduler's look at one REPLICA service: how many to start, which to stop, are we done.

A look changes as much as minimumHealthyPercent and maximumPercent allow and no more; whatever
changes afterwards (a task healthy, stopped, failed) leads to the next look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from ecsinfer.capacity.rollout import Bounds, bounds, starts, stops
from ecsinfer.sandbox.engine import deployments, events, launching, stopping, zones
from ecsinfer.sandbox.engine.core import Core
from ecsinfer.sandbox.engine.ledger import Run
from ecsinfer.sandbox.engine.stages import ROLLING, strategy_of
from ecsinfer.sandbox.state import Deployment, Service


@dataclass(slots=True)
class Fleet:
    """The tasks of a service as one look sees them.

    Attributes:
        fresh: of the PRIMARY deployment, on instances that stay.
        outdated: to be replaced: of older deployments, on draining instances, or moving to
            another zone.
        stopping: on their way down; they count against the maximum until they are STOPPED.
    """

    fresh: list[Run]
    outdated: list[Run]
    stopping: list[Run]

    @property
    def total(self) -> int:
        """All tasks that exist."""
        return len(self.fresh) + len(self.outdated) + len(self.stopping)


def look(core: Core, service: Service) -> None:
    """Bring a rolling service one step nearer to what it should be."""
    primary = service.deployments[0]
    if primary.state == "PENDING":
        primary.state, primary.started_at = "IN_PROGRESS", core.world.now()
    seen = survey(core, service)
    scale_in(core, service, seen.fresh, primary)
    if primary.rollout != "FAILED":
        limits = limits_of(service, primary)
        seen = survey(core, service)
        moved = _stop_outdated(core, service, seen, limits, primary)
        moved += start_missing(core, service, survey(core, service), limits)
        if not moved and seen.outdated and _deadlocked(service, limits):
            events.stuck(core.world, service)
    settle(core, service)


def survey(core: Core, service: Service) -> Fleet:
    """Sort the service's tasks."""
    primary = service.deployments[0]
    seen = Fleet([], [], [])
    for run in core.ledger.of_service(service):
        if run.task.desired_status == "STOPPED":
            seen.stopping.append(run)
        elif run.task.arn in core.moving or _leaving(core, run):
            seen.outdated.append(run)
        elif run.task.deployment == primary.number:
            seen.fresh.append(run)
        else:
            seen.outdated.append(run)
    return seen


def limits_of(service: Service, deployment: Deployment) -> Bounds:
    """The bounds the deployment began with, of the service's desired count now."""
    configured = service.spec.get("deploymentConfiguration") or deployment.configuration
    minimum = configured.get("minimumHealthyPercent")
    maximum = configured.get("maximumPercent")
    return bounds(
        service.desired,
        100 if minimum is None else int(minimum),
        200 if maximum is None else int(maximum),
    )


def start_missing(core: Core, service: Service, seen: Fleet, limits: Bounds) -> int:
    """Start what is missing, as far as the maximum and the spacing of restarts allow."""
    count = starts(service.desired, limits, len(seen.fresh), seen.total)
    if count == 0:
        return 0
    pause = service.throttled_until
    if pause is not None and pause > core.world.now():
        core.wake_at(service, pause)
        return count
    return len(launching.launch(core, service, count))


def scale_in(core: Core, service: Service, fresh: Sequence[Run], deployment: Deployment) -> None:
    """Stop what is more than desired."""
    surplus = len(fresh) - service.desired
    if surplus > 0:
        victims = choose(core, service, unprotected(core, service, fresh), surplus)
        stopping.stop_all(core, service, victims, deployments.stop_reason(deployment))


def choose(core: Core, service: Service, runs: Sequence[Run], count: int) -> list[Run]:
    """The tasks to stop first: those of least use, then where the zone or instance is fullest."""
    rules = service.spec.get("placementStrategy") or [{"type": "spread"}]
    binpack = rules[0]["type"] == "binpack"
    left = list(runs)
    victims: list[Run] = []
    while left and len(victims) < count:
        crowd = Counter(run.task.zone for run in left)

        def usefulness(run: Run, crowd: Counter[str] = crowd) -> tuple[int, float, str]:
            instance = core.instance_of(run)
            room = core.ledger.room(instance).memory if binpack and instance else 0
            stage = 0 if not run.task.container_instance and run.task.eni == "" else 1
            stage += run.task.last_status == "RUNNING"
            stage += run.serving
            return stage, -room if binpack else -crowd[run.task.zone], run.task.arn

        victim = min(left, key=usefulness)
        left.remove(victim)
        victims.append(victim)
    return victims


def unprotected(core: Core, service: Service, runs: Sequence[Run]) -> list[Run]:
    """The tasks without scale-in protection; the service is looked at again when one expires."""
    now = core.world.now()
    free = []
    for run in runs:
        until = run.task.protected_until
        if until is None or until <= now:
            free.append(run)
        else:
            core.wake_at(service, until + timedelta(seconds=1))
    return free


def settle(core: Core, service: Service) -> None:
    """See whether the deployment is complete and the service steady, and say so."""
    primary = service.deployments[0]
    seen = survey(core, service)
    if primary.rollout == "IN_PROGRESS" and _done(core, service, primary, seen):
        deployments.complete(core, service, primary)
    if primary.rollout == "COMPLETED":
        deployments.retire(core, service)
    settled = (
        primary.rollout == "COMPLETED"
        and seen.total == len(seen.fresh) == service.desired
        and all(run.serving for run in seen.fresh)
    )
    announce_steady(core, service, settled=settled)
    if settled:
        zones.rebalance(core, service, seen.fresh)
    for deployment in service.deployments:
        deployment.desired = (
            service.desired
            if deployment is primary
            else sum(run.task.deployment == deployment.number for run in seen.outdated)
        )


def announce_steady(core: Core, service: Service, *, settled: bool) -> None:
    """Tell a steady state once, and again every six hours while it lasts."""
    key = (service.cluster, service.name)
    if not settled:
        core.steady.discard(key)
    elif key not in core.steady:
        core.steady.add(key)
        events.steady(core.world, service)
        _remind(core, service)


def baked(core: Core, service: Service, deployment: Deployment, minutes: float) -> bool:
    """Whether the deployment has been ready for so many minutes."""
    since = core.ready_at.setdefault(deployment.number, core.world.now())
    ends = since + timedelta(minutes=minutes)
    if core.world.now() >= ends:
        return True
    core.wake_at(service, ends)
    return False


def _remind(core: Core, service: Service) -> None:
    key = (service.cluster, service.name)
    since = service.events[0].id

    def again() -> None:
        still = key in core.steady and core.world.services.get(key) is service
        if still and service.events[0].id == since:
            events.steady(core.world, service)
            _remind(core, service)

    core.world.clock.after(events.REPEAT.total_seconds(), again)


def _leaving(core: Core, run: Run) -> bool:
    instance = core.instance_of(run)
    return instance is not None and instance.status == "DRAINING"


def _stop_outdated(
    core: Core, service: Service, seen: Fleet, limits: Bounds, deployment: Deployment
) -> int:
    """Stop outdated tasks: those of no use at once, the others within the minimum."""
    free = unprotected(core, service, seen.outdated)
    useful = [run for run in free if _useful(run)]
    useless = [run for run in free if not _useful(run)]
    healthy = sum(run.serving for run in seen.fresh) + sum(map(_useful, seen.outdated))
    count = stops(limits, healthy, len(useful))
    victims = [*useless, *choose(core, service, useful, count)]
    stopping.stop_all(core, service, victims, deployments.stop_reason(deployment))
    return len(victims)


def _useful(run: Run) -> bool:
    """An outdated task that runs is worth keeping until it is replaced, unless it is sick."""
    return run.task.last_status == "RUNNING" and not run.sick and run.task.health != "UNHEALTHY"


def _deadlocked(service: Service, limits: Bounds) -> bool:
    return limits.upper <= service.desired <= limits.lower


def _done(core: Core, service: Service, primary: Deployment, seen: Fleet) -> bool:
    healthy = sum(run.serving for run in seen.fresh)
    criteria = primary.configuration.get("earlySuccessCriteria") or {}
    early = bool(criteria.get("enable"))
    wanted = service.desired
    if early:
        wanted = bounds(service.desired, int(criteria.get("healthyPercent", 100)), 100).lower
    deferred = early and criteria.get("sourceServiceRevisionCleanup") == "DEFERRED"
    gone = not seen.outdated and not seen.stopping
    if healthy < wanted or not (gone or deferred):
        core.ready_at.pop(primary.number, None)
        return False
    rolling = strategy_of(primary) == ROLLING and not primary.rollback_of
    minutes = float(primary.configuration.get("bakeTimeInMinutes") or 0) if rolling else 0.0
    # How AWS computes the bake time from the alarms is not published: their own span here.
    minutes = max(minutes, core.alarm_bakes.get(primary.number, 0.0))
    return baked(core, service, primary, minutes)
