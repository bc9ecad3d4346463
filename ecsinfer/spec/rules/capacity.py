"""What capacity providers may say, each and in a strategy (B3, B5, B6, B18, B23, D3, D12)."""

from __future__ import annotations

from ecsinfer.spec.capacity import (
    FARGATE,
    CapacityProvider,
    CountRange,
    InstanceRequirements,
    ManagedInstances,
    MemoryRange,
)
from ecsinfer.spec.models import Spec
from ecsinfer.spec.rules.findings import Finding, Findings, Subject
from ecsinfer.spec.tree import Path

_GROUP_ONLY = frozenset(
    {
        "target_capacity",
        "scaling_steps",
        "instance_warmup",
        "managed_scaling",
        "termination_protection",
        "draining",
    }
)
_KINDS = ("auto_scaling_group", "managed_instances", "existing")
_USED_AS_IT_IS = frozenset({"existing", "name"})


def kinds(spec: Spec) -> Findings:
    """A provider is of exactly one kind, and has only the settings of its kind."""
    for key, provider in spec.capacity.items():
        if key in FARGATE:
            continue
        chosen = [kind for kind in _KINDS if getattr(provider, kind)]
        if len(chosen) != 1:
            said = f"it has {' and '.join(chosen)}" if chosen else "it has none of them"
            yield Finding(
                ("capacity", key),
                "a capacity provider needs exactly one of auto_scaling_group, managed_instances "
                f"and existing: true; {said}",
                "auto_scaling_group: my-asg",
                because=tuple(("capacity", key, kind) for kind in _KINDS),
            )
            continue
        for name in sorted(_foreign(provider, chosen[0])):
            yield Finding(
                ("capacity", key, name),
                f"this is no setting of a provider with {chosen[0]}, and would have no effect",
                "remove it",
                because=(("capacity", key, chosen[0]),),
            )


def _foreign(provider: CapacityProvider, kind: str) -> set[str]:
    declared = provider.model_fields_set
    if kind == "existing":
        return set(declared - _USED_AS_IT_IS - {"auto_scaling_group", "managed_instances"})
    return set(declared & _GROUP_ONLY) if kind == "managed_instances" else set()


def groups(spec: Spec) -> Findings:
    """An Auto Scaling group has one provider (B3), and settings that fit together (B5, B6)."""
    seen: dict[str, str] = {}
    for key, provider in spec.capacity.items():
        if provider.auto_scaling_group is None:
            continue
        first = seen.setdefault(provider.auto_scaling_group, key)
        if first != key:
            yield Finding(
                ("capacity", key, "auto_scaling_group"),
                f"the Auto Scaling group is {first}'s already, and a group can have one capacity "
                "provider only",
                f"use {first} in the services, or give {key} a group of its own",
            )
        fewest, most = provider.scaling_steps
        if fewest > most:
            yield Finding(
                ("capacity", key, "scaling_steps"),
                f"the fewest instances of a scale-out, {fewest}, are more than the most, {most}",
                f"scaling_steps: [{most}, {fewest}]",
            )
        if provider.termination_protection and not provider.managed_scaling:
            yield Finding(
                ("capacity", key, "termination_protection"),
                "termination protection needs managed scaling, which is switched off",
                "managed_scaling: true",
                because=(("capacity", key, "managed_scaling"),),
            )


def managed_instances(spec: Spec) -> Findings:
    """What Managed Instances must and may require (B23)."""
    for key, provider in spec.capacity.items():
        if provider.managed_instances is not None:
            path = ("capacity", key, "managed_instances")
            yield from _reservations(path, provider.managed_instances)
            if provider.managed_instances.requirements is not None:
                yield from _requirements(
                    (*path, "requirements"), provider.managed_instances.requirements
                )


def _reservations(path: Path, managed: ManagedInstances) -> Findings:
    reserved = managed.capacity_option == "reserved"
    if managed.reservation_group and not reserved:
        yield Finding(
            (*path, "reservation_group"),
            "a reservation group is used only by capacity_option: reserved",
            "capacity_option: reserved",
            because=((*path, "capacity_option"),),
        )
    if reserved and not managed.reservation_group:
        yield Finding(
            (*path, "capacity_option"),
            "reserved capacity needs the resource group of its reservations",
            "reservation_group: arn:aws:resource-groups:...",
            because=((*path, "reservation_group"),),
        )


