"""The log groups: of the services, and those that the spec named once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ecsinfer.application.choices import Choices
from ecsinfer.kinds.log_group import LogGroup, LogGroupKind
from ecsinfer.model import Node
from ecsinfer.spec import Spec

AnyNode = Node[Any, Any]


def names(spec: Spec) -> dict[str, str]:
    """Service -> name, of the log groups that are the application's own to make."""
    return {
        key: spec.log_group(key)
        for key, service in spec.services.items()
        if service.task_definition is None and service.logs.enabled and not service.logs.existing
    }


def of_service(
    spec: Spec, key: str, choices: Choices, tags: Mapping[str, str], shared: Mapping[str, str]
) -> Iterator[AnyNode]:
    """The service's log group, if it is the application's own.

    Args:
        spec: the spec.
        key: of the service.
        choices: what the command chose.
        tags: ours and the user's.
        shared: name -> who else writes to it, so that a destroy leaves it.
    """
    own = names(spec)
    if key not in own:
        return
    desired = LogGroup(
        name=own[key],
        application=spec.name,
        tags=tags,
        retention_days=spec.services[key].logs.retention_days,
        purge=choices.purge,
        adopt=choices.adopt,
        retain=shared.get(own[key], ""),
        cluster=spec.cluster_name,
        service=spec.service_name(key),
    )
    yield Node(LogGroupKind(), _key(spec, own[key]), desired)


def forgotten(spec: Spec, choices: Choices) -> Iterator[AnyNode]:
    """Those that the spec does not name any more, for a destroy."""
    for name in choices.forgotten.log_groups:
        desired = LogGroup(name, spec.name, purge=choices.purge, forgotten=True)
        yield Node(LogGroupKind(), _key(spec, name, choices.forgotten.log_groups), desired)


def _key(spec: Spec, name: str, more: Iterable[str] = ()) -> str:
    """Not ``log-group//name``; but two names that differ in the slash alone are two nodes."""
    bare = name.removeprefix("/")
    return name if bare != name and bare in {*map(spec.log_group, spec.services), *more} else bare
