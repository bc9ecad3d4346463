"""The life of a deployment: it begins, is superseded, completes, fails and is rolled back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecsinfer.sandbox.engine import events, lifecycle
from ecsinfer.sandbox.engine.core import Core
from ecsinfer.sandbox.state import Deployment, Service, ServiceRevision

REVISION_FIELDS = (
    "launchType",
    "capacityProviderStrategy",
    "platformVersion",
    "platformFamily",
    "loadBalancers",
    "serviceRegistries",
    "networkConfiguration",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
    "monitoring",
)
"""What of a service a deployment deploys (D6)."""

ENDED = frozenset({"SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"})


def begin(core: Core, service: Service) -> Deployment:
    """A new PRIMARY deployment of the service's present task definition and configuration."""
    world = core.world
    number = world.number()
    revision = ServiceRevision(
        arn=world.arn(f"service-revision/{service.cluster}/{service.name}/{number}"),
        task_definition=service.task_definition,
        created_at=world.now(),
        config={key: service.spec[key] for key in REVISION_FIELDS if service.spec.get(key)},
    )
    revision.config["containerImages"] = _images(core, service)
    resolved = _resolved(service)
    if resolved:
        revision.config["resolvedConfiguration"] = {"loadBalancers": resolved}
    service.revisions[revision.arn] = revision
    arn = world.arn(f"service-deployment/{service.cluster}/{service.name}/{number}")
    deployment = _put_first(core, service, number, arn, revision)
    service.history.insert(0, deployment)
    return deployment


def current(service: Service) -> Deployment | None:
    """The service deployment that is not over, if there is one."""
    newest = service.history[0] if service.history else None
    return newest if newest is not None and newest.state not in ENDED else None


def source(service: Service, deployment: Deployment) -> Deployment | None:
    """The last deployment before this one that completed: what a rollback goes back to."""
    older = service.history[service.history.index(deployment) + 1 :]
    return next((item for item in older if item.state == "SUCCESSFUL"), None)


def complete(core: Core, service: Service, deployment: Deployment) -> None:
    """The deployment has done what it should."""
    deployment.rollout = "COMPLETED"
    deployment.rollout_reason = f"ECS deployment ecs-svc/{deployment.number} completed."
    deployment.updated_at = core.world.now()
    core.ready_at.pop(deployment.number, None)
    core.alarm_bakes.pop(deployment.number, None)
    if deployment.rollback_of:
        driver = _driver(service, deployment)
        if driver is not None:
            _end(core, driver, "ROLLBACK_SUCCESSFUL", driver.state_reason)
    else:
        if deployment.breaker == "MONITORING":
            deployment.breaker = "MONITORING_COMPLETE"
        if deployment.alarms == "MONITORING":
            deployment.alarms = "MONITORING_COMPLETE"
        _end(core, deployment, "SUCCESSFUL", "")
    events.of_deployment(core.world, service, deployment.number, "deployment completed.")


def fail(core: Core, service: Service, deployment: Deployment, cause: str, why: str) -> None:
    """The deployment is given up without a rollback; what runs goes on running.

    Args:
        core: the engine's common ground.
        service: the service.
        deployment: its deployment.
        cause: rolloutStateReason.
        why: statusReason of the service deployment.
    """
    deployment.rollout, deployment.rollout_reason = "FAILED", cause
    deployment.updated_at = core.world.now()
    driver = _driver(service, deployment) if deployment.rollback_of else deployment
    if driver is not None:
        _end(core, driver, "ROLLBACK_FAILED" if deployment.rollback_of else "STOPPED", why)
    core.wake(service)


def roll_back(
    core: Core, service: Service, deployment: Deployment, cause: str, why: str
) -> Deployment | None:
    """Give the deployment up and make its source PRIMARY again, as a new deployment (D21).

    Returns:
        The new PRIMARY deployment; None when there is nothing to go back to (D24).
    """
    world = core.world
    target = None if deployment.rollback_of else source(service, deployment)
    deployment.rollout, deployment.rollout_reason = "FAILED", cause
    if target is None:
        reason = f"{why} No rollback candidate was found to run the rollback."
        fail(core, service, deployment, cause, why)
        driver = _driver(service, deployment) if deployment.rollback_of else deployment
        if driver is not None:
            driver.state, driver.state_reason = "ROLLBACK_FAILED", reason
        return None
    deployment.state, deployment.state_reason = "ROLLBACK_IN_PROGRESS", why
    deployment.updated_at = world.now()
    deployment.rollback = {
        "reason": why,
        "startedAt": world.now(),
        "serviceRevisionArn": target.revision.arn,
    }
    events.emit(world, service, f"rolling back to deployment ecs-svc/{target.number}.")
    service.task_definition = target.revision.task_definition
    service.spec.update(_own(target.revision.config))
    fresh = _put_first(core, service, world.number(), deployment.arn, target.revision)
    fresh.rollback_of = deployment.number
    fresh.state = "ROLLBACK_IN_PROGRESS"
    fresh.rollout_reason = (
        f"ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/{target.number}."
        if "circuit breaker" in cause
        else f"ECS deployment ecs-svc/{fresh.number} in progress."
    )
    adopt(core, service, fresh)
    core.wake(service)
    return fresh


