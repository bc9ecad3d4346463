"""A task's way down: DEACTIVATING, STOPPING, DEPROVISIONING, STOPPED, and who sent it there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ecsinfer.sandbox.engine import behaviour, events, ordering, output, targets
from ecsinfer.sandbox.engine.core import Core
from ecsinfer.sandbox.engine.ledger import Run
from ecsinfer.sandbox.state import Service, World

REMEMBERED = 3600.0
"""Seconds for which a stopped task is still described (J8)."""

DEFAULT_STOP_TIMEOUT = 30.0

SCHEDULER = "ServiceSchedulerInitiated"
LOST = "TerminationNotice"


def stop(core: Core, run: Run, reason: str, code: str) -> list[str]:
    """Begin to stop a task; a task that stops already goes on as it does.

    Returns:
        The target groups whose draining began.
    """
    task = run.task
    if task.desired_status == "STOPPED":
        return []
    task.desired_status = "STOPPED"
    task.stop_code, task.stopped_reason = code, reason
    task.stopping_at = core.world.now()
    task.version += 1
    run.serving = False
    core.ledger.wait_no_more(run)
    for timer in run.timers:
        timer.cancel()
    run.timers = []
    groups = [target.group for target in run.targets]
    if groups:
        task.last_status = "DEACTIVATING"
        targets.deregister(core, run, lambda: _stopping(core, run))
    else:
        _stopping(core, run)
    return groups


def stop_all(core: Core, service: Service, runs: Sequence[Run], reason: str) -> None:
    """The service scheduler stops tasks, and says so in the service's events."""
    if not runs:
        return
    groups = [group for run in runs for group in stop(core, run, reason, SCHEDULER)]
    if groups:
        events.draining(core.world, service, groups, len(runs))
    events.stopped(core.world, service, [run.task for run in runs])


def fail_to_start(core: Core, run: Run, failure: behaviour.Failure) -> None:
    """The task never runs."""
    for container in run.task.containers:
        if container.name == failure.container:
            container.reason, container.exit_code = failure.reason, failure.exit_code
    run.failed = True
    stop(core, run, failure.reason, behaviour.FAILED_TO_START)
    service = core.world.service_of(run.task)
    if service and failure.scheduler:
        events.not_launched(core.world, service, failure.reason)


def essential_exited(core: Core, run: Run) -> None:
    """An essential container ended, so the task does."""
    run.failed = not run.served
    stop(core, run, behaviour.ESSENTIAL_REASON, behaviour.ESSENTIAL_EXITED)


def unhealthy(core: Core, run: Run, reason: str) -> None:
    """The service scheduler ends a task that failed its checks."""
    run.failed = True
    service = core.world.service_of(run.task)
    if service:
        stop_all(core, service, [run], reason)


def lose(core: Core, run: Run, reason: str) -> None:
    """The task's instance is gone, and the task with it."""
    stop(core, run, reason, LOST)
    for timer in run.timers:
        timer.cancel()
    for container in run.task.containers:
        container.status = "STOPPED"
    run.targets.clear()
    _stopped(core, run)


def _stopping(core: Core, run: Run) -> None:
    world, task = core.world, run.task
    if task.last_status == "STOPPED":
        return
    running = ordering.first_to_stop(task)
    task.last_status = "STOPPING" if running else "DEPROVISIONING"
    if not running:
        _deprovision(core, run)
        return
    for container in running:
        output.told_to_stop(core, task, container)
    grace = max(
        float(item.definition.get("stopTimeout") or DEFAULT_STOP_TIMEOUT) for item in running
    )
    seconds = min(world.scenario.timings.stop, grace)
    killed = world.scenario.timings.stop > grace

    def ended() -> None:
        for container in running:
            container.status = "STOPPED"
            container.exit_code = 137 if killed else 0
        _stopping(core, run)

    run.timers = [world.clock.after(seconds, ended)]


def _deprovision(core: Core, run: Run) -> None:
    task = run.task
    task.last_status = "DEPROVISIONING"
    seconds = core.world.scenario.timings.eni if task.eni else 0.0
    run.timers = [core.world.clock.after(seconds, lambda: _stopped(core, run))]


def _stopped(core: Core, run: Run) -> None:
    world, task = core.world, run.task
    if task.last_status == "STOPPED":
        return
    task.last_status = "STOPPED"
    task.stopped_at = world.now()
    task.version += 1
    for container in task.containers:
        container.status = "STOPPED"
    core.ledger.remove(run, core.instance_of(run))
    world.clock.after(REMEMBERED, partial(forget, world, task.arn))
    core.task_stopped(run)
    core.room_changed(task.cluster)


def forget(world: World, arn: str) -> None:
    """Nobody can see the task any more (J8)."""
    world.tasks.pop(arn, None)
    world.tags.pop(arn, None)
