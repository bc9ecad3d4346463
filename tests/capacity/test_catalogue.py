from __future__ import annotations

import pytest

from ecsinfer.capacity import catalogue


def test_a_gpu_type_has_its_published_size() -> None:
    kind = catalogue.find("g5.xlarge")
    assert kind is not None
    assert (kind.cpu, kind.gpus, kind.gpu_name, kind.usd_per_hour) == (4096, 1, "A10G", 1.006)


def test_an_unknown_type_is_not_invented() -> None:
    assert catalogue.find("x9.huge") is None


@pytest.mark.parametrize("kind", catalogue.all_types().values(), ids=lambda kind: kind.name)
def test_every_row_is_plausible(kind: catalogue.InstanceType) -> None:
    assert kind.vcpus > 0
    assert 0 < kind.task_memory < kind.memory
    assert (kind.gpus > 0) == bool(kind.gpu_name) == (kind.gpu_memory > 0)
    assert kind.awsvpc_tasks is None or kind.awsvpc_tasks > 0
    assert (kind.awsvpc_tasks_trunked or 10**6) > (kind.awsvpc_tasks or 0)
    assert kind.usd_per_hour is not None
    assert kind.usd_per_hour > 0


@pytest.mark.parametrize(
    ("name", "registered"), [("m5.large", 7764), ("m5.xlarge", 15764), ("t3.medium", 3884)]
)
def test_task_memory_is_within_two_percent_of_what_agents_register(
    name: str, registered: int
) -> None:
    kind = catalogue.find(name)
    assert kind is not None
    assert kind.task_memory == pytest.approx(registered, rel=0.02)


@pytest.mark.rule("J6")
@pytest.mark.parametrize(
    ("name", "plain", "trunked"),
    [
        ("g5.xlarge", 3, 6),
        ("g5.48xlarge", 6, 120),
        ("g4dn.xlarge", 2, 2),
        ("p4d.24xlarge", 59, 120),
    ],
)
def test_trunking_raises_the_interface_limit_where_the_type_can(
    name: str, plain: int, trunked: int
) -> None:
    kind = catalogue.find(name)
    assert kind is not None
    assert kind.task_interfaces(trunking=False) == plain
    assert kind.task_interfaces(trunking=True) == trunked
