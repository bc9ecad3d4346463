"""The Resource Groups Tagging API: what carries a tag, whichever service it belongs to.

AWS tells of the deleted too ("tagged or previously tagged resources", GetResources), and so does
this: our own records keep the tags of services that are gone, and of deregistered revisions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from ecsinfer.sandbox.errors import ServiceError, invalid_parameter
from ecsinfer.sandbox.registry import Request, Response, Upstream, correction
from ecsinfer.sandbox.state import World

_OURS = frozenset({"ecs", "logs", "application-autoscaling"})
"""Services whose tags are ours to tell; moto's own tagging has the rest."""

_MOST = 100


def install(world: World) -> None:
    """Nothing to give: the operation registers itself on import."""


@correction("resourcegroupstaggingapi", "GetResources")
def get_resources(world: World, request: Request, upstream: Upstream) -> Response:
    """Resources by tags and types, a page at a time."""
    listed = request.get("ResourceARNList", ())
    filters, types = request.get("TagFilters", ()), request.get("ResourceTypeFilters", ())
    if listed and (filters or types):
        raise invalid_parameter(
            "ResourceARNList cannot be given with TagFilters or ResourceTypeFilters."  # a guess
        )
    services = frozenset(each.partition(":")[0] for each in types)
    found = [
        {"ResourceARN": arn, "Tags": [{"Key": key, "Value": tags[key]} for key in sorted(tags)]}
        for arn, tags in sorted(_everything(world, upstream, services))
        if tags
        and (not listed or arn in listed)
        and (not types or any(_is_of(arn, each) for each in types))
        and all(_has(tags, each) for each in filters)
    ]
    return _page(request, found)


def _everything(
    world: World, upstream: Upstream, services: frozenset[str]
) -> Iterable[tuple[str, Mapping[str, str]]]:
    """ARN and tags of every resource; `services` are those that count, none for all."""
    yield from world.tags.items()
    with world.backend("logs") as logs:
        groups = [group.arn.removesuffix(":*") for group in logs.groups.values()]
        yield from [(arn, dict(logs.list_tags_for_resource(arn))) for arn in groups]
    if services and services <= _OURS:
        return  # moto would make every service's records to look through them
    for page in _pages(partial(upstream, "GetResources")):
        for each in page["ResourceTagMappingList"]:
            if each["ResourceARN"].split(":")[2] not in _OURS:
                yield each["ResourceARN"], {tag["Key"]: tag["Value"] for tag in each["Tags"]}


def _pages(ask: Callable[[Mapping[str, Any]], Response]) -> Iterable[Response]:
    token = ""
    while True:
        page = ask({"PaginationToken": token} if token else {})
        yield page
        token = page.get("PaginationToken", "")
        if not token:
            return


def _is_of(arn: str, wanted: str) -> bool:
    """Whether an ARN is of a type such as ``ecs:task-definition``, or of the whole service."""
    service, _, kind = wanted.partition(":")
    parts = arn.split(":", 5)
    return parts[2] == service and (not kind or parts[5].replace(":", "/").startswith(f"{kind}/"))


def _has(tags: Mapping[str, str], wanted: Mapping[str, Any]) -> bool:
    values = wanted.get("Values", ())
    return wanted["Key"] in tags and (not values or tags[wanted["Key"]] in values)


def _page(request: Request, found: list[dict[str, Any]]) -> Response:
    size = int(request.get("ResourcesPerPage") or _MOST)
    if not 1 <= size <= _MOST:
        raise invalid_parameter("ResourcesPerPage must be between 1 and 100")
    token = str(request.get("PaginationToken") or "0")
    if not token.isdigit() or int(token) > len(found):
        raise ServiceError("PaginationTokenExpiredException", "The pagination token has expired.")
    end = int(token) + size
    # The last page has an empty token, not none.
    return {
        "ResourceTagMappingList": found[int(token) : end],
        "PaginationToken": str(end) if end < len(found) else "",
    }
