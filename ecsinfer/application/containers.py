"""Container definitions in API form from the spec's short one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecsinfer.application.overlay import overlay, said
from ecsinfer.spec import Spec
from ecsinfer.spec.container import (
    Container,
    ContainerResources,
    HealthCheck,
    Port,
    Sidecar,
)
from ecsinfer.spec.models import ports
from ecsinfer.spec.service import Service


def container_definitions(spec: Spec, key: str, region: str) -> list[dict[str, Any]]:
    """The service's own container first, then its side-cars."""
    service = spec.services[key]
    logs = log_configuration(spec, key, region)
    own = {
        **_common(spec.container_name(key), service, service.resources, service.health),
        **said(
            essential=True,
            stopTimeout=service.health.stop_timeout,
            logConfiguration=logs,
            memoryReservation=service.resources.memory_reservation,
        ),
    }
    sidecars = [_sidecar(name, each, logs) for name, each in service.sidecars.items()]
    return [overlay(own, service.overrides.container), *sidecars]


def _sidecar(name: str, sidecar: Sidecar, logs: Mapping[str, Any]) -> dict[str, Any]:
    definition = {
        **_common(name, sidecar, sidecar.resources, sidecar.health),
        **said(
            essential=sidecar.essential,
            stopTimeout=sidecar.stop_timeout,
            logConfiguration=dict(logs),
            cpu=sidecar.resources.cpu,
            memory=sidecar.resources.memory,
            memoryReservation=sidecar.resources.memory_reservation,
        ),
    }
    return overlay(definition, sidecar.overrides)


def _common(
    name: str, container: Container, resources: ContainerResources, health: HealthCheck
) -> dict[str, Any]:
    return {
        "name": name,
        **said(
            image=container.image,
            command=list(container.command),
            entryPoint=list(container.entrypoint),
            portMappings=[_port(port) for port in ports(container)],
            environment=[
                {"name": variable, "value": value}
                for variable, value in container.environment.items()
            ],
            environmentFiles=[{"value": arn, "type": "s3"} for arn in container.environment_files],
            secrets=[
                {"name": variable, "valueFrom": arn} for variable, arn in container.secrets.items()
            ],
            dependsOn=[
                {"containerName": other, "condition": condition.upper()}
                for other, condition in container.depends_on.items()
            ],
            mountPoints=[
                {
                    "sourceVolume": mount.volume,
                    "containerPath": mount.path,
                    "readOnly": mount.read_only,
                }
                for mount in container.mounts
            ],
            ulimits=[
                {"name": limit, "softLimit": value.soft, "hardLimit": value.hard}
                for limit, value in container.ulimits.items()
            ],
            user=container.user,
            workingDirectory=container.working_directory,
            readonlyRootFilesystem=container.read_only_root or None,
            dockerLabels=dict(container.docker_labels),
            linuxParameters=said(
                initProcessEnabled=container.init_process or None,
                sharedMemorySize=resources.shared_memory,
            ),
            resourceRequirements=_accelerators(resources),
            healthCheck=_health_check(health),
        ),
    }


def _port(port: Port) -> dict[str, Any]:
    return said(
        containerPort=port.container,
        hostPort=port.host,
        protocol=port.protocol,
        name=port.name,
        appProtocol=port.app_protocol,
    )


def _accelerators(resources: ContainerResources) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if resources.gpu is not None:
        found.append({"type": "GPU", "value": resources.gpu})
    if resources.gpu_sharing is not None:
        share = said(
            memory=resources.gpu_sharing.memory,
            maxComputePercent=resources.gpu_sharing.compute_percent,
        )
        found.append({"type": "GPU", "sharingStrategy": {"nvidiaMps": share}})  # C10.12
    if resources.neuron_devices is not None:
        found.append({"type": "NeuronDevice", "value": resources.neuron_devices.upper()})
    return found


def _health_check(health: HealthCheck) -> dict[str, Any]:
    if not health.command:
        return {}
    return {
        "command": list(health.command),
        "interval": health.interval,
        "timeout": health.timeout,
        "retries": health.retries,
        **said(startPeriod=health.start_period or None),
    }


def log_configuration(spec: Spec, key: str, region: str) -> dict[str, Any]:
    """CloudWatch Logs, which needs the group, the region and a prefix (C15)."""
    logs = spec.services[key].logs
    if not logs.enabled:
        return {}
    buffer = {"max-buffer-size": f"{logs.buffer}m"} if logs.mode == "non-blocking" else {}
    return {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": spec.log_group(key),
            "awslogs-region": region,
            "awslogs-stream-prefix": logs.stream_prefix or key,
            "mode": logs.mode,
            **buffer,
        },
    }


def longest_stop_timeout(service: Service) -> float:
    """Seconds that the slowest container may take to stop; ECS's default is 30."""
    declared = (service.health.stop_timeout, *(s.stop_timeout for s in service.sidecars.values()))
    return float(max((each for each in declared if each is not None), default=30))
