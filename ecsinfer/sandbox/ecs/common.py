"""What every family of ECS operations needs: names and ARNs, paging, tags, failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from ecsinfer.sandbox.errors import ServiceError, invalid_parameter
from ecsinfer.sandbox.state import Cluster, World

T = TypeVar("T")


def short_name(value: str) -> str:
    """The last segment of an ARN, or the name itself."""
    return value.rpartition("/")[2]


def find_cluster(world: World, value: str | None) -> Cluster | None:
    """The cluster by name or ARN, INACTIVE ones too; no value means ``default``."""
    return world.clusters.get(short_name(value or "default"))


def require_cluster(world: World, value: str | None) -> Cluster:
    """The cluster by name or ARN, INACTIVE ones too.

    Raises:
        ServiceError: ClusterNotFoundException.
    """
    cluster = find_cluster(world, value)
    if cluster is None:
        raise ServiceError("ClusterNotFoundException", "Cluster not found.")
    return cluster


def require_active_cluster(world: World, value: str | None) -> Cluster:
    """The cluster by name or ARN.

    Raises:
        ServiceError: ClusterNotFoundException; ClientException when it is not ACTIVE (A3).
    """
    cluster = require_cluster(world, value)
    if cluster.status != "ACTIVE":
        raise ServiceError("ClientException", "Cluster was not ACTIVE.")
    return cluster


def caller_arn(world: World) -> str:
    """Who calls: the one user that the embedded AWS knows."""
    return f"arn:aws:iam::{world.account}:user/sandbox"


def missing(arn: str) -> dict[str, str]:
    """One entry of ``failures`` for what is not there (0.8)."""
    return {"arn": arn, "reason": "MISSING"}


def page(
    request: Mapping[str, Any], items: Sequence[T], *, default: int = 100, most: int = 100
) -> tuple[list[T], dict[str, str]]:
    """The page that ``maxResults`` and ``nextToken`` ask for, and ``{"nextToken": ...}`` or {}.

    Raises:
        ServiceError: the token or the page size is not one of ours.
    """
    size = int(request.get("maxResults") or default)
    if not 1 <= size <= most:
        raise invalid_parameter(f"maxResults must be between 1 and {most}.")
    token = str(request.get("nextToken") or "0")
    if not token.isdigit() or int(token) > len(items):
        raise invalid_parameter("Invalid token.")
    start = int(token)
    end = start + size
    return list(items[start:end]), {"nextToken": str(end)} if end < len(items) else {}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags in ECS's form, sorted by key."""
    return [{"key": key, "value": tags[key]} for key in sorted(tags)]


def put_tags(world: World, arn: str, request: Mapping[str, Any]) -> None:
    """Keep the ``tags`` of a create request; an empty list is refused (C8).

    Raises:
        ServiceError: the list is empty, too long, or a key is reserved (C9).
    """
    if "tags" not in request:
        return
    tags = request["tags"]
    if not tags:
        raise ServiceError("ClientException", "Tags can not be empty.")
    merged = {**world.tags.get(arn, {}), **{tag["key"]: tag.get("value", "") for tag in tags}}
    if len(merged) > 50:
        raise invalid_parameter("The maximum number of tags for this resource was exceeded.")
    if any(text.lower().startswith("aws:") for tag in merged.items() for text in tag):
        raise invalid_parameter("aws: prefixed tag key names are not allowed for external use.")
    world.tags[arn] = merged
