"""There are instances, or may be, and the task cannot go to any of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from ecsinfer.capacity import catalogue as types
from ecsinfer.capacity.slots import blockers, room_of
from ecsinfer.diagnose.catalogue import cause
from ecsinfer.diagnose.facts import Facts, Group
from ecsinfer.diagnose.patterns.telltale import Pattern, Telltale, events, sentence
from ecsinfer.events import Cause, plural

GROWTH = timedelta(minutes=10)
"""How long a group that may still grow is given: managed scaling looks once a minute, an instance
takes five until it has joined, and the first one may come to a zone where no task can go."""

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


def more_are_useless(facts: Facts, group: Group) -> bool:
    """Whether another instance of the group would hold no task either."""
    elsewhere = _apart(facts) and set(group.zones).isdisjoint(facts.zones)
    return bool(fits_nowhere(facts, group) or elsewhere or constraint_impossible(facts))


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
    gpus = f", {plural(need.gpus, 'GPU')}" if need.gpus > 0 else ""
    yield f"one task takes {need.cpu} CPU units, {need.memory} MiB{gpus}"
    for name in group.types:
        kind = types.find(name)
        if kind is not None:
            size = f"{kind.cpu} CPU units, about {kind.task_memory} MiB"
            yield f"{name} has {size}, {plural(kind.gpus, 'GPU')}"


def constraint_impossible(facts: Facts) -> Cause | None:
    """An attribute is missing, and there are constraints that ask for attributes.

    Without any another attribute is meant, and AWS's own words are all there is to tell.
    """
    said = [text for text in unplaced(facts) if _ATTRIBUTE.search(text)]
    constraints = list(_constraints(facts))
    if not said or not constraints or _apart(facts):
        return None
    return cause(
        "placement-constraint-impossible",
        "no instance satisfies the placement constraints",
        [*said, *constraints],
        "correct placement.constraints of the service, or launch instances that satisfy them",
    )


def _constraints(facts: Facts) -> Iterable[str]:
    for source in (facts.service, facts.definition):
        for each in source.get("placementConstraints", ()):
            if each.get("type") != "distinctInstance":
                yield f"{each.get('type')} {each.get('expression', '')}".strip()


def subnets_elsewhere(facts: Facts) -> Cause | None:
    """Instances are where the tasks have no subnet, and the groups' growing does not help."""
    waiting = {task.provider for task in facts.waiting}
    groups = [each.group for each in facts.providers if each.name in waiting and each.group]
    if not facts.zones or any(_may_grow(facts, group) for group in groups):
        return None
    said = unplaced(facts)
    if _apart(facts) and any(_ATTRIBUTE.search(text) for text in said):
        title = (
            f"the instances are in {', '.join(sorted(_zones(facts)))}, and the tasks' subnets in "
        )
        title += ", ".join(facts.zones)
        return cause("subnets-outside-zones", title, said, *_OTHER_ZONES)
    return next((told for group in groups if (told := _in_vain(facts, group))), None)


def _apart(facts: Facts) -> bool:
    zones = _zones(facts)
    return bool(facts.zones and zones) and zones.isdisjoint(facts.zones)


def _zones(facts: Facts) -> set[str]:
    """Where the instances are; the groups know it, too, if container instances may not be seen."""
    zones = {host.zone for host in facts.hosts}
    if facts.hosts_unknown:
        zones |= {each.zone for group in facts.groups for each in group.instances}
    return zones - {""}


def _may_grow(facts: Facts, group: Group) -> bool:
    """Whether the next instance may come to a zone of the tasks, as earlier ones did not."""
    if group.desired >= group.maximum or set(group.zones).isdisjoint(facts.zones):
        return False
    begun = min((task.created for task in facts.waiting if task.created), default=facts.since)
    return facts.now - begun < GROWTH


def _in_vain(facts: Facts, group: Group) -> Cause | None:
    useless = [each for each in group.instances if each.zone not in facts.zones]
    if not useless:
        return None
    zones = ", ".join(sorted({each.zone for each in useless}))
    return cause(
        "subnets-outside-zones",
        f"{len(useless)} of the {plural(len(group.instances), 'instance')} of Auto Scaling group "
        f"{group.name} {'is' if len(useless) == 1 else 'are'} in {zones}, where the tasks have no "
        f"subnet: theirs are in {', '.join(facts.zones)}",
        unplaced(facts),
        *_OTHER_ZONES,
    )


PATTERNS: tuple[Pattern, ...] = (
    task_too_large,
    subnets_elsewhere,
    constraint_impossible,
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
