"""What a deployment is known by afterwards: names and ARNs, like a stack's outputs."""

from __future__ import annotations

from collections.abc import Mapping

from ecsinfer.kinds.capacity_provider import CapacityProviderKind
from ecsinfer.kinds.cluster import ClusterKind
from ecsinfer.kinds.managed_instances import ManagedInstancesKind
from ecsinfer.kinds.scalable_target import ScalableTargetKind
from ecsinfer.kinds.service import ServiceKind
from ecsinfer.kinds.task_definition import TaskDefinitionKind
from ecsinfer.spec import Spec

Seen = Mapping[str, Mapping[str, str]]
"""Node key -> its outputs, of the nodes that exist."""

_OF_A_SERVICE = (
    ("service_arn", ServiceKind.name, "arn"),
    ("task_definition", ServiceKind.name, "task_definition"),
    ("task_definition_digest", TaskDefinitionKind.name, "digest"),
    ("scalable_target", ScalableTargetKind.name, "resource_id"),
)


def outputs(spec: Spec, seen: Seen) -> dict[str, str]:
    """Name -> value, of what exists.

    ``cluster_name``, ``cluster_arn``, ``capacity_provider.<key>`` (an ARN); and ``service_name``,
    ``service_arn``, ``task_definition``, ``revision``, ``task_definition_digest``, ``log_group``
    and ``scalable_target`` of the only service, or ``<key>.service_name`` and so on of several.
    """
    cluster = seen.get(f"{ClusterKind.name}/{spec.cluster_name}", {})
    found = {
        "cluster_name": cluster.get("name", ""),
        "cluster_arn": cluster.get("arn", ""),
    }
    for key in spec.capacity:
        name = spec.provider_name(key)
        for kind in (CapacityProviderKind.name, ManagedInstancesKind.name):
            if f"{kind}/{name}" in seen:
                found[f"capacity_provider.{key}"] = seen[f"{kind}/{name}"]["arn"]
    for key in spec.services:
        prefix = "" if len(spec.services) == 1 else f"{key}."
        found.update(
            (prefix + name, value) for name, value in _of_a_service(spec, key, seen).items()
        )
    return {name: value for name, value in found.items() if value}


def _of_a_service(spec: Spec, key: str, seen: Seen) -> dict[str, str]:
    if f"{ServiceKind.name}/{key}" not in seen:
        return {}
    found = {
        name: seen.get(f"{kind}/{key}", {}).get(output, "") for name, kind, output in _OF_A_SERVICE
    }
    service = spec.services[key]
    logs = service.logs.enabled and service.task_definition is None
    return {
        "service_name": spec.service_name(key),
        **found,
        "revision": found["task_definition"].rpartition(":")[2],
        "log_group": spec.log_group(key) if logs else "",
    }
