"""A service's tasks as the rules see them, whoever describes them: the spec or a task definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecsinfer.capacity.amounts import cpu_units, mebibytes
from ecsinfer.spec.models import Spec, ports
from ecsinfer.spec.service import Service


@dataclass(frozen=True, slots=True)
class ContainerFacts:
    """What the rules ask of a container."""

    name: str
    ports: tuple[int, ...] = ()
    health_check: bool = False
    essential: bool = True
    gpu: bool = False
    secrets: bool = False
    shared_memory: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """What the rules ask of a task; amounts are None where nothing, or nothing legible, is said."""

    network_mode: str
    execution_role: str
    task_role: str
    cpu: int | None
    memory: int | None
    compatibilities: tuple[str, ...]
    containers: tuple[ContainerFacts, ...]

    def container(self, name: str) -> ContainerFacts | None:
        """The container of that name."""
        return next((each for each in self.containers if each.name == name), None)


def task_of(spec: Spec, key: str) -> Task:
    """The tasks of a service, its raw overrides included."""
    service = spec.services[key]
    definition = service.task_definition
    if definition is None:
        definition = _api_form(service, spec.container_name(key))
    return _task({**definition, **service.overrides.task_definition})


def _task(definition: Mapping[str, Any]) -> Task:
    containers = definition.get("containerDefinitions")
    return Task(
        network_mode=str(definition.get("networkMode") or "bridge"),
        execution_role=str(definition.get("executionRoleArn") or ""),
        task_role=str(definition.get("taskRoleArn") or ""),
        cpu=_amount(cpu_units, definition.get("cpu")),
        memory=_amount(mebibytes, definition.get("memory")),
        compatibilities=tuple(map(str, _list(definition.get("requiresCompatibilities")))),
        containers=tuple(_facts(each) for each in _list(containers) if isinstance(each, Mapping)),
    )


def _facts(container: Mapping[str, Any]) -> ContainerFacts:
    mappings = [each for each in _list(container.get("portMappings")) if isinstance(each, Mapping)]
    needs = [
        each for each in _list(container.get("resourceRequirements")) if isinstance(each, dict)
    ]
    linux = container.get("linuxParameters")
    return ContainerFacts(
        name=str(container.get("name", "")),
        ports=tuple(
            each["containerPort"] for each in mappings if isinstance(each.get("containerPort"), int)
        ),
        health_check=bool(container.get("healthCheck")),
        essential=container.get("essential") is not False,
        gpu=any(each.get("type") == "GPU" for each in needs),
        secrets=bool(container.get("secrets")),
        shared_memory=isinstance(linux, Mapping) and bool(linux.get("sharedMemorySize")),
    )


def _api_form(service: Service, name: str) -> dict[str, Any]:
    """As much of the API form as the rules need."""
    main = {
        **_container(service, name),
        "linuxParameters": {"sharedMemorySize": service.resources.shared_memory},
        **service.overrides.container,
    }
    sidecars = [
        {**_container(sidecar, key), "essential": sidecar.essential, **sidecar.overrides}
        for key, sidecar in service.sidecars.items()
    ]
    return {
        "networkMode": service.network.mode,
        "executionRoleArn": service.roles.execution,
        "taskRoleArn": service.roles.task,
        "cpu": service.resources.cpu,
        "memory": service.resources.memory,
        "containerDefinitions": [main, *sidecars],
    }


def _container(container: Any, name: str) -> dict[str, Any]:
    resources = container.resources
    return {
        "name": name,
        "portMappings": [{"containerPort": port.container} for port in ports(container)],
        "healthCheck": container.health.command,
        "resourceRequirements": [{"type": "GPU"}] if resources.gpu or resources.gpu_sharing else [],
        "secrets": container.secrets,
    }


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _amount(parse: Any, value: Any) -> int | None:
    if isinstance(value, int):
        return value  # the spec's own, even where it is too little
    try:
        found: int = parse(value)
    except ValueError:
        return None
    return found
