"""What the services run on: capacity providers."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from ecsinfer.spec.fields import (
    Count,
    Duration,
    Flag,
    Gibibytes,
    Mebibytes,
    Raw,
    Section,
    Tags,
    Words,
)
from ecsinfer.spec.units import parse_duration

FARGATE = ("FARGATE", "FARGATE_SPOT")
"""The providers that every account has; they are used by name, never declared."""

Step: TypeAlias = Annotated[Count, Field(ge=1, le=10000)]


NEVER = -1


def _scale_in_after(value: object) -> int:
    return NEVER if value == "never" else parse_duration(value)


ScaleInAfter: TypeAlias = Annotated[
    int,
    BeforeValidator(_scale_in_after, json_schema_input_type=Duration | Literal["never"]),
    Field(ge=NEVER, le=3600),
]
"""Seconds; -1 is never, as in the API."""


class CountRange(Section):
    """At least, and at most."""

    min: Annotated[Count, Field(ge=0)] | None = Field(None, description="At least this many.")
    max: Annotated[Count, Field(ge=0)] | None = Field(None, description="At most this many.")


class MemoryRange(Section):
    """At least, and at most, of memory."""

    min: Mebibytes | None = Field(None, description="At least this much.")
    max: Mebibytes | None = Field(None, description="At most this much.")


class InstanceRequirements(Section):
    """What instances of ECS Managed Instances must offer."""

    vcpu: CountRange = Field(description="vCPUs of an instance; `min` is required.")
    memory: MemoryRange = Field(description="Memory of an instance; `min` is required.")
    accelerator_types: tuple[Literal["gpu", "fpga", "inference"], ...] = Field(
        (), description="Kinds of accelerators."
    )
    accelerator_count: CountRange | None = Field(None, description="Accelerators of an instance.")
    accelerator_manufacturers: tuple[
        Literal["amazon-web-services", "amd", "nvidia", "xilinx", "habana"], ...
    ] = Field((), description="Who made the accelerators.")
    accelerator_names: tuple[Words, ...] = Field(
        (), description="Models of accelerators, such as a10g, l4, l40s, a100, h100."
    )
    accelerator_memory: MemoryRange | None = Field(
        None, description="Memory of all accelerators of an instance together."
    )
    allowed_instance_types: Annotated[tuple[Words, ...], Field(max_length=400)] = Field(
        (), description="Only these instance types; `*` stands for any text (g6e.*)."
    )
    excluded_instance_types: Annotated[tuple[Words, ...], Field(max_length=400)] = Field(
        (), description="None of these instance types; not together with allowed ones."
    )


class ManagedInstances(Section):
    """Instances that AWS launches, patches and ends by what the tasks need."""

    infrastructure_role: Words = Field(
        description="ARN of the role with which ECS manages the instances."
    )
    instance_profile: Words = Field(description="ARN of the instance profile of the instances.")
    subnets: Annotated[tuple[Words, ...], Field(min_length=1, max_length=16)] = Field(
        description="Subnets of the instances. One subnet packs tasks densely; several spread them."
    )
    security_groups: tuple[Words, ...] = Field((), description="Security groups of the instances.")
    requirements: InstanceRequirements | None = Field(
        None, description="What the instances must offer; AWS chooses by the tasks otherwise."
    )
    capacity_option: Literal["on-demand", "spot", "reserved"] = Field(
        "on-demand", description="How the instances are bought; cannot be changed later."
    )
    reservation_group: Words | None = Field(
        None, description="ARN of the resource group of capacity reservations, when `reserved`."
    )
    storage: Gibibytes | None = Field(None, description="Data volume of an instance.")
    local_storage: Flag | None = Field(
        None, description="Whether instance store (NVMe) serves as data volume."
    )
    propagate_tags: Flag = Field(
        True, description="Whether instances and volumes get the provider's tags."
    )
    scale_in_after: ScaleInAfter | None = Field(
        None,
        description="How long an instance may be underused before it is drained, at most 1h; "
        "`never` keeps it.",
    )
    auto_repair: Flag | None = Field(
        None, description="Whether AWS replaces instances whose accelerators or agent fail."
    )


class CapacityProvider(Section):
    """One capacity provider: over an Auto Scaling group, Managed Instances, or an existing one."""

    name: Words | None = Field(
        None,
        description="Name of the provider, unique in account and region; `<application>-<key>` "
        "otherwise, or the key for an existing one. It cannot begin with aws, ecs or fargate.",
    )
    existing: Flag = Field(
        False, description="Somebody else manages the provider: use it, never change or delete it."
    )
    auto_scaling_group: Words | None = Field(
        None, description="Name or ARN of the Auto Scaling group; it is used, never managed."
    )
    managed_instances: ManagedInstances | None = Field(
        None, description="Instances that AWS launches, patches and ends."
    )
    target_capacity: Annotated[Count, Field(ge=1, le=100)] = Field(
        100,
        description="Percent of the group's instances that tasks should use; less than 100 keeps "
        "spare instances.",
    )
    scaling_steps: tuple[Step, Step] = Field(
        (1, 10000), description="Fewest and most instances that one scale-out adds."
    )
    instance_warmup: Annotated[Duration, Field(le=10000)] = Field(
        300,
        description="Time after the launch of an instance in which the group is not scaled out "
        "again; less than it takes to boot over-provisions.",
    )
    managed_scaling: Flag = Field(True, description="Whether ECS scales the group.")
    termination_protection: Flag = Field(
        False,
        description="Whether scale-in spares instances that run tasks; the group must protect new "
        "instances from scale-in.",
    )
    draining: Flag = Field(
        True, description="Whether ECS drains the tasks of an instance before it ends."
    )
    tags: Tags = Field(default_factory=dict, description="Tags of the provider.")
    overrides: Raw = Field(
        default_factory=dict,
        description="Fields of CreateCapacityProvider's autoScalingGroupProvider or "
        "managedInstancesProvider, merged last.",
    )


class StrategyItem(Section):
    """How a service uses one capacity provider."""

    weight: Annotated[Count, Field(ge=0, le=1000)] = Field(
        1, description="Share of the tasks beyond the bases."
    )
    base: Annotated[Count, Field(ge=0, le=100000)] = Field(
        0, description="Tasks that run here first; only one provider may have a base."
    )
