"""How far a rollout is (D21 to D24): pure, and total over every status that AWS can answer.

A rollout is followed by the id that our own call started. It succeeded only if the service
deployment of that id is SUCCESSFUL and the service runs our revision: an old revision that is
healthy again after a rollback is a failure, and somebody else's success is not ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ecsinfer.events import plural
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
STRANDED = "the deployment failed, and there is no earlier revision to go back to"
"""What ROLLBACK_FAILED is with a service that never had another good revision."""

ORDINARY = re.compile(
    r"has started \d+ tasks|has stopped \d+|registered \d+ targets|has begun draining connections"
    r"|has reached a steady state|deployment completed|deployment failed: tasks failed to start"
    r"|rolling back to deployment|is (?:not )?AZ balanced|was started|desired count|in progress",
    re.IGNORECASE,
)
"""Events of a service that goes its way, and those that only follow from a cause."""

ASKED_FOR = "somebody asked for the rollback; deploy again when it may go on"
_EVENTS = 5
_DEPLOYMENT = re.compile(r"\becs-svc/\d+")
_NO_CANDIDATE = re.compile(r"no rollback candidate was found", re.IGNORECASE)
# A guess, as the embedded AWS has it: AWS documents no words for it.
_BY_REQUEST = re.compile(r"user request", re.IGNORECASE)


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
        return _failed(rollout, _ended(rollout))
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
    if running > desired:
        return Pending(f"tasks that have to stop: {running - desired} of {running}")
    return Pending(f"{running} of {plural(desired, 'task')} running", progress(rollout))


def _displaced(rollout: Rollout) -> Verdict:
    """Another deployment is PRIMARY: a rollback of ours, or somebody else's."""
    failed = any(each.get("rolloutState") == "FAILED" for each in _mine(rollout))
    if rollout.status in _FAILURES or failed:
        return _failed(rollout, _FAILURES["ROLLBACK_SUCCESSFUL"])
    return Failed(
        "another deployment took the place of ours: the service runs "
        f"{rollout.service.get('taskDefinition')}",
        _evidence(rollout),
        superseded=True,
    )


def _failed(rollout: Rollout, why: str) -> Failed:
    # STOPPED is also what becomes of a deployment that a newer one overtakes (I8).
    newest, target = str(primary(rollout.service).get("id", "")), _target(rollout)
    overtaken = bool(rollout.status == "STOPPED" and newest and target and number(newest) != target)
    reason = (
        "another deployment took the place of ours" if overtaken else _of_revision(rollout, why)
    )
    hint = ASKED_FOR if by_request(rollout.deployment) else ""
    return Failed(reason, _evidence(rollout), superseded=overtaken, hint=hint)


def _target(rollout: Rollout) -> str:
    """The number of the service deployment that is known; empty when none is."""
    deployment = rollout.deployment or {}
    revision = deployment.get("targetServiceRevision") or {}
    return number(str(deployment.get("targetServiceRevisionArn") or revision.get("arn", "")))


def _mine(rollout: Rollout) -> list[Mapping[str, Any]]:
    """What DescribeServices still shows of the deployment in question."""
    shown = rollout.service.get("deployments", ())
    known = number(rollout.ours) or _target(rollout)
    if known:
        return [each for each in shown if number(str(each.get("id", ""))) == known]
    return [each for each in shown if each.get("taskDefinition") == rollout.revision]


def _ended(rollout: Rollout) -> str:
    """How a deployment ended that did not succeed."""
    if by_request(rollout.deployment):
        return "the deployment was rolled back, as somebody asked"
    if stranded(rollout.deployment):
        return STRANDED
    return _FAILURES[rollout.status]


def by_request(deployment: Mapping[str, Any] | None) -> bool:
    """Whether it was rolled back because a person asked for it, which is no failure (D24).

    They did so by StopServiceDeployment, or by the answer ROLLBACK to a PAUSE hook: one that
    nobody answers is TIMED_OUT.
    """
    known, said = deployment or {}, _reasons(deployment)
    if known.get("status") != "ROLLBACK_SUCCESSFUL":
        return False
    if any(_BY_REQUEST.search(text) for text in said):
        return True
    answered = any(
        hook.get("targetType") == "PAUSE" and hook.get("status") == "FAILED"
        for hook in known.get("lifecycleHookDetails") or ()
    )
    return answered and any("lifecycle hook" in text for text in said)


