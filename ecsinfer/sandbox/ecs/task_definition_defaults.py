"""What AWS makes of a task definition when it is registered: the form that describing shows."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from ecsinfer.capacity.amounts import cpu_units, mebibytes
from ecsinfer.sandbox.errors import client_error

Spec = dict[str, Any]

_NOT_CONTENT = frozenset({"tags"})
_UNITS = {"cpu": cpu_units, "memory": mebibytes}
_STATIC_PORTS = frozenset({"awsvpc", "host"})
_VOLUME_KINDS = (
    "host",
    "dockerVolumeConfiguration",
    "efsVolumeConfiguration",
    "s3filesVolumeConfiguration",
    "fsxWindowsFileServerVolumeConfiguration",
    "configuredAtLaunch",
)


def normalised(request: Mapping[str, Any]) -> Spec:
    """The content of a RegisterTaskDefinition request as AWS keeps it (C10).

    Only defaults and units are filled in; what the caller sent empty stays empty.

    Raises:
        ServiceError: ClientException for a task cpu or memory that is no number.
    """
    spec: Spec = {key: value for key, value in request.items() if key not in _NOT_CONTENT}
    for key in ("cpu", "memory"):
        if key in request:
            spec[key] = _units(key, request[key])
    mode = request.get("networkMode", "bridge")
    spec["containerDefinitions"] = [
        _container(container, mode) for container in request["containerDefinitions"]
    ]
    spec["volumes"] = [_volume(volume) for volume in request.get("volumes", ())]
    spec["placementConstraints"] = list(request.get("placementConstraints", ()))
    return spec


def _units(key: str, text: str) -> str:
    """CPU units or MiB as a decimal string: ``1 vCPU`` is 1024, ``.5 GB`` is 512 (C10.7)."""
    try:
        return str(_UNITS[key](text))
    except ValueError:
        raise client_error(
            f"Invalid '{key}' setting for task. For more information, see the Troubleshooting "
            "section of the Amazon ECS Developer Guide."
        ) from None


def _container(container: Mapping[str, Any], mode: str) -> Spec:
    filled: Spec = {
        "cpu": 0,
        "essential": True,
        "portMappings": [],
        "environment": [],
        "mountPoints": [],
        "volumesFrom": [],
        "systemControls": [],
        **container,
    }
    filled["portMappings"] = [_port(mapping, mode) for mapping in filled["portMappings"]]
    for key in ("environment", "secrets"):
        if key in filled:
            filled[key] = sorted(filled[key], key=_anywhere)
    if "healthCheck" in filled:
        filled["healthCheck"] = {
            "interval": 30,
            "timeout": 5,
            "retries": 3,
            **filled["healthCheck"],
        }
    policy = filled.get("restartPolicy", {})
    if policy.get("enabled"):
        filled["restartPolicy"] = {"restartAttemptPeriod": 300, **policy}
    return filled


def _anywhere(item: Mapping[str, str]) -> int:
    """AWS gives variables and secrets back in an order of its own (C10.2)."""
    return zlib.crc32(item.get("name", "").encode())


def _port(mapping: Mapping[str, Any], mode: str) -> Spec:
    filled: Spec = {"protocol": "tcp", **mapping}
    if "containerPort" in filled:
        static = filled["containerPort"] if mode in _STATIC_PORTS else 0
        filled.setdefault("hostPort", static)
    return filled


def _volume(volume: Mapping[str, Any]) -> Spec:
    filled = dict(volume)
    if not any(kind in filled for kind in _VOLUME_KINDS):
        filled["host"] = {}
    if "efsVolumeConfiguration" in filled:
        filled["efsVolumeConfiguration"] = {
            "rootDirectory": "/",
            **filled["efsVolumeConfiguration"],
        }
    return filled
