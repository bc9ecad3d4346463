"""How many tasks of a service its capacity can hold at the very most.

An upper bound: what else runs there is left out, so that what it says cannot be is certain.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ecsinfer.capacity import catalogue
from ecsinfer.capacity.slots import Requirements, requirements, slots
from ecsinfer.kinds import reads
from ecsinfer.model import Answer, Observation, Read


@dataclass(frozen=True, slots=True)
class Group:
    """An Auto Scaling group behind a capacity provider.

    Attributes:
        name: of the group.
        most: its MaxSize.
        types: names of the instance types that it may launch.
    """

    name: str
    most: int
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Headroom:
    """A service's capacity.

    Attributes:
        need: what one task takes.
        groups: behind its providers; None when one of them is no Auto Scaling group, and so has
            no bound that could be known.
    """

    need: Requirements
    groups: tuple[Group, ...] | None

    def shortage(self, wanted: int) -> str:
        """Why `wanted` tasks cannot all run; empty when they may."""
        held = [(group, _most_slots(group, self.need)) for group in self.groups or ()]
        if not held or any(each is None for _, each in held):
            return ""
        total = sum(group.most * (each or 0) for group, each in held)
        if total >= wanted:
            return ""
        parts = (
            f"Auto Scaling group {group.name} has a max size of {group.most}, and "
            f"{' or '.join(group.types)} holds {each} of its tasks"
            for group, each in held
        )
        least = f"{wanted} tasks cannot all run, at most {total}" if total else "no task can run"
        return f"{least}: {'; '.join(parts)}"


def observe(service: Mapping[str, Any]) -> Observation[Headroom]:
    """The capacity of a service, by its strategy and the revision it runs."""
    strategy = service.get("capacityProviderStrategy") or ()
    names = [each["capacityProvider"] for each in strategy]
    definition, described = yield (
        reads.task_definition(str(service.get("taskDefinition", ""))),
        reads.capacity_providers(names),
    )
    need = requirements(definition.get("taskDefinition", {}))
    return (yield from _headroom(need, [_group_name(described, name) for name in names]))


def expected(
    need: Requirements, providers: Sequence[str], bound: Mapping[str, str]
) -> Observation[Headroom]:
    """The capacity that a service is to have, as far as the caller may look.

    Args:
        need: what one task takes.
        providers: names, of the service's strategy.
        bound: provider -> Auto Scaling group, of those that may not be there yet.
    """
    others = [name for name in providers if name not in bound]
    described: Answer = {}
    if others:
        (described,) = yield (replace(reads.capacity_providers(others), optional=True),)
    names = [bound.get(name) or _group_name(described, name) for name in providers]
    return (yield from _headroom(need, names))


def _headroom(
    need: Requirements, groups: Sequence[str]
) -> Generator[tuple[Read, ...], tuple[Answer, ...], Headroom]:
    """By the groups of all providers; "" is a provider that has none."""
    if not groups or not all(groups):
        return Headroom(need, None)
    return Headroom(need, (yield from _groups(groups)))


def _group_name(described: Answer, provider: str) -> str:
    found = reads.pick(described, "capacityProviders", "name", provider) or {}
    arn = found.get("autoScalingGroupProvider", {}).get("autoScalingGroupArn", "")
    return str(arn).rpartition("/")[2]


def _groups(
    names: Sequence[str],
) -> Generator[tuple[Read, ...], tuple[Answer, ...], tuple[Group, ...]]:
    answers = yield tuple(replace(reads.auto_scaling_groups(name), optional=True) for name in names)
    found = [
        reads.pick(answer, "AutoScalingGroups", "AutoScalingGroupName", name) or {}
        for name, answer in zip(names, answers, strict=True)
    ]
    used = [group.get("LaunchTemplate") or {} for group in found]
    templates = yield tuple(
        reads.launch_template(each) for each in used if "LaunchTemplateId" in each
    )
    known = {
        each["LaunchTemplateId"]: each.get("LaunchTemplateData", {}).get("InstanceType")
        for answer in templates
        for each in answer.get("LaunchTemplateVersions", ())
    }
    return tuple(
        Group(name, int(group.get("MaxSize", 0)), _types(group, known))
        for name, group in zip(names, found, strict=True)
    )


def _types(group: Mapping[str, Any], known: Mapping[str, str | None]) -> tuple[str, ...]:
    """The types that a group may launch; none when that is not known."""
    mixed = (group.get("MixedInstancesPolicy") or {}).get("LaunchTemplate", {})
    overrides = mixed.get("Overrides", ())
    if any("WeightedCapacity" in each for each in overrides):
        return ()  # MaxSize then counts weights, not instances
    named = [each.get("InstanceType") for each in overrides]
    template = known.get((group.get("LaunchTemplate") or {}).get("LaunchTemplateId", ""))
    running = [each.get("InstanceType") for each in group.get("Instances", ())]
    found = named or ([template] if template else running)
    return tuple(dict.fromkeys(str(each) for each in found)) if all(found) else ()


def _most_slots(group: Group, need: Requirements) -> int | None:
    """Tasks on the roomiest of the group's types; None when a type is not in the catalogue."""
    kinds = [catalogue.find(name) for name in group.types]
    known = [kind for kind in kinds if kind is not None]
    if not known or len(known) < len(kinds):
        return None
    # Whether the account trunks is not asked: with it there is at least as much room.
    return max(slots(kind, need, trunking=True) for kind in known)
