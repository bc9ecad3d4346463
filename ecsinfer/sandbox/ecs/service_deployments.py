"""Service deployments: describe, list, stop and continue (D23, D24)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ecsinfer.capacity import breaker
from ecsinfer.sandbox.ecs.common import missing, page, require_cluster
from ecsinfer.sandbox.ecs.identifiers import cluster_of
from ecsinfer.sandbox.ecs.service_views import TaskCounts, revision_summary
from ecsinfer.sandbox.ecs.services import require_service
from ecsinfer.sandbox.errors import ServiceError, invalid_parameter
from ecsinfer.sandbox.registry import Request, Response, ecs_operation
from ecsinfer.sandbox.state import Deployment, Service, World

MOST_DESCRIBED = 20

STOPPABLE = frozenset({"PENDING", "IN_PROGRESS"})

_WITHOUT_ALARMS = {"alarmNames": [], "rollback": False, "enable": False}


def _find(world: World, arn: str) -> tuple[Service, Deployment] | None:
    _, _, path = arn.partition("service-deployment/")
    cluster, _, rest = path.partition("/")
    service = world.services.get((cluster, rest.partition("/")[0]))
    deployments = service.history if service else ()
    found = next((item for item in deployments if item.arn == arn), None)
    return (service, found) if service and found else None


def _require(world: World, arn: str) -> tuple[Service, Deployment]:
    found = _find(world, arn)
    if found is None:
        raise ServiceError("ServiceDeploymentNotFoundException", "Service deployment not found.")
    return found


@ecs_operation("DescribeServiceDeployments")
def describe_service_deployments(world: World, request: Request) -> Response:
    """DescribeServiceDeployments: by ARN, at most 20."""
    arns = request["serviceDeploymentArns"]
    if not 1 <= len(arns) <= MOST_DESCRIBED:
        raise invalid_parameter("serviceDeploymentArns must have between 1 and 20 elements.")
    found = {arn: _find(world, arn) for arn in arns}
    return {
        "serviceDeployments": [_view(world, *item) for item in found.values() if item],
        "failures": [missing(arn) for arn, item in found.items() if not item],
    }


@ecs_operation("ListServiceDeployments")
def list_service_deployments(world: World, request: Request) -> Response:
    """ListServiceDeployments: newest first, 20 a page unless asked otherwise."""
    name = request["service"]
    cluster = require_cluster(world, request.get("cluster") or cluster_of(name))
    service = require_service(world, cluster, name)
    created = request.get("createdAt", {})
    statuses = request.get("status")
    briefs = [
        _brief(world, service, deployment)
        for deployment in service.history
        if (not statuses or deployment.state in statuses)
        and _within(deployment.created_at, created.get("after"), created.get("before"))
    ]
    items, token = page(request, briefs, default=20)
    return {"serviceDeployments": items, **token}


@ecs_operation("StopServiceDeployment")
def stop_service_deployment(world: World, request: Request) -> Response:
    """StopServiceDeployment: only while it goes on (D24)."""
    service, deployment = _require(world, request["serviceDeploymentArn"])
    kind = request.get("stopType", "ROLLBACK")
    if deployment.state not in STOPPABLE:
        raise ServiceError(
            "ConflictException",
            f"The service deployment cannot be stopped because it is {deployment.state}.",
        )
    if kind == "ROLLBACK" and not deployment.sources:
        raise invalid_parameter(
            "The service deployment cannot be rolled back because the service has no earlier "
            "service revision."
        )
    world.engine.stop_deployment(service, deployment, kind)
    return {"serviceDeploymentArn": deployment.arn}


@ecs_operation("ContinueServiceDeployment")
def continue_service_deployment(world: World, request: Request) -> Response:
    """ContinueServiceDeployment: answers the PAUSE hook that the deployment waits for (D20)."""
    service, deployment = _require(world, request["serviceDeploymentArn"])
    hook = request["hookId"]
    waiting = {item["hookId"] for item in deployment.hooks if item["status"] == "AWAITING_ACTION"}
    if hook not in waiting:
        raise invalid_parameter("The lifecycle hook is not awaiting an action.")
    world.engine.continue_deployment(service, deployment, hook, request.get("action", "CONTINUE"))
    return {"serviceDeploymentArn": deployment.arn}


def _within(moment: datetime, after: datetime | None, before: datetime | None) -> bool:
    return (after is None or moment > after) and (before is None or moment < before)


def _brief(world: World, service: Service, deployment: Deployment) -> dict[str, Any]:
    return {
        "serviceDeploymentArn": deployment.arn,
        "serviceArn": service.arn,
        "clusterArn": world.arn(f"cluster/{service.cluster}"),
        "startedAt": deployment.started_at,
        "createdAt": deployment.created_at,
        "finishedAt": deployment.finished_at,
        "targetServiceRevisionArn": deployment.revision.arn,
        "status": deployment.state,
        "statusReason": deployment.state_reason or None,
    }


def _view(world: World, service: Service, deployment: Deployment) -> dict[str, Any]:
    brief = _brief(world, service, deployment)
    del brief["targetServiceRevisionArn"]
    counts = TaskCounts(world, service.cluster)
    configuration = {"alarms": _WITHOUT_ALARMS, **deployment.configuration}
    target = revision_summary(service, deployment.revision.arn, counts)
    return {
        **brief,
        "stoppedAt": deployment.stopped_at,
        "updatedAt": deployment.updated_at,
        "sourceServiceRevisions": [
            _weighed(deployment, revision_summary(service, arn, counts), target=False)
            for arn in deployment.sources
        ],
        "targetServiceRevision": _weighed(deployment, target, target=True),
        "lifecycleStage": deployment.stage or None,
        "lifecycleHookDetails": deployment.hooks or None,
        "deploymentConfiguration": configuration,
        "rollback": deployment.rollback or None,
        "deploymentCircuitBreaker": _circuit_breaker(service, deployment),
        "alarms": _alarms(deployment, configuration["alarms"]),
    }


def _weighed(deployment: Deployment, summary: dict[str, Any], *, target: bool) -> dict[str, Any]:
    """A revision and its share of the traffic, which only the shifting strategies have (D20)."""
    if deployment.configuration.get("strategy", "ROLLING") == "ROLLING":
        return summary
    return {
        **summary,
        "requestedTestTrafficWeight": _share(deployment.test_traffic, target=target),
        "requestedProductionTrafficWeight": _share(deployment.traffic, target=target),
    }


def _share(shifted: float, *, target: bool) -> float:
    return shifted if target else 100.0 - shifted


def _circuit_breaker(service: Service, deployment: Deployment) -> dict[str, Any]:
    settings = deployment.configuration.get("deploymentCircuitBreaker", {})
    threshold = settings.get("thresholdConfiguration", {})
    return {
        "status": deployment.breaker if settings.get("enable") else "DISABLED",
        "failureCount": deployment.failures,
        "threshold": breaker.threshold(
            service.desired,
            threshold.get("type", breaker.DEFAULT_TYPE),
            threshold.get("value", breaker.DEFAULT_VALUE),
        ),
    }


def _alarms(deployment: Deployment, settings: dict[str, Any]) -> dict[str, Any]:
    if not settings["enable"]:
        return {"status": "DISABLED"}
    view = {"status": deployment.alarms, "alarmNames": settings["alarmNames"]}
    triggered = deployment.alarms_triggered
    return {**view, "triggeredAlarmNames": triggered} if triggered else view
