"""There are instances, or may be, and the task cannot go to any of them."""

from __future__ import annotations

from collections.abc import Iterable

from ecsinfer.capacity import catalogue as types
from ecsinfer.capacity.slots import blockers, room_of
from ecsinfer.diagnose.catalogue import cause
from ecsinfer.diagnose.facts import Facts, Group
from ecsinfer.diagnose.patterns.telltale import Pattern, Telltale, events, sentence
from ecsinfer.events import Cause

_UNPLACED = sentence(r"unable to place a task")
_ATTRIBUTE = sentence(r"missing an attribute required by your task")
_OTHER_ZONES = (
    (
        "name subnets in the instances' zones (network.subnets), or give the Auto Scaling group "
        "subnets in the tasks' zones only"
    ),
)
_LACKING = {
    "RESOURCE:CPU": ("CPU", "resources.cpu"),
    "RESOURCE:MEMORY": ("memory", "resources.memory"),
    "RESOURCE:GPU": ("GPUs", "resources.gpu"),
    "RESOURCE:ENI": ("network interfaces", "network.mode"),
    "RESOURCE:PORTS": ("ports", "ports"),
    "RESOURCE:NEURON": ("Neuron devices", "resources"),
}


def unplaced(facts: Facts) -> list[str]:
    """Events that tell of tasks without a place, while there are such tasks."""
    return [text for text in events(facts) if _UNPLACED.search(text)] if facts.short else []


def fits_nowhere(facts: Facts, group: Group) -> tuple[str, ...]:
    """Why one task fits on no empty instance of the group; empty when it does, or may."""
    kinds = [types.find(name) for name in group.types]
    known = [kind for kind in kinds if kind is not None]
    if not known or len(known) < len(kinds):
        return ()
    lacking = [blockers(room_of(kind), facts.need) for kind in known]
    return min(lacking, key=len) if all(lacking) else ()


def task_too_large(facts: Facts) -> Cause | None:
    """Not even an empty instance would do: managed scaling does not scale out for it."""
    waiting = {task.provider for task in facts.waiting}
    for provider in facts.providers:
        group = provider.group
        if group is None or provider.name not in waiting:
            continue
        lacking = fits_nowhere(facts, group)
        if lacking:
            what = ", ".join(_LACKING[each][0] for each in lacking)
            keys = ", ".join(_LACKING[each][1] for each in lacking)
            return cause(
                "task-too-large",
                f"no instance of Auto Scaling group {group.name} ({', '.join(group.types)}) can "
                f"hold one task: not enough {what}",
                [*unplaced(facts), *_sizes(facts, group)],
                f"lower {keys} of the service, or use larger instances",
            )
    return None


def _sizes(facts: Facts, group: Group) -> Iterable[str]:
    need = facts.need
    gpus = f", {need.gpus} GPUs" if need.gpus > 0 else ""
    yield f"one task takes {need.cpu} CPU units, {need.memory} MiB{gpus}"
    for name in group.types:
        kind = types.find(name)
        if kind is not None:
            yield f"{name} has {kind.cpu} CPU units, about {kind.task_memory} MiB, {kind.gpus} GPUs"


def attribute_missing(facts: Facts) -> Cause | None:
    """A placement constraint, or the zones of the tasks' subnets, rule every instance out."""
    said = [text for text in unplaced(facts) if _ATTRIBUTE.search(text)]
    if not said:
        return None
    zones = {host.zone for host in facts.hosts if host.zone}
    if facts.zones and zones and zones.isdisjoint(facts.zones):
        return cause(
            "subnets-outside-zones",
            f"the instances are in {', '.join(sorted(zones))}, and the tasks' subnets in "
            f"{', '.join(facts.zones)}",
            said,
            *_OTHER_ZONES,
        )
    return cause(
        "placement-constraint-impossible",
        "no instance satisfies the placement constraints",
        [*said, *_constraints(facts)],
        "correct placement.constraints of the service, or launch instances that satisfy them",
    )


def zones_in_vain(facts: Facts) -> Cause | None:
    """The group may not grow any more, and some of it is where the tasks have no subnet."""
    waiting = {task.provider for task in facts.waiting}
    for provider in facts.providers:
        group = provider.group
        if group is None or provider.name not in waiting or group.desired < group.maximum:
            continue
        useless = [each for each in group.instances if each.zone not in facts.zones]
        if facts.zones and useless:
            return cause(
                "subnets-outside-zones",
                f"{len(useless)} of the {len(group.instances)} instances of Auto Scaling group "
                f"{group.name} are in {', '.join(sorted({each.zone for each in useless}))}, where "
                f"the tasks have no subnet: theirs are in {', '.join(facts.zones)}",
                unplaced(facts),
                *_OTHER_ZONES,
            )
    return None


def _constraints(facts: Facts) -> Iterable[str]:
    for source in (facts.service, facts.definition):
        for each in source.get("placementConstraints", ()):
            yield f"{each.get('type')} {each.get('expression', '')}".strip()


PATTERNS: tuple[Pattern, ...] = (
    task_too_large,
    attribute_missing,
    zones_in_vain,
    Telltale(
        "network-interfaces-exhausted",
        sentence(r'encountered error "RESOURCE:ENI"'),
        "the instances have no network interface left for another awsvpc task",
        (
            (
                "turn the account setting awsvpcTrunking on and replace the instances, use larger "
                "ones or more of them, or network.mode bridge"
            ),
        ),
        unplaced,
    ),
    Telltale(
        "provisioning-limit",
        sentence(r"tasks provisioning capacity limit was exceeded"),
        "500 tasks of the cluster wait for capacity already, and no more may",
        ("lower the number of replicas, wait until tasks have found a place, or use two clusters",),
        events,
    ),
    Telltale(
        "zone-rebalancing-impossible",
        sentence(r"unable to place a task in (?P<zone>[a-z]{2}(?:-[a-z]+)+-\d[a-z])\b"),
        "Availability Zone rebalancing cannot start a task in {zone}",
        (
            (
                "launch instances in {zone}, or turn rollout.availability_zone_rebalancing off "
                "(availabilityZoneRebalancing DISABLED)"
            ),
        ),
        events,
    ),
)
