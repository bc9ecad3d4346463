"""What is written in a task definition's own form: what AWS's model of it does not tell (C7, C14)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ecsinfer.spec.rules.findings import Finding, Findings, Subject
from ecsinfer.spec.tree import Path


def containers(subject: Subject) -> Findings:
    """Containers that take the place of all others are at least one."""
    raw = subject.service.overrides.task_definition
    if "containerDefinitions" in raw and not raw["containerDefinitions"]:
        yield subject.find(
            "overrides.task_definition.containerDefinitions",
            "a task has at least one container",
            "overrides.container for the service's own, sidecars for the others",
        )


def host_ports(subject: Subject) -> Findings:
    """Only bridge mode maps ports (C14)."""
    mode = subject.task.network_mode
    if mode not in ("awsvpc", "host"):
        return
    for path, container in _containers(subject):
        for index, port in enumerate(container.get("portMappings") or ()):
            inside, outside = port.get("containerPort"), port.get("hostPort")
            if None not in (inside, outside) and outside != inside:
                yield Finding(
                    (*path, "portMappings", index, "hostPort"),
                    f"in network mode {mode} the host's port is the container's, {inside}",
                    "remove hostPort, or networkMode: bridge",
                    because=(subject.at("network", "mode"),),
                )


def _definitions(subject: Subject) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """All that is in a task definition's form, and where."""
    service = subject.service
    if service.task_definition is not None:
        yield subject.at("task_definition"), service.task_definition
    yield subject.at("overrides", "task_definition"), service.overrides.task_definition


def _containers(subject: Subject) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """All that is in a container definition's form, and where."""
    for path, definition in _definitions(subject):
        for index, container in enumerate(definition.get("containerDefinitions") or ()):
            yield (*path, "containerDefinitions", index), container
    yield subject.at("overrides", "container"), subject.service.overrides.container
    for name, sidecar in subject.service.sidecars.items():
        yield subject.at("sidecars", name, "overrides"), sidecar.overrides


SERVICE_RULES = (containers, host_ports)
