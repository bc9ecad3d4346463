"""How far a rollout is (D21 to D24): pure, and total over every status that AWS can answer.

A rollout is followed by the id that our own call started. It succeeded only if the service
deployment of that id is SUCCESSFUL and the service runs our revision: an old revision that is
healthy again after a rollback is a failure, and somebody else's success is not ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ecsinfer.kinds.service_content import primary
from ecsinfer.model import Failed, Pending, Ready, Verdict

UNDER_WAY: Mapping[str, str] = {
    "PENDING": "the deployment is about to start",
    "IN_PROGRESS": "the deployment is in progress",
    "STOP_REQUESTED": "the deployment is being stopped",
    "ROLLBACK_REQUESTED": "a rollback was requested",
    "ROLLBACK_IN_PROGRESS": "the deployment is being rolled back",
}
_FAILURES: Mapping[str, str] = {
    "STOPPED": "the deployment was stopped",
    "ROLLBACK_SUCCESSFUL": "the deployment failed and was rolled back",
    "ROLLBACK_FAILED": "the deployment failed, and so did its rollback",
}
_EVENTS = 5


@dataclass(frozen=True, slots=True)
class Rollout:
    """What is known of a rollout.

    Attributes:
        service: DescribeServices' entry.
        revision: the task definition that must run, as ARN.
        ours: the id (``ecs-svc/...``) that our own call started; empty when this run made none.
        deployment: the service deployment of that id, or of the PRIMARY one; empty when AWS shows
            none or the caller may not ask.
        scaled: whether autoscaling moves the number of tasks.
    """

    service: Mapping[str, Any]
    revision: str
    ours: str = ""
    deployment: Mapping[str, Any] | None = None
    scaled: bool = False

    @property
    def status(self) -> str:
        """The service deployment's status; empty when it is not known."""
        return str((self.deployment or {}).get("status", ""))


def number(deployment_id: str) -> str:
    """What a deployment's id and its service revision's ARN have in common (D23)."""
    return deployment_id.rpartition("/")[2]


def settled(service: Mapping[str, Any]) -> bool:
    """Whether DescribeServices alone tells that the PRIMARY deployment is done.

    rolloutState speaks for rolling deployments only (D21).
    """
    strategy = (service.get("deploymentConfiguration") or {}).get("strategy") or "ROLLING"
    return strategy == "ROLLING" and primary(service).get("rolloutState") == "COMPLETED"


def verdict(rollout: Rollout) -> Verdict:
    """Ready, on its way, or failed; superseded is a failure of its own."""
    service = rollout.service
    status = service.get("status", "")
    if status != "ACTIVE":
        return Pending(f"service {service.get('serviceName')} is {status}", progress(rollout))
    if rollout.status in _FAILURES:
        return _failed(rollout, _FAILURES[rollout.status])
    if rollout.status == "SUCCESSFUL":
        return _completed(rollout)
    if rollout.status:
        why = UNDER_WAY.get(rollout.status, f"the deployment is {rollout.status}")
        return Pending(why + _where(rollout), progress(rollout))
    return _by_deployments(rollout)


def progress(rollout: Rollout) -> dict[str, Any]:
    """Numbers for a display."""
    deployment = primary(rollout.service)
    shown = {
        "desired": deployment.get("desiredCount", rollout.service.get("desiredCount")),
        "running": deployment.get("runningCount"),
        "pending": deployment.get("pendingCount"),
        "failed": deployment.get("failedTasks"),
        "stage": (rollout.deployment or {}).get("lifecycleStage"),
    }
    return {key: value for key, value in shown.items() if value is not None}


def _by_deployments(rollout: Rollout) -> Verdict:
    """Without service deployments (not allowed, or none yet): the PRIMARY deployment tells."""
    deployment = primary(rollout.service)
    if not deployment:
        return Pending("no deployment is visible yet", progress(rollout))
    if rollout.ours and deployment.get("id") != rollout.ours:
        return _displaced(rollout)
    state = deployment.get("rolloutState")
    if state == "FAILED":
        return _failed(rollout, "the deployment failed")
    if state == "COMPLETED" or (state is None and len(rollout.service["deployments"]) == 1):
        # Services whose controller has no rolloutState are told by their counts.
        return _completed(rollout)
    return Pending(UNDER_WAY["IN_PROGRESS"] + _where(rollout), progress(rollout))


