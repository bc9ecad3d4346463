"""EC2 instance types: what tasks can get from one, and what it cost on a given day.

The table ``instance_types.csv`` lists the types inference services run on. Sizes and interface
limits are EC2's (DescribeInstanceTypes); trunked limits are those of the ECS developer guide (J6).
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from types import MappingProxyType

CPU_UNITS_PER_VCPU = 1024

PRICED_ON = date(2026, 9, 24)
"""The day of the prices: on-demand, Linux, us-east-1."""


@dataclass(frozen=True, slots=True)
class InstanceType:
    """One EC2 instance type.

    Attributes:
        name: such as ``g5.xlarge``.
        vcpus: virtual CPUs.
        memory: MiB of the machine; tasks get `task_memory`.
        architecture: ``x86_64`` or ``arm64``.
        gpus: NVIDIA or AMD GPUs.
        gpu_name: such as ``A10G``; empty without GPUs.
        gpu_memory: MiB of each GPU.
        neuron_devices: AWS Inferentia or Trainium devices.
        awsvpc_tasks: task network interfaces without trunking; None where it must be read from
            DescribeInstanceTypes.
        awsvpc_tasks_trunked: the same with ``awsvpcTrunking``; None where the type cannot trunk
            or the limit is not published.
        usd_per_hour: on-demand price as of `PRICED_ON`.
    """

    name: str
    vcpus: int
    memory: int
    architecture: str = "x86_64"
    gpus: int = 0
    gpu_name: str = ""
    gpu_memory: int = 0
    neuron_devices: int = 0
    awsvpc_tasks: int | None = None
    awsvpc_tasks_trunked: int | None = None
    usd_per_hour: float | None = None

    @property
    def cpu(self) -> int:
        """CPU units that tasks can get."""
        return self.vcpus * CPU_UNITS_PER_VCPU

    @property
    def task_memory(self) -> int:
        """MiB that tasks can get: what the agent registers after kernel and firmware took theirs.

        An estimate that stays within 2 % of registered values (7764 of 8192 on m5.large); the
        true number is in DescribeContainerInstances.
        """
        return self.memory - min(self.memory // 16, 200 + self.memory // 40)

    def task_interfaces(self, *, trunking: bool) -> int | None:
        """How many awsvpc tasks the instance's network interfaces carry; None when not known."""
        if trunking and self.awsvpc_tasks_trunked is not None:
            return self.awsvpc_tasks_trunked
        return self.awsvpc_tasks


@functools.cache
def all_types() -> Mapping[str, InstanceType]:
    """Every known type by name, smallest of a family first."""
    table = resources.files(__package__).joinpath("instance_types.csv").read_text("utf-8")
    rows = csv.DictReader(table.splitlines())
    return MappingProxyType({row["instance_type"]: _parse(row) for row in rows})


def find(name: str) -> InstanceType | None:
    """The type of that name; None when the table does not know it."""
    return all_types().get(name)


def _parse(row: Mapping[str, str]) -> InstanceType:
    return InstanceType(
        name=row["instance_type"],
        vcpus=int(row["vcpus"]),
        memory=int(row["memory_mib"]),
        architecture=row["architecture"],
        gpus=int(row["gpus"]),
        gpu_name=row["gpu_name"],
        gpu_memory=int(row["gpu_memory_mib"]),
        neuron_devices=int(row["neuron_devices"]),
        awsvpc_tasks=int(row["awsvpc_tasks"]) if row["awsvpc_tasks"] else None,
        awsvpc_tasks_trunked=(
            int(row["awsvpc_tasks_trunked"]) if row["awsvpc_tasks_trunked"] else None
        ),
        usd_per_hour=float(row["usd_per_hour"]) if row["usd_per_hour"] else None,
    )
