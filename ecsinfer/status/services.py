"""The facts of one service, out of AWS's answers; pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ecsinfer.kinds import reads
from ecsinfer.kinds.service_content import primary
from ecsinfer.kinds.service_verdict import by_request, number, paused, stranded
from ecsinfer.model import Answer
from ecsinfer.status.facts import HEALTHY, Rollout, Scaling, Service, TargetGroup

ABSENT = "ABSENT"
_TROUBLE = re.compile(r"unable|unhealthy|could not|fail|throttl|exceeded|rolling back")


@dataclass(frozen=True, slots=True)
class Details:
    """What was asked about one service; an answer may hold other services' entries, too.

    Attributes:
        targets: DescribeScalableTargets.
        activities: DescribeScalingActivities; empty when nothing scales it.
        revisions: DescribeServiceRevisions.
        deployments: DescribeServiceDeployments; empty when the service itself tells all.
        health: target group's ARN -> DescribeTargetHealth.
        target_groups: target group's ARN -> DescribeTargetGroups.
    """

    targets: Answer = field(default_factory=dict)
    activities: Answer = field(default_factory=dict)
    revisions: Answer = field(default_factory=dict)
    deployments: Answer = field(default_factory=dict)
    health: Mapping[str, Answer] = field(default_factory=dict)
    target_groups: Mapping[str, Answer] = field(default_factory=dict)


def service(key: str, name: str, seen: Mapping[str, Any], details: Details) -> Service:
    """The facts of the service, of which DescribeServices said `seen`; nothing when it is not."""
    if reads.alive(seen) is None or not seen:
        return Service(key, name, ABSENT)
    deployment = primary(seen)
    running = str(deployment.get("taskDefinition") or seen.get("taskDefinition", ""))
    return Service(
        key=key,
        name=name,
        status=str(seen.get("status", "")),
        desired=seen.get("desiredCount", 0),
        running=seen.get("runningCount", 0),
        pending=seen.get("pendingCount", 0),
        task_definition=running.rpartition("/")[2],
        images=_images(deployment, details.revisions),
        rollout=_rollout(seen, details.deployments),
        target_groups=tuple(_target_group(arn, details) for arn in target_groups(seen)),
        scaling=_scaling(seen, details),
        event=_trouble(seen),
    )


def target_groups(seen: Mapping[str, Any]) -> tuple[str, ...]:
    """ARNs of the target groups that the service registers tasks with; blue/green has two."""
    found: list[str] = []
    for balancer in seen.get("loadBalancers", ()):
        found.append(balancer.get("targetGroupArn", ""))
        advanced = balancer.get("advancedConfiguration") or {}
        found.append(advanced.get("alternateTargetGroupArn", ""))
    return tuple(dict.fromkeys(arn for arn in found if arn))


def _trouble(seen: Mapping[str, Any]) -> str:
    """The newest event of this deployment that tells of trouble; most events tell of progress."""
    since = primary(seen).get("createdAt")
    for event in seen.get("events", ()):
        if since is not None and event.get("createdAt", since) < since:
            break
        message = str(event.get("message", ""))
        if _TROUBLE.search(message):
            return message
    return ""


def _images(deployment: Mapping[str, Any], revisions: Answer) -> dict[str, str]:
    wanted = number(str(deployment.get("id", "")))
    for revision in revisions.get("serviceRevisions", ()):
        if number(revision.get("serviceRevisionArn", "")) == wanted:
            return {
                each["containerName"]: each.get("imageDigest") or each.get("image", "")
                for each in revision.get("containerImages", ())
            }
    return {}


def _rollout(seen: Mapping[str, Any], deployments: Answer) -> Rollout:
    """By the service deployment where it was asked for, by the PRIMARY deployment otherwise."""
    deployment = primary(seen)
    arn = seen.get("currentServiceDeployment")
    found = reads.pick(deployments, "serviceDeployments", "serviceDeploymentArn", arn or "") or {}
    target = found.get("targetServiceRevision") or {}
    said = (
        found.get("statusReason"),
        (found.get("rollback") or {}).get("reason"),
        deployment.get("rolloutStateReason"),
    )
    hooks = paused(found)
    first = hooks[0] if hooks else {}
    return Rollout(
        state=str(found.get("status") or deployment.get("rolloutState") or ""),
        stage=str(found.get("lifecycleStage") or ""),
        traffic=target.get("requestedProductionTrafficWeight"),
        desired=deployment.get("desiredCount", 0),
        running=deployment.get("runningCount", 0),
        failed=deployment.get("failedTasks", 0),
        paused=bool(hooks),
        reason=next((str(each) for each in said if each), ""),
        since=found.get("createdAt") or deployment.get("createdAt"),
        paused_until=first.get("expiresAt"),
        paused_then=str(first.get("timeoutAction") or ""),
        requested=by_request(found),
        stranded=stranded(found),
    )


def _target_group(arn: str, details: Details) -> TargetGroup:
    targets = details.health.get(arn, {}).get("TargetHealthDescriptions", ())
    health = [each.get("TargetHealth", {}) for each in targets]
    wrong = [each for each in health if each.get("State") in ("unhealthy", "unavailable", "unused")]
    described = reads.pick(
        details.target_groups.get(arn, {}), "TargetGroups", "TargetGroupArn", arn
    )
    balancers = (described or {}).get("LoadBalancerArns") or ("",)
    return TargetGroup(
        name=arn.partition("targetgroup/")[2].partition("/")[0],
        states=dict(Counter(str(each.get("State", HEALTHY)) for each in health)),
        reason=next(
            (
                " ".join(filter(None, (each.get("Reason"), each.get("Description"))))
                for each in wrong
            ),
            "",
        ),
        load_balancer=balancers[0].partition("loadbalancer/")[2],
        label=arn.rpartition(":")[2],
    )


def _scaling(seen: Mapping[str, Any], details: Details) -> Scaling | None:
    cluster = str(seen.get("clusterArn", "")).rpartition("/")[2]
    resource = reads.resource_id(cluster, str(seen.get("serviceName", "")))
    target = reads.pick(details.targets, "ScalableTargets", "ResourceId", resource)
    if target is None:
        return None
    suspended = target.get("SuspendedState") or {}
    activities: Sequence[Mapping[str, Any]] = details.activities.get("ScalingActivities", ())
    last = activities[0] if activities else {}
    return Scaling(
        minimum=target.get("MinCapacity", 0),
        maximum=target.get("MaxCapacity", 0),
        suspended=any(
            suspended.get(name)
            for name in ("DynamicScalingInSuspended", "DynamicScalingOutSuspended")
        ),
        last=str(last.get("Description", "")),
        last_status=str(last.get("StatusCode", "")),
        last_at=last.get("StartTime"),
    )