def adopt(core: Core, service: Service, deployment: Deployment) -> None:
    """Tasks of the same revision that still run belong to the deployment that returns to it."""
    same = {
        item.number
        for item in (*service.deployments, *service.history)
        if item.revision is deployment.revision
    }
    for run in core.ledger.of_service(service):
        if run.task.deployment in same and run.task.desired_status == "RUNNING":
            run.task.deployment = deployment.number


def retire(core: Core, service: Service) -> None:
    """Old deployments without a task are gone from the service."""
    numbers = {run.task.deployment for run in core.ledger.of_service(service)}
    kept = [item for item in service.deployments[1:] if item.number in numbers]
    for item in service.deployments[1:]:
        if item.number not in numbers:
            item.status = "INACTIVE"
    service.deployments[1:] = kept


def stop_reason(deployment: Deployment) -> str:
    """Why the scheduler stops a task."""
    return f"Scaling activity initiated by (deployment ecs-svc/{deployment.number})"


def _put_first(
    core: Core, service: Service, number: str, arn: str, revision: ServiceRevision
) -> Deployment:
    world = core.world
    configured = service.spec.get("deploymentConfiguration") or {}
    breaker = configured.get("deploymentCircuitBreaker") or {}
    for item in service.deployments:
        item.status = "ACTIVE"
    _supersede(core, service, arn)
    deployment = Deployment(
        number=number,
        arn=arn,
        revision=revision,
        created_at=world.now(),
        updated_at=world.now(),
        desired=service.desired,
        rollout_reason=f"ECS deployment ecs-svc/{number} in progress.",
        sources=_sources(service),
        breaker="MONITORING" if breaker.get("enable") else "DISABLED",
        configuration=dict(configured),
    )
    service.deployments.insert(0, deployment)
    service.throttled_until = None
    core.steady.discard((service.cluster, service.name))
    core.wake(service)
    return deployment


def _supersede(core: Core, service: Service, arn: str) -> None:
    """A deployment that is not over ends when another takes its place."""
    running = current(service)
    if running is not None and running.arn != arn:
        _end(core, running, "STOPPED", "Stopped because a new service deployment was started.")


def _sources(service: Service) -> list[str]:
    arns = [item.revision.arn for item in service.deployments]
    return list(dict.fromkeys(arns))


def _end(core: Core, deployment: Deployment, state: str, reason: str) -> None:
    now = core.world.now()
    deployment.state, deployment.state_reason = state, reason
    deployment.updated_at = now
    deployment.finished_at = now
    if state == "STOPPED":
        deployment.stopped_at = now


def _driver(service: Service, deployment: Deployment) -> Deployment | None:
    """The service deployment that a rollback belongs to."""
    return next((item for item in service.history if item.number == deployment.rollback_of), None)


def _own(config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: config[key] for key in REVISION_FIELDS if key in config}


def _images(core: Core, service: Service) -> list[dict[str, str]]:
    """The images of the deployment, pinned to the digests they have now unless told not to."""
    found = core.world.find_task_definition(service.task_definition)
    boxes = found.spec["containerDefinitions"] if found else ()
    return [
        {
            "containerName": box["name"],
            "image": box["image"],
            "imageDigest": lifecycle.digest(core, box["image"]),
        }
        for box in boxes
        if box.get("versionConsistency") != "disabled"
    ]


def _resolved(service: Service) -> list[dict[str, str]]:
    """The target groups of a new revision, in the order of its loadBalancers.

    Where there is an alternate target group, it takes the one that the present revision has not.
    """
    taken = {
        item["targetGroupArn"]
        for deployment in service.deployments
        for item in deployment.revision.config.get("resolvedConfiguration", {}).get(
            "loadBalancers", ()
        )
    }
    resolved = []
    for balancer in service.spec.get("loadBalancers") or ():
        if not balancer.get("targetGroupArn"):
            return []
        advanced = balancer.get("advancedConfiguration") or {}
        chosen = balancer["targetGroupArn"]
        if chosen in taken and advanced.get("alternateTargetGroupArn"):
            chosen = advanced["alternateTargetGroupArn"]
        item = {"targetGroupArn": chosen}
        if advanced.get("productionListenerRule"):
            item["productionListenerRule"] = advanced["productionListenerRule"]
        resolved.append(item)
    return resolved
