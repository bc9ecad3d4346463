"""Tags of Auto Scaling groups, and the filters that choose groups by them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ecsinfer.sandbox.fleet.common import fleet_of, page, require_group, validation_error
from ecsinfer.sandbox.fleet.description import describe_tags
from ecsinfer.sandbox.registry import Request, Response, Upstream, correction
from ecsinfer.sandbox.state import Group, World

_TAG_FILTERS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "auto-scaling-group": lambda tag: str(tag["ResourceId"]),
    "key": lambda tag: str(tag["Key"]),
    "value": lambda tag: str(tag["Value"]),
    "propagate-at-launch": lambda tag: str(tag["PropagateAtLaunch"]).lower(),
}


@correction("autoscaling", "CreateOrUpdateTags")
def create_or_update_tags(world: World, request: Request, _: Upstream) -> Response:
    """Tag groups; a tag of the same key is replaced."""
    for tag in request["Tags"]:
        group = require_group(world, tag.get("ResourceId", ""))
        fleet_of(world).put_tag(
            group.name,
            tag["Key"],
            tag.get("Value", ""),
            propagate=tag.get("PropagateAtLaunch", False),
        )
    return {}


@correction("autoscaling", "DeleteTags")
def delete_tags(world: World, request: Request, _: Upstream) -> Response:
    """Remove tags; one that is not there is no error."""
    for tag in request["Tags"]:
        require_group(world, tag.get("ResourceId", "")).tags.pop(tag["Key"], None)
    return {}


@correction("autoscaling", "DescribeTags")
def describe_all_tags(world: World, request: Request, _: Upstream) -> Response:
    """Tags of all groups, those that every filter lets through."""
    found = [
        tag
        for _name, group in sorted(fleet_of(world).groups.items())
        for tag in describe_tags(group)
        if all(_value(tag, item["Name"]) in item["Values"] for item in request.get("Filters") or ())
    ]
    shown, more = page(request, found)
    return {"Tags": shown, **more}


def matches(group: Group, filters: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a group passes the filters of DescribeAutoScalingGroups."""
    return all(_passes(group, item["Name"], item.get("Values") or ()) for item in filters)


def _passes(group: Group, name: str, values: Sequence[str]) -> bool:
    if name == "tag-key":
        return any(key in values for key in group.tags)
    if name == "tag-value":
        return any(value in values for value, _ in group.tags.values())
    if name.startswith("tag:"):
        value, _ = group.tags.get(name.removeprefix("tag:"), (None, False))
        return value in values
    raise validation_error(f"Filter type {name} is not correct.")


def _value(tag: Mapping[str, Any], name: str) -> str:
    if name not in _TAG_FILTERS:
        raise validation_error(f"Filter type {name} is not correct.")
    return _TAG_FILTERS[name](tag)
