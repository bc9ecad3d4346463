"""Names and tags that AWS takes, and that do not collide (B1, C7, D1, J1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from ecsinfer.spec.capacity import FARGATE
from ecsinfer.spec.interpolation import unresolved
from ecsinfer.spec.models import Spec
from ecsinfer.spec.rules.findings import Finding, Findings
from ecsinfer.spec.tree import Path

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_LOG_GROUP = re.compile(r"[A-Za-z0-9_/.#-]{1,512}")
REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")
"""What the name of a region looks like."""
_RESERVED = ("aws", "ecs", "fargate")
_MOST_TAGS = 50
_OUR_TAGS = 5
"""Tags that ecsinfer itself writes, at most."""


def names(spec: Spec) -> Findings:
    """Every name consists of letters, digits, - and _, as AWS wants them."""
    for path, name in _names(spec):
        if not _NAME.fullmatch(name) and not unresolved(name):
            yield Finding(
                path, "a name on AWS has 1 to 255 letters, digits, - and _, and nothing else"
            )
    if spec.region and not REGION.fullmatch(spec.region) and not unresolved(spec.region):
        yield Finding(("region",), "this is no AWS region", "us-east-1")
    for key, service in spec.services.items():
        group = spec.log_group(key)
        if not _LOG_GROUP.fullmatch(group) and not unresolved(group):
            yield Finding(
                ("services", key, "logs", "group"),
                "a log group's name has 1 to 512 letters, digits and _ / . # -, and nothing else",
            )
        elif group.startswith("aws/") and service.logs.enabled:
            yield Finding(
                ("services", key, "logs", "group"), "a log group's name cannot begin with aws/"
            )


def _names(spec: Spec) -> Iterator[tuple[Path, str]]:
    yield ("cluster", "name"), spec.cluster_name
    for key in spec.capacity:
        if key not in FARGATE:
            yield ("capacity", key, "name"), spec.provider_name(key)
    for key, service in spec.services.items():
        yield ("services", key, "name"), spec.service_name(key)
        if service.task_definition is None:
            yield ("services", key, "container"), spec.container_name(key)
            yield ("services", key, "family"), spec.family(key)
        for name in service.sidecars:
            yield ("services", key, "sidecars", name), name
        for name in service.volumes:
            yield ("services", key, "volumes", name), name


def provider_names(spec: Spec) -> Findings:
    """AWS reserves names that begin with aws, ecs or fargate, in any case, for itself (B1)."""
    for key, provider in spec.capacity.items():
        if key in FARGATE:
            yield Finding(
                ("capacity", key),
                f"{key} is there in every account and is not declared",
                f"use it directly: services.<name>.capacity: {{{key}: {{weight: 1}}}}",
            )
            continue
        name = spec.provider_name(key)
        if not provider.existing and name.lower().startswith(_RESERVED):
            source = "" if provider.name else ", which follows from the application's name,"
            yield Finding(
                ("capacity", key, "name"),
                f"the capacity provider's name {name}{source} begins with aws, ecs or fargate, "
                "which AWS reserves",
                f"name: {_unreserved(name)}",
            )


def _unreserved(name: str) -> str:
    return f"my-{name}"


def collisions(spec: Spec) -> Findings:
    """Two things of one kind cannot have one name."""
    keys = tuple(spec.services)
    families = tuple(key for key in keys if spec.family(key))
    providers = tuple(key for key in spec.capacity if key not in FARGATE)
    yield from _twice("services", "name", keys, spec.service_name, "two services")
    yield from _twice(
        "services", "family", families, spec.family, "the task definitions of two services"
    )
    yield from _twice("capacity", "name", providers, spec.provider_name, "two capacity providers")


def _twice(
    section: str, field: str, keys: tuple[str, ...], name: Callable[[str], str], what: str
) -> Findings:
    seen: dict[str, str] = {}
    for key in keys:
        first = seen.setdefault(name(key), key)
        if first != key:
            yield Finding(
                (section, key, field),
                f"{what}, {first} and {key}, have the same {field}",
                f"give one of them another {field}",
                because=((section, first, field),),
            )


def tags(spec: Spec) -> Findings:
    """Tags that AWS takes, and that are not ours (C9, J4)."""
    places: dict[Path, Mapping[str, str]] = {("tags",): spec.tags}
    places["cluster", "tags"] = spec.cluster.tags
    places |= {("capacity", key, "tags"): each.tags for key, each in spec.capacity.items()}
    places |= {("services", key, "tags"): each.tags for key, each in spec.services.items()}
    for path, declared in places.items():
        for key, value in declared.items():
            if key.lower().startswith(("aws:", "ecsinfer:")):
                owner = key.partition(":")[0].lower()
                yield Finding((*path, key), f"tags that begin with {owner}: are {owner}'s own")
            if not 1 <= len(key) <= 128 or len(value) > 256:
                yield Finding(
                    (*path, key),
                    "a tag has a key of 1 to 128 and a value of at most 256 characters",
                )
        if len({**spec.tags, **declared}) > _MOST_TAGS - _OUR_TAGS:
            yield Finding(
                path, f"AWS takes {_MOST_TAGS} tags, of which {_OUR_TAGS} are ecsinfer's own"
            )


RULES = (names, provider_names, collisions, tags)
