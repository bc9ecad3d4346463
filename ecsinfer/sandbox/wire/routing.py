"""Which operation of which service in which region a request asks for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from moto.core.model import ServiceModel
from moto.core.utils import get_service_model

from ecsinfer.sandbox.wire.message import HttpRequest

DEFAULT_REGION = "us-east-1"

# Signing names, with the API version where one name signs for two services, that are not
# botocore's name of the service.
_SERVICE_OF_SIGNING_NAME = {
    ("elasticloadbalancing", "2012-06-01"): "elb",
    ("elasticloadbalancing", "2015-12-01"): "elbv2",
    ("elasticfilesystem", ""): "efs",
    ("monitoring", ""): "cloudwatch",
    ("servicequotas", ""): "service-quotas",
    ("tagging", ""): "resourcegroupstaggingapi",
}

# Who an unsigned request is for can only be told by its target.
_SERVICE_OF_TARGET = {
    "AmazonEC2ContainerServiceV20141113": "ecs",
    "AnyScaleFrontendService": "application-autoscaling",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for.

    Attributes:
        service: botocore's service name, such as ``elbv2``; empty when it cannot be told.
        operation: the API operation; for REST services the method and the path.
        region: the region, of the credential scope.
    """

    service: str
    operation: str
    region: str


def identify(request: HttpRequest) -> Asked:
    """Read service, operation and region off a request."""
    region, signing_name = _scope(request)
    prefix, _, target = request.headers.get("x-amz-target", "").rpartition(".")
    form = form_of(request) if not target else {}
    operation = target or form.get("Action") or _rpc(request) or f"{request.method} {request.path}"
    service = (
        _SERVICE_OF_TARGET.get(prefix)
        or _SERVICE_OF_SIGNING_NAME.get((signing_name, form.get("Version", "")))
        or _SERVICE_OF_SIGNING_NAME.get((signing_name, ""))
        or signing_name
    )
    return Asked(service, operation, region)


def form_of(request: HttpRequest) -> dict[str, str]:
    """The parameters of a Query request, from its body or, for a GET, its query string."""
    text = request.body.decode() if request.form else request.query
    return dict(parse_qsl(text, keep_blank_values=True))


@cache
def service_model(service: str) -> ServiceModel | None:
    """botocore's model of a service; None for a name that botocore does not know."""
    from botocore.exceptions import UnknownServiceError  # noqa: PLC0415  the front loads in a second

    try:
        return get_service_model(service)
    except UnknownServiceError:
        return None


@cache
def operation_model(service: str, operation: str) -> Any:
    """botocore's model of an operation; None when there is no such operation."""
    model = service_model(service)
    if model is None or operation not in model.operation_names:
        return None
    return model.operation_model(operation)


@cache
def regions() -> frozenset[str]:
    """All regions that botocore knows, of every partition."""
    import botocore.session  # noqa: PLC0415  the front loads in a second

    session = botocore.session.get_session()
    return frozenset(
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("ec2", partition)
    )


def _scope(request: HttpRequest) -> tuple[str, str]:
    """Region and signing name of the credential scope, in the header or a presigned URL."""
    credential = request.headers.get("authorization", "").partition("Credential=")[2]
    if not credential:
        credential = dict(parse_qsl(request.query)).get("X-Amz-Credential", "")
    parts = credential.partition(",")[0].split("/")
    if len(parts) < 5:
        return DEFAULT_REGION, ""
    return parts[-3], parts[-2]


def _rpc(request: HttpRequest) -> str:
    """The operation of a Smithy RPC v2 request: ``/service/<name>/operation/<operation>``."""
    parts = request.path.split("/")
    return parts[4] if len(parts) == 5 and parts[1] == "service" and parts[3] == "operation" else ""