def _completed(rollout: Rollout) -> Verdict:
    service = rollout.service
    if service.get("taskDefinition") != rollout.revision:
        return _displaced(rollout)
    desired, running = service.get("desiredCount", 0), service.get("runningCount", 0)
    if rollout.scaled or running == desired:
        return Ready()
    return Pending(f"{running} of {desired} tasks are running", progress(rollout))


def _displaced(rollout: Rollout) -> Verdict:
    """Another deployment is PRIMARY: a rollback of ours, or somebody else's."""
    mine = [
        each
        for each in rollout.service.get("deployments", ())
        if each.get("id") == rollout.ours
        or (not rollout.ours and each.get("taskDefinition") == rollout.revision)
    ]
    if rollout.status in _FAILURES or any(each.get("rolloutState") == "FAILED" for each in mine):
        return _failed(rollout, _FAILURES["ROLLBACK_SUCCESSFUL"])
    return Failed(
        "another deployment took the place of ours: the service runs "
        f"{rollout.service.get('taskDefinition')}",
        _evidence(rollout),
        superseded=True,
    )


def _failed(rollout: Rollout, why: str) -> Failed:
    # STOPPED is also what becomes of a deployment that a newer one overtakes (I8).
    newest = str(primary(rollout.service).get("id", ""))
    target = str(
        (rollout.deployment or {}).get("targetServiceRevisionArn")
        or (rollout.deployment or {}).get("targetServiceRevision", {}).get("arn", "")
    )
    overtaken = bool(
        rollout.status == "STOPPED" and newest and target and number(newest) != number(target)
    )
    reason = (
        "another deployment took the place of ours"
        if overtaken
        else f"{why}; {_which_runs(rollout)}"
    )
    return Failed(reason, _evidence(rollout), superseded=overtaken)


def _which_runs(rollout: Rollout) -> str:
    """Which revision failed, and which one serves now."""
    service, failed = rollout.service, rollout.revision.rpartition("/")[2]
    current = str(service.get("taskDefinition", "")).rpartition("/")[2]
    counts = f"{service.get('runningCount', 0)} of {service.get('desiredCount', 0)} tasks"
    if current == failed:
        return f"revision {failed} failed, and no other takes its place ({counts} run)"
    return f"revision {failed} failed, the service runs {current} ({counts})"


def _evidence(rollout: Rollout) -> tuple[str, ...]:
    deployment = rollout.deployment or {}
    said = (
        deployment.get("statusReason"),
        (deployment.get("rollback") or {}).get("reason"),
        *(each.get("rolloutStateReason") for each in rollout.service.get("deployments", ())),
        *(event.get("message") for event in rollout.service.get("events", ())[:_EVENTS]),
    )
    return tuple(dict.fromkeys(str(line) for line in said if line))


def _where(rollout: Rollout) -> str:
    return "".join(
        f"; {part}" for part in (*_traffic(rollout), *map(_pause, paused(rollout.deployment)))
    )


def paused(deployment: Mapping[str, Any] | None) -> tuple[Mapping[str, Any], ...]:
    """The PAUSE hooks that wait for ContinueServiceDeployment, and for nothing else (D20)."""
    hooks = (deployment or {}).get("lifecycleHookDetails") or ()
    return tuple(hook for hook in hooks if hook.get("status") == "AWAITING_ACTION")


def _traffic(rollout: Rollout) -> Iterator[str]:
    """The new revision's share of production; only the shifting strategies have one (D20)."""
    revision = (rollout.deployment or {}).get("targetServiceRevision") or {}
    share = revision.get("requestedProductionTrafficWeight")
    if share is not None:
        yield f"the new revision has {share:g} % of the traffic"


def _pause(hook: Mapping[str, Any]) -> str:
    expires = hook.get("expiresAt")
    until = (
        f" until {expires:%Y-%m-%d %H:%M %Z}, then {hook.get('timeoutAction')}" if expires else ""
    )
    return (
        f"PAUSE hook {hook.get('hookId')} waits for an answer{until}: `ecsinfer continue` goes on, "
        "`ecsinfer continue --rollback` goes back"
    )