def stranded(deployment: Mapping[str, Any] | None) -> bool:
    """Whether the rollback failed only for want of an earlier revision (D24)."""
    failed = (deployment or {}).get("status") == "ROLLBACK_FAILED"
    return failed and any(_NO_CANDIDATE.search(text) for text in _reasons(deployment))


def _reasons(deployment: Mapping[str, Any] | None) -> tuple[str, ...]:
    known = deployment or {}
    said = (known.get("statusReason"), (known.get("rollback") or {}).get("reason"))
    return tuple(str(text) for text in said if text)


def _of_revision(rollout: Rollout, why: str) -> str:
    """Why, with the revision that it was the deployment of, and the one that serves now."""
    service, failed = rollout.service, rollout.revision.rpartition("/")[2]
    current = str(service.get("taskDefinition", "")).rpartition("/")[2]
    counts = f"{service.get('runningCount', 0)} of {service.get('desiredCount', 0)} tasks"
    told = f"the deployment of {failed}{why.removeprefix('the deployment')}"
    return f"{told}; {counts} run" if current == failed else f"{told}; {counts} run {current}"


def _evidence(rollout: Rollout) -> tuple[str, ...]:
    """What ECS said of this deployment: why it ended, then what happened, oldest first."""
    said = (
        *_reasons(rollout.deployment),
        *(each.get("rolloutStateReason") for each in _mine(rollout)),
        *_events(rollout),
    )
    return tuple(dict.fromkeys(str(line) for line in said if line))


def _events(rollout: Rollout) -> list[str]:
    """The last events that tell of trouble, and of no other deployment's."""
    mine = _mine(rollout)
    began = (rollout.deployment or {}).get("createdAt") or (mine and mine[0].get("createdAt"))
    known = number(rollout.ours) or _target(rollout)
    found = []
    for event in rollout.service.get("events", ()):
        if began and event.get("createdAt", began) < began:
            break
        text = str(event.get("message", ""))
        named = {number(each) for each in _DEPLOYMENT.findall(text)}
        if not ORDINARY.search(text) and not (known and named and known not in named):
            found.append(text)
    return found[:_EVENTS][::-1]


def _where(rollout: Rollout) -> str:
    stage = str((rollout.deployment or {}).get("lifecycleStage") or "")
    pauses = (
        f"{pause_words(stage, hook.get('expiresAt'), hook.get('timeoutAction', ''))} (answer it by "
        "`ecsinfer continue`)"
        for hook in paused(rollout.deployment)
    )
    return "".join(f"; {part}" for part in (*pauses, *_traffic(rollout)))


def paused(deployment: Mapping[str, Any] | None) -> tuple[Mapping[str, Any], ...]:
    """The PAUSE hooks that wait for ContinueServiceDeployment, and for nothing else (D20)."""
    hooks = (deployment or {}).get("lifecycleHookDetails") or ()
    return tuple(hook for hook in hooks if hook.get("status") == "AWAITING_ACTION")


def pause_words(stage: str, until: datetime | None, then: str) -> str:
    """``paused at BAKE_TIME until 2026-11-25 21:47 UTC, then ROLLBACK``."""
    where = f"paused at {stage}" if stage else "paused"
    if until is None:
        return f"{where} until somebody answers"
    moment = f"{until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"{where} until {moment}, then {then}" if then else f"{where} until {moment}"


def _traffic(rollout: Rollout) -> Iterator[str]:
    """The new revision's share of production; only the shifting strategies have one (D20)."""
    revision = (rollout.deployment or {}).get("targetServiceRevision") or {}
    share = revision.get("requestedProductionTrafficWeight")
    if share is not None:
        yield f"the new revision has {share:g} % of the traffic"
