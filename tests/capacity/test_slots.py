from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.capacity import catalogue
from ecsinfer.capacity.slots import (
    ALL_GPUS,
    Requirements,
    Room,
    blockers,
    instances_for,
    requirements,
    room_of,
    slots,
    take,
)


def kind(name: str) -> catalogue.InstanceType:
    found = catalogue.find(name)
    assert found is not None
    return found


def definition(*containers: dict[str, Any], **task: Any) -> dict[str, Any]:
    return {"containerDefinitions": [{"name": "app", **item} for item in containers], **task}


def gpu(value: str) -> dict[str, Any]:
    return {"resourceRequirements": [{"type": "GPU", "value": value}]}


def shared_gpu(memory: int) -> dict[str, Any]:
    strategy = {"nvidiaMps": {"memory": memory, "maxComputePercent": 50}}
    return {"resourceRequirements": [{"type": "GPU", "sharingStrategy": strategy}]}


def test_task_level_sizes_win_over_the_containers() -> None:
    need = requirements(definition({"cpu": 100, "memory": 100}, cpu="1024", memory="2048"))
    assert (need.cpu, need.memory) == (1024, 2048)


def test_a_soft_limit_is_what_is_reserved() -> None:
    need = requirements(definition({"cpu": 10, "memory": 900, "memoryReservation": 500}))
    assert (need.cpu, need.memory) == (10, 500)


@pytest.mark.rule("C10")
def test_a_task_is_sized_in_vcpus_and_gigabytes_too() -> None:
    need = requirements(definition({}, cpu="1 vCPU", memory="2 GB"))
    assert (need.cpu, need.memory) == (1024, 2048)


def test_overrides_change_what_a_task_needs() -> None:
    task = definition({"cpu": 10, "memory": 900})
    changed = {"containerOverrides": [{"name": "app", "cpu": 20}]}
    assert requirements(task, changed).cpu == 20
    assert requirements(task, {"cpu": "512"}).cpu == 512


@pytest.mark.parametrize(
    ("mode", "mapping", "expected"),
    [
        ("bridge", {"containerPort": 80}, set()),
        ("bridge", {"containerPort": 80, "hostPort": 8080}, {(8080, "tcp")}),
        ("host", {"containerPort": 80}, {(80, "tcp")}),
        ("awsvpc", {"containerPort": 80, "hostPort": 80}, set()),
    ],
)
def test_only_fixed_host_ports_collide(
    mode: str, mapping: dict[str, int], expected: set[tuple[int, str]]
) -> None:
    need = requirements(definition({"portMappings": [mapping]}, networkMode=mode))
    assert need.ports == expected
    assert need.interface == (mode == "awsvpc")


@pytest.mark.rule("C13")
def test_gpu_requests_are_read_in_every_form() -> None:
    assert requirements(definition(gpu("2"), gpu("1"))).gpus == 3
    assert requirements(definition(gpu("ALL"))).gpus == ALL_GPUS
    assert requirements(definition(shared_gpu(4096))) == Requirements(gpu_memory=4096)


@pytest.mark.rule("C13")
def test_a_request_above_one_instance_never_fits() -> None:
    assert slots(kind("g5.12xlarge"), Requirements(gpus=5)) == 0
    assert instances_for([kind("g5.12xlarge")], Requirements(gpus=5), 1) is None


@pytest.mark.rule("J6")
def test_interfaces_strand_gpus_without_trunking() -> None:
    need = Requirements(cpu=1024, memory=1024, gpus=1, interface=True)
    assert slots(kind("g5.48xlarge"), need) == 6
    assert slots(kind("g5.48xlarge"), need, trunking=True) == 8


def test_all_gpus_means_an_instance_nobody_else_uses() -> None:
    room = room_of(kind("g5.12xlarge"))
    assert slots(kind("g5.12xlarge"), Requirements(gpus=ALL_GPUS)) == 1
    assert blockers(take(room, Requirements(gpus=1)), Requirements(gpus=ALL_GPUS)) == (
        "RESOURCE:GPU",
    )


def test_shared_gpus_are_filled_by_memory() -> None:
    assert slots(kind("g5.xlarge"), Requirements(gpu_memory=10000)) == 2
    assert slots(kind("g5.12xlarge"), Requirements(gpu_memory=10000)) == 8
    assert slots(kind("g5.xlarge"), Requirements(gpu_memory=30000)) == 0


def test_every_blocker_is_named() -> None:
    need = Requirements(
        cpu=1, memory=1, gpus=1, ports=frozenset({(80, "tcp")}), interface=True, neuron=True
    )
    room = Room(cpu=0, memory=0, ports=frozenset({(80, "tcp")}), interfaces=0)
    assert blockers(room, need) == (
        "RESOURCE:CPU",
        "RESOURCE:MEMORY",
        "RESOURCE:PORTS",
        "RESOURCE:GPU",
        "RESOURCE:ENI",
        "RESOURCE:NEURON",
    )


NEEDS = st.builds(
    Requirements,
    cpu=st.integers(0, 4096),
    memory=st.integers(1, 32768),
    gpus=st.integers(0, 2),
    interface=st.booleans(),
)


@given(st.lists(NEEDS, max_size=12))
def test_what_fits_never_overfills(needs: list[Requirements]) -> None:
    room = room_of(kind("g5.12xlarge"))
    for need in needs:
        if not blockers(room, need):
            room = take(room, need)
    assert min(room.cpu, room.memory, room.gpus, room.interfaces or 0) >= 0


@given(NEEDS, st.integers(1, 40))
def test_instances_for_a_count_hold_that_count(need: Requirements, count: int) -> None:
    instances = instances_for([kind("g5.12xlarge")], need, count)
    fit = slots(kind("g5.12xlarge"), need)
    assert (instances is None) == (fit == 0)
    if instances is not None:
        assert (instances - 1) * fit < count <= instances * fit


def test_of_several_types_the_largest_counts_and_the_smallest_decides() -> None:
    kinds = [kind("g5.xlarge"), kind("g5.12xlarge")]
    assert instances_for(kinds, Requirements(gpus=1), 8) == 2
    assert instances_for(kinds, Requirements(gpus=2), 8) is None
    assert instances_for(kinds, Requirements(gpus=ALL_GPUS), 3) == 3
    assert instances_for(kinds, Requirements(gpus=1, interface=True), 8) == 2


@given(st.lists(st.integers(1, 22888), max_size=20))
def test_sharers_never_get_more_memory_than_the_gpus_have(memories: list[int]) -> None:
    room = room_of(kind("g5.12xlarge"))
    placed = 0
    for memory in memories:
        need = Requirements(gpu_memory=memory)
        if not blockers(room, need):
            room = take(room, need)
            placed += memory
    assert min((room.gpus, *room.shared)) >= 0
    assert placed + sum(room.shared) + room.gpus * room.gpu_memory == 4 * room.gpu_memory