def _requirements(path: Path, requirements: InstanceRequirements) -> Findings:
    for name in ("vcpu", "memory"):
        if getattr(requirements, name).min is None:
            yield Finding(
                (*path, name, "min"), "AWS requires a minimum here", f"{name}: {{min: 4}}"
            )
    for name in ("vcpu", "memory", "accelerator_count", "accelerator_memory"):
        bounds = getattr(requirements, name)
        if bounds is not None and _empty(bounds):
            yield Finding((*path, name), "the minimum is more than the maximum")
    if requirements.allowed_instance_types and requirements.excluded_instance_types:
        yield Finding(
            (*path, "excluded_instance_types"),
            "allowed and excluded instance types exclude each other on AWS",
            "keep the one that says it shorter",
            because=((*path, "allowed_instance_types"),),
        )


def _empty(bounds: CountRange | MemoryRange) -> bool:
    return bounds.min is not None and bounds.max is not None and bounds.min > bounds.max


def existing_cluster(spec: Spec) -> Findings:
    """A cluster that somebody else manages has no settings here."""
    declared = spec.cluster.model_fields_set - {"name", "existing"}
    for name in sorted(declared) if spec.cluster.existing else ():
        yield Finding(
            ("cluster", name),
            "with existing: true the cluster is never changed, so this would have no effect",
            "remove it, or existing: true",
            because=(("cluster", "existing"),),
        )


def strategy(subject: Subject) -> Findings:
    """A strategy that AWS accepts (B18), of capacity that there is."""
    known = (*subject.spec.capacity, *FARGATE)
    items = subject.strategy
    unknown = [key for key in items if key not in known]
    for key in unknown:
        yield Finding(
            subject.at("capacity", key),
            f"there is no capacity {key}",
            f"one of {', '.join(known)}",
            because=(("capacity", key),),
        )
    if not items and subject.service.overrides.service.get("launchType"):
        return
    if not items:
        yield subject.find(
            "capacity",
            "it is not said where the service runs",
            f"capacity: {{{known[0]}: {{weight: 1, base: 1}}}}",
        )
    elif not any(item.weight for item in items.values()):
        yield subject.find("capacity", "at least one weight must be more than 0", "weight: 1")
    if sum(item.base > 0 for item in items.values()) > 1:
        yield subject.find("capacity", "only one capacity provider can have a base", "base: 0")
    families = {_family(subject.spec, key) for key in items if key not in unknown}
    if len(families) > 1:
        yield subject.find(
            "capacity",
            f"a strategy cannot mix {' and '.join(sorted(families))}",
            "make it two services, or keep one kind of capacity",
        )


def _family(spec: Spec, key: str) -> str:
    if key in FARGATE:
        return "Fargate"
    return "Managed Instances" if spec.capacity[key].managed_instances else "Auto Scaling groups"


def launch_type(subject: Subject) -> Findings:
    """Raw overrides cannot bring back what a capacity provider strategy excludes (D3)."""
    overrides = subject.service.overrides
    if subject.strategy and overrides.service.get("launchType") is not None:
        yield subject.find(
            "overrides.service.launchType",
            "a launch type and a capacity provider strategy exclude each other on AWS",
            "remove it; `capacity` says where the service runs",
        )
    needed = _compatibility(subject)
    declared = subject.task.compatibilities
    if needed and declared and needed not in declared:
        source = "task_definition" if subject.service.task_definition else "overrides"
        yield subject.find(
            source,
            f"requiresCompatibilities is {', '.join(declared)}, but the service runs on "
            f"{_WHERE[needed]}",
            f'"requiresCompatibilities": ["{needed}"]',
            because=("capacity",),
        )


_WHERE = {
    "FARGATE": "Fargate",
    "MANAGED_INSTANCES": "Managed Instances",
    "EC2": "an Auto Scaling group",
}


def _compatibility(subject: Subject) -> str:
    if subject.on_fargate:
        return "FARGATE"
    used = [subject.spec.capacity.get(key) for key in subject.strategy]
    if subject.spec.on_managed_instances(subject.key):
        return "MANAGED_INSTANCES"
    known = used and all(each is not None and each.auto_scaling_group for each in used)
    return "EC2" if known else ""


RULES = (kinds, groups, managed_instances, existing_cluster)
SERVICE_RULES = (strategy, launch_type)
