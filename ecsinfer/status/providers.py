"""The facts of one capacity provider, out of AWS's answers; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ecsinfer.capacity import catalogue, managed_scaling
from ecsinfer.capacity.managed_scaling import ManagedScaling
from ecsinfer.capacity.slots import Requirements, instances_for
from ecsinfer.status.facts import Group, Provider
from ecsinfer.status.services import ABSENT

_LEAVING = frozenset({"DRAINING", "DEREGISTERING", "INACTIVE"})


@dataclass(frozen=True, slots=True)
class Wanting:
    """Equal tasks that wait for an instance: what one needs, and how many there are."""

    need: Requirements
    count: int


def provider(
    key: str,
    name: str,
    seen: Mapping[str, Any],
    group: Mapping[str, Any],
    instances: Iterable[Mapping[str, Any]],
    wanting: Iterable[Wanting],
    measured: Sequence[float],
    now: datetime,
) -> Provider:
    """The facts of the provider.

    Args:
        key: its key in the spec.
        name: its name.
        seen: DescribeCapacityProviders' entry; empty when there is none.
        group: DescribeAutoScalingGroups' entry; empty when there is none.
        instances: DescribeContainerInstances' entries of this provider.
        wanting: the tasks that wait for it.
        measured: CapacityProviderReservation of the last hour, oldest first.
        now: the time.
    """
    if not seen:
        return Provider(key, name, ABSENT)
    listed = list(instances)
    joined = [each for each in listed if each.get("status") not in _LEAVING]
    settings = seen.get("autoScalingGroupProvider", {}).get("managedScaling") or {}
    scaled = settings.get("status") == "ENABLED"
    rules = _rules(settings)
    computed = _reservation(group, listed, wanting, rules) if scaled and group else None
    return Provider(
        key=key,
        name=name,
        status=str(seen.get("status", "")),
        update=str(seen.get("updateStatus") or ""),
        reason=str(seen.get("updateStatusReason") or ""),
        joined=len(joined),
        disconnected=sum(each.get("agentConnected") is False for each in joined),
        draining=len(listed) - len(joined),
        gpus=sum(_gpus(each, "registeredResources") for each in joined),
        gpus_free=sum(_gpus(each, "remainingResources") for each in joined),
        reservation=measured[-1] if measured else computed,
        measured=bool(measured),
        target=rules.target if scaled else None,
        warming=_warming(joined, rules.warmup, now) if scaled else 0.0,
        group=_group(group) if group else None,
    )


def _rules(settings: Mapping[str, Any]) -> ManagedScaling:
    """managedScaling; AWS's default stands for what is not told."""
    default = ManagedScaling()
    return ManagedScaling(
        target=settings.get("targetCapacity", default.target),
        minimum_step=settings.get("minimumScalingStepSize", default.minimum_step),
        maximum_step=settings.get("maximumScalingStepSize", default.maximum_step),
        warmup=settings.get("instanceWarmupPeriod", default.warmup),
    )


def _reservation(
    group: Mapping[str, Any],
    instances: Iterable[Mapping[str, Any]],
    wanting: Iterable[Wanting],
    rules: ManagedScaling,
) -> float:
    """What CloudWatch would say; a daemon's task makes an instance busy here, unlike there."""
    live = [each for each in group.get("Instances", ()) if _live(each)]
    seated = [
        (each.get("runningTasksCount", 0), each.get("pendingTasksCount", 0)) for each in instances
    ]
    busy = sum(running + pending > 0 for running, pending in seated)
    placed = sum(pending for _, pending in seated)
    kind = catalogue.find(_instance_type(group))
    # Of an unknown type, or an empty group's: a model mostly has its instance to itself.
    demands = [
        each.count if kind is None else instances_for([kind], each.need, each.count)
        for each in _waiting(wanting, placed)
    ]
    return managed_scaling.reservation(
        managed_scaling.needed(len(live), busy, demands, rules), len(live)
    )


def _waiting(wanting: Iterable[Wanting], placed: int) -> Iterator[Wanting]:
    """Those of the tasks that have no instance yet: `placed` of them have, and only start."""
    for each in wanting:
        waiting = max(0, each.count - placed)
        placed -= each.count - waiting
        if waiting:
            yield Wanting(each.need, waiting)


def _live(instance: Mapping[str, Any]) -> bool:
    state = str(instance.get("LifecycleState", ""))
    return state == "InService" or state.startswith("Pending")


def _instance_type(group: Mapping[str, Any]) -> str:
    return next((str(each.get("InstanceType", "")) for each in group.get("Instances", ())), "")


def _group(seen: Mapping[str, Any]) -> Group:
    states = [str(each.get("LifecycleState", "")) for each in seen.get("Instances", ())]
    return Group(
        name=seen["AutoScalingGroupName"],
        minimum=seen.get("MinSize", 0),
        desired=seen.get("DesiredCapacity", 0),
        maximum=seen.get("MaxSize", 0),
        in_service=states.count("InService"),
        launching=sum(state.startswith("Pending") for state in states),
        suspended=tuple(each["ProcessName"] for each in seen.get("SuspendedProcesses", ())),
    )


def _gpus(instance: Mapping[str, Any], member: str) -> int:
    return sum(
        len(each.get("stringSetValue", ()))
        for each in instance.get(member, ())
        if each.get("name") == "GPU"
    )


def _warming(joined: Iterable[Mapping[str, Any]], warmup: int, now: datetime) -> float:
    """Counted from the registration: AWS counts from the launch, and shows it nowhere here."""
    ages = [
        (now - each["registeredAt"]).total_seconds() for each in joined if each.get("registeredAt")
    ]
    return max(0.0, min(float(warmup), warmup - min(ages))) if ages else 0.0
