"""BLUE_GREEN, LINEAR and CANARY: a second set of tasks, stages, traffic in steps, bake, hooks.

The stages follow each other in the order of ``lifecycleStage``. A stage that waits (tasks that
start, a bake time, a PAUSE hook) is looked at again when what it waits for may have come.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ecsinfer.sandbox.engine import deployments, hooks, launching, rollouts, stopping
from ecsinfer.sandbox.engine.core import Core
from ecsinfer.sandbox.engine.stages import (
    PRE_PRODUCTION,
    ROLLING,
    Progress,
    Stage,
    stages_of,
    strategy_of,
)
from ecsinfer.sandbox.state import Deployment, Service

MANUAL = "Service deployment rolled back because of a user request."
HOOK_SAID = "Service deployment rolled back because a lifecycle hook asked for it."


def applies(service: Service) -> bool:
    """Whether the PRIMARY deployment goes through stages; a rollback never does."""
    primary = service.deployments[0]
    staged = strategy_of(primary) != ROLLING and not primary.rollback_of
    return staged and primary.rollout == "IN_PROGRESS"


def look(core: Core, service: Service) -> None:
    """Go through as many stages as do not have to wait."""
    primary = service.deployments[0]
    if primary.state == "PENDING":
        primary.state, primary.started_at = "IN_PROGRESS", core.world.now()
    progress = core.progress.setdefault(primary.number, Progress(stages_of(primary)))
    _maintain(core, service, primary)
    while progress.at < len(progress.stages):
        stage = progress.stages[progress.at]
        if not progress.entered:
            _enter(primary, stage)
            hooks.call(core, service, primary, stage.name)
            progress.entered = True
        if hooks.waiting(primary) or not _passed(core, service, primary, stage):
            return
        core.ready_at.pop(primary.number, None)
        progress.at += 1
        progress.entered = False
    core.progress.pop(primary.number, None)
    rollouts.settle(core, service)


def stop(core: Core, service: Service, deployment: Deployment, kind: str) -> None:
    """StopServiceDeployment: the request is seen first, its effect a moment later (D24)."""
    deployment.state = "STOP_REQUESTED" if kind == "ABORT" else "ROLLBACK_REQUESTED"
    deployment.updated_at = core.world.now()

    def act() -> None:
        if deployment.state == "STOP_REQUESTED":
            text = f"ECS deployment ecs-svc/{deployment.number} stopped."
            deployments.fail(core, service, deployment, text, "Stopped by a user request.")
        elif deployment.state == "ROLLBACK_REQUESTED":
            roll_back(core, service, deployment, MANUAL)

    core.world.clock.after(1.0, act)


def answer(core: Core, service: Service, deployment: Deployment, hook: str, action: str) -> None:
    """ContinueServiceDeployment: the hook lets go, or the deployment is rolled back."""
    hooks.resolve(deployment, hook, "SUCCEEDED" if action == "CONTINUE" else "FAILED")
    if action == "ROLLBACK":
        roll_back(core, service, deployment, HOOK_SAID)
    else:
        core.wake(service)


def roll_back(
    core: Core, service: Service, deployment: Deployment, why: str, cause: str = ""
) -> None:
    """Return the traffic, then the tasks, to the source revision.

    Args:
        core: the engine's common ground.
        service: the service.
        deployment: its deployment.
        why: statusReason of the service deployment.
        cause: rolloutStateReason; nothing says no more than that it was rolled back.
    """
    core.progress.pop(deployment.number, None)
    hooks.abandon(deployment)
    deployment.traffic, deployment.test_traffic = 0.0, 0.0
    cause = cause or f"ECS deployment ecs-svc/{deployment.number} rolled back."
    deployments.roll_back(core, service, deployment, cause, why)


def _enter(deployment: Deployment, stage: Stage) -> None:
    if stage.name != PRE_PRODUCTION:
        deployment.stage = stage.name
    deployment.traffic = stage.traffic
    if stage.name == "TEST_TRAFFIC_SHIFT":
        deployment.test_traffic = 100.0


def _passed(core: Core, service: Service, deployment: Deployment, stage: Stage) -> bool:
    check = _CHECKS.get(stage.name)
    if check is not None and not check(core, service, deployment):
        return False
    return stage.bake == 0 or rollouts.baked(core, service, deployment, stage.bake)


def _scaled_up(core: Core, service: Service, _deployment: Deployment) -> bool:
    """The new revision scales to the full count beside the old one, whatever the percents."""
    fresh = rollouts.survey(core, service).fresh
    missing = service.desired - len(fresh)
    pause = service.throttled_until
    if missing > 0 and pause is not None and pause > core.world.now():
        core.wake_at(service, pause)
    elif missing > 0:
        launching.launch(core, service, missing)
    return sum(run.serving for run in fresh) >= service.desired


def _cleaned_up(core: Core, service: Service, deployment: Deployment) -> bool:
    """The old revision scales to nothing."""
    seen = rollouts.survey(core, service)
    free = rollouts.unprotected(core, service, seen.outdated)
    stopping.stop_all(core, service, free, deployments.stop_reason(deployment))
    left = rollouts.survey(core, service)
    return not left.outdated and not left.stopping


_CHECKS: Mapping[str, Callable[[Core, Service, Deployment], bool]] = {
    "SCALE_UP": _scaled_up,
    "CLEAN_UP": _cleaned_up,
}


def _maintain(core: Core, service: Service, primary: Deployment) -> None:
    """Beside the stages: the new revision's lost tasks are replaced once it has scaled up."""
    if primary.stage not in ("", "RECONCILE_SERVICE", "PRE_SCALE_UP", "SCALE_UP"):
        _scaled_up(core, service, primary)
    rollouts.scale_in(core, service, rollouts.survey(core, service).fresh, primary)
