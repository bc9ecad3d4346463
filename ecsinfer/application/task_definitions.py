"""RegisterTaskDefinition requests: from the short form, or a task definition as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecsinfer.application.containers import container_definitions
from ecsinfer.application.overlay import overlay, said
from ecsinfer.kinds.ownership import tag_map
from ecsinfer.kinds.task_definition_content import OUTPUT_ONLY
from ecsinfer.spec import Spec
from ecsinfer.spec.container import Volume
from ecsinfer.spec.service import Service


def task_definition(spec: Spec, key: str, region: str) -> dict[str, Any]:
    """The request without tags."""
    service = spec.services[key]
    if service.task_definition is None:
        request = _short_form(spec, key, region)
    else:
        request = _as_it_is(spec, key, service.task_definition)
    return overlay(request, service.overrides.task_definition)


def own_tags(service: Service) -> dict[str, str]:
    """Tags that a task definition in API form brings along."""
    return tag_map((service.task_definition or {}).get("tags"))


def network_mode(spec: Spec, key: str) -> str:
    """The mode that counts: a task definition in API form has its own, bridge by default (C10.8)."""
    service = spec.services[key]
    raw = service.overrides.task_definition.get("networkMode")
    if raw is None and service.task_definition is not None:
        raw = service.task_definition.get("networkMode") or "bridge"
    return str(raw or service.network.mode)


def _short_form(spec: Spec, key: str, region: str) -> dict[str, Any]:
    service = spec.services[key]
    cpu, memory = service.resources.cpu, service.resources.memory
    storage = service.resources.ephemeral_storage
    return {
        "family": spec.family(key),
        **said(
            networkMode=service.network.mode,
            requiresCompatibilities=_compatibilities(spec, key),
            # Strings at task level, numbers at container level (0.3).
            cpu=None if cpu is None else str(cpu),
            memory=None if memory is None else str(memory),
            executionRoleArn=service.roles.execution,
            taskRoleArn=service.roles.task,
            runtimePlatform={
                "cpuArchitecture": service.platform.cpu_architecture.upper(),
                "operatingSystemFamily": "LINUX",
            },
            ephemeralStorage=None if storage is None else {"sizeInGiB": storage},
            volumes=[_volume(name, volume) for name, volume in service.volumes.items()],
        ),
        "containerDefinitions": container_definitions(spec, key, region),
    }


def _compatibilities(spec: Spec, key: str) -> list[str]:
    if spec.on_fargate(key):
        return ["FARGATE"]
    if spec.on_managed_instances(key):
        return ["MANAGED_INSTANCES"]
    used = [spec.capacity[each] for each in spec.strategy(key) if each in spec.capacity]
    # What an existing provider launches is not known here.
    return ["EC2"] if used and not any(each.existing for each in used) else []


def _as_it_is(spec: Spec, key: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    service = spec.services[key]
    request = {name: value for name, value in raw.items() if name not in OUTPUT_ONLY}
    containers = [dict(each) for each in raw.get("containerDefinitions", ())]
    images = dict(service.images)
    if service.image is not None and containers:
        named = {each.get("name") for each in containers}
        own = spec.container_name(key)
        images.setdefault(own if own in named else containers[0]["name"], service.image)
    for each in containers:
        if each.get("name") in images:
            each["image"] = images[each["name"]]
    return {**request, "containerDefinitions": containers}


def _volume(name: str, volume: Volume) -> dict[str, Any]:
    if volume.ebs is not None:
        return {"name": name, "configuredAtLaunch": True}
    return {"name": name, **said(host=_host(volume), **_mounted(volume))}


def _host(volume: Volume) -> dict[str, Any]:
    return {} if volume.host is None else {"sourcePath": volume.host}


def _mounted(volume: Volume) -> dict[str, Any]:
    if volume.efs is not None:
        efs = volume.efs
        return {
            "efsVolumeConfiguration": said(
                fileSystemId=efs.file_system,
                rootDirectory=efs.root if efs.root != "/" else None,
                transitEncryption="ENABLED" if efs.encrypted else "DISABLED",
                authorizationConfig=said(
                    accessPointId=efs.access_point, iam="ENABLED" if efs.iam else None
                ),
            )
        }
    if volume.docker is not None:
        docker = volume.docker
        return {
            "dockerVolumeConfiguration": said(
                scope=docker.scope,
                # Only shared volumes know it.
                autoprovision=docker.autoprovision if docker.scope == "shared" else None,
                driver=docker.driver,
                driverOpts=dict(docker.driver_options),
                labels=dict(docker.labels),
            )
        }
    return {}
