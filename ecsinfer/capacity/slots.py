"""What a task needs, what an instance has, and how many of the one fit on the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ecsinfer.capacity.amounts import cpu_units, mebibytes
from ecsinfer.capacity.catalogue import InstanceType

ALL_GPUS = -1
"""``GPU: "ALL"``: every GPU of the instance."""


@dataclass(frozen=True, slots=True)
class Requirements:
    """What one task takes from an instance.

    Attributes:
        cpu: CPU units.
        memory: MiB.
        gpus: whole GPUs, or `ALL_GPUS`.
        gpu_memory: MiB of one shared GPU (``nvidiaMps``); 0 when GPUs are not shared.
        ports: fixed host ports, each ``(port, protocol)``.
        interface: whether it needs a network interface of its own (awsvpc).
        neuron: whether it takes the instance's Neuron devices.
    """

    cpu: int = 0
    memory: int = 0
    gpus: int = 0
    gpu_memory: int = 0
    ports: frozenset[tuple[int, str]] = frozenset()
    interface: bool = False
    neuron: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """What an instance has left.

    Attributes:
        cpu: CPU units.
        memory: MiB.
        gpus: GPUs that nobody uses.
        gpus_total: GPUs it has.
        gpu_memory: MiB of a whole GPU.
        shared: MiB left on each GPU that is shared already.
        ports: host ports taken.
        interfaces: task network interfaces left; None when not limited.
        neuron: Neuron devices left.
    """

    cpu: int
    memory: int
    gpus: int = 0
    gpus_total: int = 0
    gpu_memory: int = 0
    shared: tuple[int, ...] = ()
    ports: frozenset[tuple[int, str]] = frozenset()
    interfaces: int | None = None
    neuron: int = 0


def requirements(
    definition: Mapping[str, Any], overrides: Mapping[str, Any] | None = None
) -> Requirements:
    """The requirements of a task of this task definition, in API form, with RunTask overrides.

    Task-level cpu and memory count where given, otherwise the sums over the containers, where
    a container's soft limit (memoryReservation) is what placement reserves.

    Raises:
        ValueError: an amount is none.
    """
    overrides = overrides or {}
    changed = {item["name"]: item for item in overrides.get("containerOverrides", ())}
    containers = [
        {**container, **changed.get(container["name"], {})}
        for container in definition.get("containerDefinitions", ())
    ]
    cpu = overrides.get("cpu") or definition.get("cpu")
    memory = overrides.get("memory") or definition.get("memory")
    mode = definition.get("networkMode") or "bridge"
    gpus, gpu_memory = _gpus(containers)
    return Requirements(
        cpu=cpu_units(cpu) if cpu else sum(int(item.get("cpu") or 0) for item in containers),
        memory=mebibytes(memory) if memory else sum(map(_reserved, containers)),
        gpus=gpus,
        gpu_memory=gpu_memory,
        ports=frozenset() if mode == "awsvpc" else frozenset(_ports(containers, mode)),
        interface=mode == "awsvpc",
        neuron=any(item["type"] == "NeuronDevice" for item in _resources(containers)),
    )


def room_of(kind: InstanceType, *, trunking: bool = False) -> Room:
    """The room of an empty instance."""
    return Room(
        cpu=kind.cpu,
        memory=kind.task_memory,
        gpus=kind.gpus,
        gpus_total=kind.gpus,
        gpu_memory=kind.gpu_memory,
        interfaces=kind.task_interfaces(trunking=trunking),
        neuron=kind.neuron_devices,
    )


def blockers(room: Room, need: Requirements) -> tuple[str, ...]:
    """Why a task does not fit, in RunTask's words (``RESOURCE:GPU`` ...); empty when it fits."""
    wrong = (
        ("RESOURCE:CPU", need.cpu > room.cpu),
        ("RESOURCE:MEMORY", need.memory > room.memory),
        ("RESOURCE:PORTS", bool(need.ports & room.ports)),
        ("RESOURCE:GPU", not _gpus_fit(room, need)),
        ("RESOURCE:ENI", need.interface and room.interfaces is not None and room.interfaces < 1),
        ("RESOURCE:NEURON", need.neuron and room.neuron < 1),
    )
    return tuple(reason for reason, applies in wrong if applies)


