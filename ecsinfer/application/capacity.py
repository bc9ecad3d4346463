"""Capacity providers from the spec's words."""

from __future__ import annotations

from typing import Any

from ecsinfer.application.overlay import overlay, said
from ecsinfer.spec import Spec
from ecsinfer.spec.capacity import (
    FARGATE,
    CapacityProvider,
    CountRange,
    ManagedInstances,
    MemoryRange,
)


def attached(spec: Spec) -> tuple[str, ...]:
    """Names of the providers that must be put on the cluster, Fargate's as they are used."""
    declared = [
        spec.provider_name(key)
        for key, each in spec.capacity.items()
        if each.managed_instances is None
    ]
    used = {each for key in spec.services for each in spec.strategy(key)}
    return (*declared, *(each for each in FARGATE if each in used))


def cluster_scoped(spec: Spec) -> tuple[str, ...]:
    """Names of the Managed Instances providers that the spec creates (B22)."""
    return tuple(
        spec.provider_name(key)
        for key, each in spec.capacity.items()
        if each.managed_instances is not None and not each.existing
    )


def group_settings(provider: CapacityProvider) -> dict[str, Any]:
    """``autoScalingGroupProvider`` without the group.

    The whole block is said, so that nothing is left to AWS's idea of a default (B5, B7).
    """
    least, most = provider.scaling_steps
    scaling: dict[str, Any] = {"status": "ENABLED" if provider.managed_scaling else "DISABLED"}
    if provider.managed_scaling:
        scaling.update(
            targetCapacity=provider.target_capacity,
            minimumScalingStepSize=least,
            maximumScalingStepSize=most,
            instanceWarmupPeriod=provider.instance_warmup,
        )
    return overlay(
        {
            "managedScaling": scaling,
            "managedTerminationProtection": _switch(provider.termination_protection),
            "managedDraining": _switch(provider.draining),
        },
        provider.overrides,
    )


def managed_instances(provider: CapacityProvider, managed: ManagedInstances) -> dict[str, Any]:
    """``managedInstancesProvider``."""
    declared = {
        "infrastructureRoleArn": managed.infrastructure_role,
        "instanceLaunchTemplate": _launch_template(managed),
        "propagateTags": "CAPACITY_PROVIDER" if managed.propagate_tags else "NONE",
        **said(
            infrastructureOptimization=said(scaleInAfter=managed.scale_in_after),
            autoRepairConfiguration=None
            if managed.auto_repair is None
            else {"actionsStatus": _switch(managed.auto_repair)},
        ),
    }
    return overlay(declared, provider.overrides)


def _launch_template(managed: ManagedInstances) -> dict[str, Any]:
    return said(
        ec2InstanceProfileArn=managed.instance_profile,
        networkConfiguration=said(
            subnets=list(managed.subnets), securityGroups=list(managed.security_groups)
        ),
        storageConfiguration=said(storageSizeGiB=managed.storage),
        localStorageConfiguration=said(useLocalStorage=managed.local_storage),
        capacityOptionType=managed.capacity_option.upper().replace("-", "_"),
        capacityReservations=said(reservationGroupArn=managed.reservation_group),
        instanceRequirements=_requirements(managed),
    )


def _requirements(managed: ManagedInstances) -> dict[str, Any]:
    wanted = managed.requirements
    if wanted is None:
        return {}
    return said(
        vCpuCount=_range(wanted.vcpu),
        memoryMiB=_range(wanted.memory),
        acceleratorTypes=list(wanted.accelerator_types),
        acceleratorCount=_range(wanted.accelerator_count),
        acceleratorManufacturers=list(wanted.accelerator_manufacturers),
        acceleratorNames=list(wanted.accelerator_names),
        acceleratorTotalMemoryMiB=_range(wanted.accelerator_memory),
        allowedInstanceTypes=list(wanted.allowed_instance_types),
        excludedInstanceTypes=list(wanted.excluded_instance_types),
    )


def _range(limits: CountRange | MemoryRange | None) -> dict[str, int]:
    return {} if limits is None else said(min=limits.min, max=limits.max)


def _switch(on: bool) -> str:
    return "ENABLED" if on else "DISABLED"
