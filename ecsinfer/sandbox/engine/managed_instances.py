"""ECS Managed Instances: an instance that fits is launched for waiting tasks, and goes when idle."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Any

from ecsinfer.capacity import catalogue
from ecsinfer.capacity.catalogue import InstanceType
from ecsinfer.capacity.slots import blockers, room_of, take
from ecsinfer.sandbox.engine import registration
from ecsinfer.sandbox.engine.core import REACTION, Core
from ecsinfer.sandbox.engine.ledger import Run
from ecsinfer.sandbox.state import CapacityProvider, ContainerInstance

DEFAULT_SCALE_IN_AFTER = 300.0
"""Seconds an idle instance is kept without scaleInAfter; AWS publishes no number."""

NEVER = -1


def demanded(core: Core, run: Run) -> None:
    """A task waits; if it waits for a Managed Instances provider, look what to launch."""
    provider = core.provider(run.task.cluster, run.task.capacity_provider)
    if provider is None or not provider.managed_instances or provider.arn in core.looking:
        return
    core.looking.add(provider.arn)
    core.world.clock.after(REACTION, lambda: _provide(core, provider))


def suitable(provider: CapacityProvider) -> list[InstanceType]:
    """The known types that the provider may launch, cheapest first."""
    template = provider.managed_instances.get("instanceLaunchTemplate", {})
    wanted = template.get("instanceRequirements") or {}
    return sorted(
        (kind for kind in catalogue.all_types().values() if _allowed(kind, wanted)),
        key=lambda kind: (kind.usd_per_hour or 0.0, kind.name),
    )


def idle(core: Core, instance: ContainerInstance) -> None:
    """An instance has lost its last task: it goes, unless it is used again in time."""
    provider = core.provider(instance.cluster, instance.capacity_provider)
    settings = provider.managed_instances if provider else {}
    after = (settings.get("infrastructureOptimization") or {}).get("scaleInAfter")
    if after == NEVER:
        return
    since = core.world.now()

    def leave() -> None:
        if not core.ledger.on_instance(instance.arn) and core.idle_since.get(instance.arn) == since:
            registration.deregister(core, instance, registration.terminated(instance))

    core.idle_since[instance.arn] = since
    core.world.clock.after(DEFAULT_SCALE_IN_AFTER if after is None else float(after), leave)


def _provide(core: Core, provider: CapacityProvider) -> None:
    """Pack what waits onto as few new instances as it takes; what fits none goes on waiting."""
    core.looking.discard(provider.arn)
    runs = [
        run
        for run in core.ledger.waiting.get(provider.cluster, {}).values()
        if run.task.capacity_provider == provider.name and run.task.arn not in core.promised
    ]
    kinds = suitable(provider)
    while runs:
        kind = next((item for item in kinds if not blockers(room_of(item), runs[0].need)), None)
        if kind is None:
            runs = runs[1:]
            continue
        room, left = room_of(kind), []
        for run in runs:
            if blockers(room, run.need):
                left.append(run)
            else:
                room = take(room, run.need)
                core.promised.add(run.task.arn)
        runs = left
        _launch(core, provider, kind)


def _launch(core: Core, provider: CapacityProvider, kind: InstanceType) -> None:
    template = provider.managed_instances.get("instanceLaunchTemplate", {})
    subnets = (template.get("networkConfiguration") or {}).get("subnets") or [""]
    core.launched[provider.arn] += 1
    core.launching[provider.arn] += 1
    subnet = subnets[core.launched[provider.arn] % len(subnets)]
    timings = core.world.scenario.timings
    ec2_id = f"i-{core.world.hex(17)}"

    def registers() -> None:
        instance = registration.container_instance(
            core, provider.cluster, ec2_id, kind.name, core.zone(subnet), subnet
        )
        instance.managed = True
        instance.capacity_provider = provider.name
        registration.register(core, instance)
        idle(core, instance)
        core.launching[provider.arn] -= 1
        core.world.clock.after(2 * REACTION, lambda: _reconsider(core, provider))

    core.world.clock.after(timings.launch + timings.fargate, registers)


def _reconsider(core: Core, provider: CapacityProvider) -> None:
    """Tasks whose instance came, but which others were faster to use, are demand again."""
    if core.launching[provider.arn]:
        return
    for run in list(core.ledger.waiting.get(provider.cluster, {}).values()):
        if run.task.capacity_provider == provider.name:
            core.promised.discard(run.task.arn)
            demanded(core, run)


def _allowed(kind: InstanceType, wanted: Mapping[str, Any]) -> bool:
    allowed = wanted.get("allowedInstanceTypes")
    if allowed and not any(fnmatch.fnmatchcase(kind.name, pattern) for pattern in allowed):
        return False
    excluded = wanted.get("excludedInstanceTypes") or ()
    if any(fnmatch.fnmatchcase(kind.name, pattern) for pattern in excluded):
        return False
    accelerators = kind.gpus or kind.neuron_devices
    if wanted.get("acceleratorTypes") and not accelerators:
        return False
    names = wanted.get("acceleratorNames")
    if names and kind.gpu_name.lower() not in names:
        return False
    return (
        _within(kind.vcpus, wanted.get("vCpuCount"))
        and _within(kind.memory, wanted.get("memoryMiB"))
        and _within(accelerators, wanted.get("acceleratorCount"))
    )


def _within(value: int, limits: Mapping[str, int] | None) -> bool:
    limits = limits or {}
    return limits.get("min", 0) <= value <= (limits.get("max") or value)