def take(room: Room, need: Requirements) -> Room:
    """What is left after a task that fits was placed; nvidiaMps fills the fullest GPU first."""
    gpus, shared = room.gpus, sorted(room.shared)
    if need.gpus:
        gpus -= room.gpus_total if need.gpus == ALL_GPUS else need.gpus
    elif need.gpu_memory:
        index = next((i for i, left in enumerate(shared) if left >= need.gpu_memory), None)
        if index is None:
            gpus -= 1
            shared.append(room.gpu_memory - need.gpu_memory)
        else:
            shared[index] -= need.gpu_memory
    return replace(
        room,
        cpu=room.cpu - need.cpu,
        memory=room.memory - need.memory,
        gpus=gpus,
        shared=tuple(shared),
        ports=room.ports | need.ports,
        interfaces=None if room.interfaces is None else room.interfaces - need.interface,
        neuron=0 if need.neuron else room.neuron,
    )


def slots(
    kind: InstanceType, need: Requirements, *, trunking: bool = False, most: int = 120
) -> int:
    """How many such tasks fit on an empty instance, at most `most` (the agent's own limit)."""
    return _fitting(room_of(kind, trunking=trunking), need, most)


def instances_for(
    kinds: Sequence[InstanceType], need: Requirements, count: int, *, trunking: bool = False
) -> int | None:
    """How many instances of a group of these types `count` equal tasks take (C2).

    Of several types the largest of every parameter count, and the smallest decide whether the
    tasks are counted at all: None when not even one fits there.
    """
    rooms = [room_of(kind, trunking=trunking) for kind in kinds]
    if not _fitting(_extreme(min, rooms), need, 1):
        return None
    return math.ceil(count / _fitting(_extreme(max, rooms), need))


def _fitting(room: Room, need: Requirements, most: int = 120) -> int:
    count = 0
    while count < most and not blockers(room, need):
        room = take(room, need)
        count += 1
    return count


def _extreme(choose: Callable[[list[int]], int], rooms: Sequence[Room]) -> Room:
    """Of every parameter the least or the most that one of the empty instances has."""
    limits = [room.interfaces for room in rooms if room.interfaces is not None]
    unlimited = choose is max and len(limits) < len(rooms)
    return Room(
        cpu=choose([room.cpu for room in rooms]),
        memory=choose([room.memory for room in rooms]),
        gpus=choose([room.gpus for room in rooms]),
        gpus_total=choose([room.gpus_total for room in rooms]),
        gpu_memory=choose([room.gpu_memory for room in rooms]),
        interfaces=choose(limits) if limits and not unlimited else None,
        neuron=choose([room.neuron for room in rooms]),
    )


def _reserved(container: Mapping[str, Any]) -> int:
    return int(container.get("memoryReservation") or container.get("memory") or 0)


def _ports(containers: Iterable[Mapping[str, Any]], mode: str) -> Iterable[tuple[int, str]]:
    for container in containers:
        for mapping in container.get("portMappings", ()):
            port = mapping.get("hostPort") or (mode == "host" and mapping.get("containerPort"))
            if port:
                yield int(port), mapping.get("protocol") or "tcp"


def _resources(containers: Iterable[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    return [item for box in containers for item in box.get("resourceRequirements", ())]


def _gpus(containers: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    asked = [item for item in _resources(containers) if item["type"] == "GPU"]
    shares = [item["sharingStrategy"]["nvidiaMps"] for item in asked if item.get("sharingStrategy")]
    values = [item["value"] for item in asked if item.get("value")]
    if "ALL" in values:
        return ALL_GPUS, 0
    whole = sum(math.ceil(float(value)) for value in values)
    return whole, 0 if whole else sum(int(share["memory"]) for share in shares)


def _gpus_fit(room: Room, need: Requirements) -> bool:
    if need.gpus == ALL_GPUS:
        return 0 < room.gpus_total == room.gpus
    if need.gpus:
        return need.gpus <= room.gpus
    if need.gpu_memory:
        fresh = room.gpu_memory if room.gpus else 0
        return need.gpu_memory <= max((*room.shared, fresh), default=0)
    return True
