"""What AWS refuses in a task definition's cpu, memory and GPUs (C12, C13)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Spec = Mapping[str, Any]


def resource_refusals(spec: Spec) -> Iterator[str]:
    """Why AWS would not register a normalised task definition for what it reserves."""
    for container in spec["containerDefinitions"]:
        yield from _memory(container, spec)
    yield from _sums(spec)
    yield from _gpus(spec)
    yield from _neuron(spec)


def _memory(container: Spec, spec: Spec) -> Iterator[str]:
    # Docker's least of 6 MiB is not looked at: AWS registers less, and the task fails to start.
    setting = f"Invalid setting for container '{container.get('name', '')}'."
    hard, soft = container.get("memory"), container.get("memoryReservation")
    if hard is None and soft is None and "memory" not in spec:
        yield f"{setting} At least one of 'memory' or 'memoryReservation' must be specified."
    if hard is not None and soft is not None and hard < soft:
        yield f"{setting} 'memory' must be greater than or equal to 'memoryReservation'."
    if hard is not None and "memory" in spec and hard > int(spec["memory"]):
        yield (
            f"The 'memory' setting for container '{container.get('name', '')}' is greater than "
            "for the task."
        )


def _sums(spec: Spec) -> Iterator[str]:
    containers = spec["containerDefinitions"]
    reserved = sum(item.get("memoryReservation", item.get("memory", 0)) for item in containers)
    if "memory" in spec and reserved > int(spec["memory"]):
        yield (
            "The sum of all container 'memoryReservation' values cannot be greater than the value "
            "of the task 'memory'."
        )
    if "cpu" in spec and sum(item["cpu"] for item in containers) > int(spec["cpu"]):
        yield (
            "The sum of all container 'cpu' values cannot be greater than the task-level 'cpu' "
            "value."
        )


def _needs(spec: Spec, kind: str) -> list[Spec]:
    return [
        need
        for container in spec["containerDefinitions"]
        for need in container.get("resourceRequirements", ())
        if need["type"] == kind
    ]


def _gpus(spec: Spec) -> Iterator[str]:
    needs = _needs(spec, "GPU")
    if not needs:
        return
    shared = [need for need in needs if "sharingStrategy" in need]
    if spec.get("runtimePlatform", {}).get("operatingSystemFamily", "LINUX") != "LINUX":
        yield "GPU resource requirements are not supported on Windows."
    if shared and len(shared) < len(needs):
        yield "All containers of a task that use GPUs must use the same GPU sharing option."
    if shared and "EXTERNAL" in spec.get("requiresCompatibilities", ()):
        yield "The external launch type does not support GPU sharing."
    for need in needs:
        if ("value" in need) == ("sharingStrategy" in need):
            yield "Specify exactly one of 'value' or 'sharingStrategy' for a GPU."
        elif "value" in need and not _count_or_all(need["value"]):
            yield f"Invalid value '{need['value']}' for resource requirement of type GPU."
        percent = need.get("sharingStrategy", {}).get("nvidiaMps", {}).get("maxComputePercent", 100)
        if not 1 <= percent <= 100:
            yield "maxComputePercent must be between 1 and 100."


def _count_or_all(value: str) -> bool:
    return value == "ALL" or (value.isdecimal() and int(value) > 0)


def _neuron(spec: Spec) -> Iterator[str]:
    needs = _needs(spec, "NeuronDevice")
    if not needs:
        return
    if set(spec.get("requiresCompatibilities", ())) != {"MANAGED_INSTANCES"}:
        yield "NeuronDevice resource requirements are only supported on Managed Instances."
    if len(needs) > 1:
        yield "Only one container of a task can require NeuronDevice."
    if any(need.get("value") != "ALL" for need in needs):
        yield "The value of a NeuronDevice resource requirement must be ALL."
