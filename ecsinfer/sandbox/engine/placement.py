"""Which instance a task goes to: room, constraints, zone; then binpack, spread or random in order.

Pure: what is asked and what there is go in, an instance or the reason why not comes out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ecsinfer.capacity.slots import Requirements, Room, blockers
from ecsinfer.sandbox.engine.expressions import matches
from ecsinfer.sandbox.state import ContainerInstance

ZONE = "ecs.availability-zone"

DEFAULT_STRATEGY: tuple[Mapping[str, str], ...] = (
    {"type": "spread", "field": f"attribute:{ZONE}"},
    {"type": "spread", "field": "instanceId"},
)
"""Without a strategy the service scheduler balances zones, then instances."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An instance and what it has left."""

    instance: ContainerInstance
    room: Room


@dataclass(frozen=True, slots=True)
class Wish:
    """A task to place.

    Attributes:
        need: what it takes.
        strategy: placementStrategy; empty for the default.
        constraints: placementConstraints of the service and the task definition.
        zones: where its subnets are; None when any zone will do.
        peers: container instance ARNs of the other tasks of its group, once per task.
    """

    need: Requirements
    strategy: Sequence[Mapping[str, Any]] = ()
    constraints: Sequence[Mapping[str, Any]] = ()
    zones: frozenset[str] | None = None
    peers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """No instance would do.

    Attributes:
        code: RunTask's reason, such as ``RESOURCE:GPU``; empty when there is no instance at all.
        closest: the instance that lacked least; None when there is none.
    """

    code: str = ""
    closest: ContainerInstance | None = None


_LACKS = {
    "RESOURCE:CPU": "has insufficient CPU units available.",
    "RESOURCE:MEMORY": "has insufficient memory available.",
    "RESOURCE:PORTS": "is already using a port required by your task.",
    "ATTRIBUTE": "is missing an attribute required by your task.",
    "AGENT": 'encountered error "AGENT".',
}

_Key: TypeAlias = Callable[[Candidate], float]


def place(candidates: Sequence[Candidate], wish: Wish) -> ContainerInstance | Refusal:
    """The best instance for the task, or why there is none."""
    refusals: list[tuple[int, str, ContainerInstance]] = []
    possible = []
    for candidate in candidates:
        lacking = obstacles(candidate, wish)
        if lacking:
            refusals.append((len(lacking), lacking[0], candidate.instance))
        else:
            possible.append(candidate)
    if possible:
        keys = _keys(wish, [item.instance for item in candidates])
        return min(possible, key=lambda item: [key(item) for key in keys]).instance
    if not refusals:
        return Refusal()
    _, code, closest = min(refusals, key=lambda item: item[0])
    return Refusal(code, closest)


def obstacles(candidate: Candidate, wish: Wish) -> tuple[str, ...]:
    """Why the task cannot go to this instance; empty when it can."""
    instance = candidate.instance
    if not instance.agent_connected:
        return ("AGENT",)
    if not _member(instance, wish):
        return ("ATTRIBUTE",)
    return blockers(candidate.room, wish.need)


def explain(refusal: Refusal, *, provider: bool) -> str:
    """The refusal as a sentence of the service event (J7)."""
    if refusal.closest is None:
        where = "capacity provider" if provider else "cluster"
        return f"Reason: No Container Instances were found in your {where}."
    lacks = _LACKS.get(refusal.code, f'encountered error "{refusal.code}".')
    name = refusal.closest.arn.rpartition("/")[2]
    return f"The closest matching (container-instance {name}) {lacks}"


def attributes(instance: ContainerInstance) -> dict[str, str]:
    """The attributes of an instance, with those every instance has."""
    return {
        ZONE: instance.zone,
        "ecs.instance-type": instance.instance_type,
        **instance.attributes,
    }


def _member(instance: ContainerInstance, wish: Wish) -> bool:
    if wish.zones is not None and instance.zone not in wish.zones:
        return False
    for constraint in wish.constraints:
        if constraint["type"] == "distinctInstance":
            if instance.arn in wish.peers:
                return False
        elif not matches(constraint.get("expression", ""), attributes(instance)):
            return False
    return True


def _keys(wish: Wish, instances: Sequence[ContainerInstance]) -> list[_Key]:
    return [_key(rule, wish, instances) for rule in wish.strategy or DEFAULT_STRATEGY]


def _key(rule: Mapping[str, Any], wish: Wish, instances: Sequence[ContainerInstance]) -> _Key:
    field = str(rule.get("field", "")).lower()
    if rule["type"] == "binpack":
        return (lambda item: item.room.cpu) if field == "cpu" else (lambda item: item.room.memory)
    if rule["type"] == "random":
        return lambda _: 0  # one draw is as random as any: the same in every run
    if field in ("instanceid", "host"):
        counts = Counter(wish.peers)
        return lambda item: counts[item.instance.arn]
    name = str(rule.get("field", "")).removeprefix("attribute:")
    values = {item.arn: attributes(item).get(name, "") for item in instances}
    tally = Counter(values[arn] for arn in wish.peers if arn in values)
    return lambda item: tally[values[item.instance.arn]]
