"""Real task definitions and recorded answers of AWS; README.md has their sources and licences."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any, NamedTuple

import botocore.session
from botocore.validate import ParamValidator

_HERE = Path(__file__).parent

DESCRIBE_ONLY = frozenset(
    {
        "taskDefinitionArn",
        "revision",
        "status",
        "requiresAttributes",
        "compatibilities",
        "registeredAt",
        "registeredBy",
        "deregisteredAt",
        "deleteRequestedAt",
    }
)
"""Members of a described task definition that cannot be registered."""

_NO_EXECUTION_ROLE = (
    "Fargate requires task definition to have execution role ARN to support log driver awslogs."
)
_PORTS_DIFFER = (
    "When networkMode=awsvpc, the host ports and container ports in port mappings must match."
)

_NO_NETWORK_MODE = "1 validation error detected: Value '$$$NETWORK_MODE$$$' at 'networkMode'"
_NO_SIZE = "Invalid 'cpu' setting for task."

REFUSED = {
    "aws-containers/jetty__jetty_fargate.json": _NO_EXECUTION_ROLE,
    "aws-containers/kibana__kibana_ec2.json": _PORTS_DIFFER,
    "aws-containers/kibana__kibana_fargate.json": _NO_EXECUTION_ROLE,
    "aws-containers/nginx__nginx_fargate.json": _NO_EXECUTION_ROLE,
    "aws-containers/tomcat__tomcat_ec2.json": _PORTS_DIFFER,
    "aws-containers/tomcat__tomcat_fargate.json": _NO_EXECUTION_ROLE,
    "devguide/tutorial-wfsx-volumes__1.json": "Unknown volume 'fsx-windows-dir'.",
    "ecs-agent/iam-roles.json": _NO_NETWORK_MODE,
    "ecs-agent/network-stats.json": _NO_NETWORK_MODE,
    "ecs-agent/telemetry.json": _NO_SIZE,
    "ecs-agent/v3-task-endpoint-validator.json": _NO_NETWORK_MODE,
}
"""Real task definitions that an SDK would send and AWS refuses -> why.

The last four are templates: a placeholder stands where AWS wants a network mode or a size.
"""


class Recorded(NamedTuple):
    """One answer of real AWS."""

    name: str
    operation: str
    answer: dict[str, Any]


def real_task_definitions() -> dict[str, dict[str, Any]]:
    """Every real task definition that an SDK would send, as a request, by name.

    Nulls and describe-only members are left out, placeholders are kept.
    """
    packed = gzip.decompress((_HERE / "taskdefs" / "task_definitions.json.gz").read_bytes())
    model = botocore.session.get_session().get_service_model("ecs")
    shape = model.shape_for("RegisterTaskDefinitionRequest")
    requests = {name: as_request(item["content"]) for name, item in json.loads(packed).items()}
    return {
        name: request
        for name, request in requests.items()
        if not ParamValidator().validate(request, shape).has_errors()
    }


def registrable_task_definitions() -> dict[str, dict[str, Any]]:
    """The real task definitions that AWS registers, as requests, by name."""
    return {
        name: request for name, request in real_task_definitions().items() if name not in REFUSED
    }


def as_request(definition: dict[str, Any]) -> dict[str, Any]:
    """What registers the same again: a described or exported definition, cleaned."""
    content = definition.get("taskDefinition", definition)
    kept = {key: value for key, value in content.items() if key not in DESCRIBE_ONLY}
    return dict(_without_nulls(kept))


def recorded(*operations: str) -> list[Recorded]:
    """The recorded answers of some operations."""
    return [
        Recorded(name, item["operation"], item["answer"])
        for path in sorted((_HERE / "recorded").glob("*.json"))
        for name, item in json.loads(path.read_text(encoding="utf-8")).items()
        if item["operation"] in operations
    ]


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
