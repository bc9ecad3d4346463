"""DescribeServiceRevisions: what each deployment of a service deployed, unchanged for ever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecsinfer.sandbox.ecs.common import missing
from ecsinfer.sandbox.ecs.service_views import platform, shown
from ecsinfer.sandbox.errors import invalid_parameter
from ecsinfer.sandbox.registry import Request, Response, ecs_operation
from ecsinfer.sandbox.state import Service, ServiceRevision, World

MOST_DESCRIBED = 20

_FIELDS = (
    "capacityProviderStrategy",
    "containerImages",
    "gatewayConnectors",
    "launchType",
    "loadBalancers",
    "monitoring",
    "networkConfiguration",
    "serviceConnectConfiguration",
    "serviceRegistries",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
)


@ecs_operation("DescribeServiceRevisions")
def describe_service_revisions(world: World, request: Request) -> Response:
    """DescribeServiceRevisions: by ARN, at most 20."""
    arns = request["serviceRevisionArns"]
    if not 1 <= len(arns) <= MOST_DESCRIBED:
        raise invalid_parameter("serviceRevisionArns must have between 1 and 20 elements.")
    found = {arn: _find(world, arn) for arn in arns}
    return {
        "serviceRevisions": [_view(world, *item) for item in found.values() if item],
        "failures": [missing(arn) for arn, item in found.items() if not item],
    }


def _find(world: World, arn: str) -> tuple[Service, ServiceRevision] | None:
    _, _, path = arn.partition("service-revision/")
    cluster, _, rest = path.partition("/")
    service = world.services.get((cluster, rest.partition("/")[0]))
    if service is None or arn not in service.revisions:
        return None
    return service, service.revisions[arn]


def _view(world: World, service: Service, revision: ServiceRevision) -> dict[str, Any]:
    return {
        "serviceRevisionArn": revision.arn,
        "serviceArn": service.arn,
        "clusterArn": world.arn(f"cluster/{service.cluster}"),
        "taskDefinition": revision.task_definition,
        "createdAt": revision.created_at,
        "guardDutyEnabled": False,
        **shown(revision.config, _FIELDS),
        **platform(revision.config),
        **_resolved(revision.config),
    }


def _resolved(config: Mapping[str, Any]) -> dict[str, Any]:
    """The target groups and listener rules that serve this revision."""
    balancers = [
        {
            "targetGroupArn": item["targetGroupArn"],
            **shown(item.get("advancedConfiguration", {}), ("productionListenerRule",)),
        }
        for item in config.get("loadBalancers", ())
    ]
    return {"resolvedConfiguration": {"loadBalancers": balancers}} if balancers else {}
