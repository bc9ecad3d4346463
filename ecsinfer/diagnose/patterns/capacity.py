"""Too few instances: EC2 has none, may not launch them, or nobody asks it to."""

from __future__ import annotations

from collections.abc import Iterable

from ecsinfer.capacity import catalogue as types
from ecsinfer.capacity.slots import slots
from ecsinfer.diagnose.catalogue import cause
from ecsinfer.diagnose.facts import Facts, Group, Provider
from ecsinfer.diagnose.patterns.placement import more_are_useless, unplaced
from ecsinfer.diagnose.patterns.telltale import Pattern, Telltale, sentence
from ecsinfer.events import Cause, plural


def refusals(facts: Facts) -> Iterable[str]:
    """Why EC2 launched nothing, while tasks wait: only the groups' activities tell (F6)."""
    if not facts.short:
        return ()
    return (each.message for each in facts.activities if each.status in ("Failed", "Cancelled"))


# AWS puts the error's code before its sentence, so what the sentence names is looked for ahead.
NO_CAPACITY = sentence(
    r"(?=(?:.*?(?:launch|no) (?P<spot>Spot)\b)?)"
    r"(?=(?:.*?do not have sufficient (?P<type>\S+) capacity"
    r"(?: in the Availability Zone you requested \((?P<zone>\S+?)\))?)?)"
    r".*?(?:do not have sufficient \S+ capacity|InsufficientInstanceCapacity"
    r"|UnfulfillableCapacity|no Spot capacity available)"
)
QUOTA = sentence(
    r"(?=(?:.*?current vCPU limit of (?P<limit>\d+))?)"
    r".*?(?:current vCPU limit of|VcpuLimitExceeded|InstanceLimitExceeded)"
)
SPOT_QUOTA = sentence(r"Max ?Spot ?Instance ?Count ?Exceeded")
_NO_FARGATE = sentence(r"Capacity is unavailable at this time")
_FARGATE = {"FARGATE": "Fargate", "FARGATE_SPOT": "Fargate Spot"}
_PROTECTED = sentence(r"protected from scale-in")
_NO_ROOM = sentence(
    r"^(?:TaskFailedToStart: )?(?:EMPTY CAPACITY PROVIDER|RESOURCE:\w+|ATTRIBUTE)\b"
)


def launch_failed(facts: Facts) -> Cause | None:
    """EC2 refused for a reason that no other pattern knows."""
    known = (NO_CAPACITY, QUOTA, SPOT_QUOTA, _PROTECTED)
    said = [
        text for text in refusals(facts) if text and not any(each.search(text) for each in known)
    ]
    if not said:
        return None
    return cause(
        "launch-failed",
        "EC2 refuses to launch the Auto Scaling group's instances",
        said,
        "correct the launch template, or what it refers to; the group tries again by itself",
    )


def fargate_full(facts: Facts) -> Cause | None:
    """Fargate has no host; which of its two kinds is not said (J7)."""
    said = [text for text in unplaced(facts) if _NO_FARGATE.search(text)]
    if not said:
        return None
    strategy = facts.service.get("capacityProviderStrategy", ())
    kinds = [_FARGATE[name] for each in strategy if (name := each["capacityProvider"]) in _FARGATE]
    spot = (
        "use FARGATE in place of FARGATE_SPOT (capacity): ECS does not turn to it by itself"
        if "Fargate Spot" in kinds
        else ""
    )
    where = f" in {', '.join(facts.zones)}" if facts.zones else ""
    return cause(
        "no-fargate-capacity",
        f"{' or '.join(kinds or ['Fargate'])} has no capacity left{where}",
        said,
        "add subnets in other zones (network.subnets): ECS starts tasks where there is capacity",
        *filter(None, [spot]),
        "waiting may help: ECS tries again by itself",
    )


def group_at_maximum(facts: Facts) -> Cause | None:
    """Tasks wait, and their group may not grow any more."""
    for provider in facts.providers:
        group = provider.group
        waiting = sum(task.provider == provider.name for task in facts.waiting)
        if group is None or not waiting or group.desired < group.maximum:
            continue
        if more_are_useless(facts, group) or _on_their_way(facts, group) >= waiting:
            continue
        return cause(
            "group-at-maximum",
            f"{plural(waiting, 'task')} {'waits' if waiting == 1 else 'wait'} for room, and Auto "
            f"Scaling group {group.name} has its maximum of {plural(group.maximum, 'instance')}",
            (event.text for event in facts.events if "unable to place" in event.text),
            f"raise the maximum size of Auto Scaling group {group.name}",
            *_without_surge(facts),
        )
    return None


def _on_their_way(facts: Facts, group: Group) -> int:
    """How many tasks the instances will hold that have not joined yet; 0 if that is not known."""
    if facts.hosts_unknown:
        return 0
    registered = {host.instance for host in facts.hosts}
    coming = [each for each in group.instances if each.id not in registered]
    kinds = [types.find(each.type) for each in coming]
    return sum(slots(kind, facts.need) if kind else 1 for kind in kinds)


def _without_surge(facts: Facts) -> tuple[str, ...]:
    old = [
        task for task in facts.tasks if task.deployment != facts.deployment and not task.stopping
    ]
    if not old:
        return ()
    return (
        (
            f"or let the rollout stop old tasks first, of which {len(old)} hold the room: lower "
            "rollout.minimum_healthy below 100 (minimumHealthyPercent)"
        ),
    )


def no_room_in_time(facts: Facts) -> Cause | None:
    """ECS stopped tasks that no instance with room came for (containers-roadmap 2381)."""
    said = [text for text in facts.reasons if _NO_ROOM.search(text)]
    if not said:
        return None
    sizes = (
        f"{group.name}: {len(group.instances)} of at most {group.maximum} instances"
        for group in facts.groups
    )
    full = [group.name for group in facts.groups if len(group.instances) >= group.maximum]
    return cause(
        "no-room-in-time",
        "tasks waited for up to half an hour for an instance with room, and were stopped",
        [*said, *sizes],
        *(f"raise the maximum size of Auto Scaling group {name}" for name in full),
        "find out why no instance came while tasks wait: deploy again, and run ecsinfer explain",
    )


def group_suspended(facts: Facts) -> Cause | None:
    """The group was told not to launch."""
    for group in facts.groups:
        if facts.short and "Launch" in group.suspended:
            return cause(
                "group-suspended",
                f"Auto Scaling group {group.name} does not launch instances: its Launch process "
                "is suspended",
                (f"SuspendedProcesses: {', '.join(group.suspended)}",),
                f"aws autoscaling resume-processes --auto-scaling-group-name {group.name}",
            )
    return None


def managed_scaling_off(facts: Facts) -> Cause | None:
    """Tasks wait, and nobody scales the group out."""
    waiting = {task.provider for task in facts.waiting}
    for provider in facts.providers:
        if provider.name in waiting and provider.group and not provider.scaling:
            return cause(
                "managed-scaling-off",
                f"tasks wait, and nothing scales Auto Scaling group {provider.group.name} out: "
                f"managed scaling of capacity provider {provider.name} is DISABLED",
                (),
                "enable managed scaling, or raise the group's desired capacity by hand",
            )
    return None


def provider_failed(facts: Facts) -> Cause | None:
    """The provider or its association is not in order."""
    broken = [_state(each) for each in facts.providers if _failed(each)]
    if facts.attachments:
        broken.append(f"attachmentsStatus: {facts.attachments}")
    if not broken:
        return None
    return cause(
        "capacity-provider-failed",
        "a capacity provider, or its association with the cluster, is in a failed state",
        broken,
        "deploy again: a failed update or association is sent once more",
    )


def _failed(provider: Provider) -> bool:
    return provider.update_status.endswith("FAILED") or provider.status == "INACTIVE"


def _state(provider: Provider) -> str:
    words = (provider.name, provider.status, provider.update_status, provider.update_reason)
    return " ".join(word for word in words if word)


PATTERNS: tuple[Pattern, ...] = (
    provider_failed,
    Telltale(
        "vcpu-quota",
        QUOTA,
        "the account's vCPU quota[ {limit}] for this kind of instance is used up",
        (
            (
                "ask for a higher EC2 quota (Service Quotas: Running On-Demand G and VT instances "
                "L-DB2E81BA, P instances L-417A185B, Spot L-3819A6DF): it counts vCPUs"
            ),
            "or use smaller instances, or fewer",
        ),
        refusals,
    ),
    Telltale(
        "vcpu-quota",
        SPOT_QUOTA,
        "the account's vCPU quota for Spot Instances is used up",
        (
            (
                "ask for a higher EC2 quota (Service Quotas: All G and VT Spot Instance Requests "
                "L-3819A6DF): it counts vCPUs"
            ),
            "or use smaller instances, or fewer, or On-Demand ones",
        ),
        refusals,
    ),
    Telltale(
        "no-capacity-in-zone",
        NO_CAPACITY,
        "EC2 has no[ {spot}][ {type}] instances left[ in {zone}]",
        (
            (
                "add zones or other instance types to the Auto Scaling group (a mixed instances "
                "policy), or reserve capacity"
            ),
            (
                "[let a part of the group be On-Demand (OnDemandBaseCapacity): {spot} capacity is "
                "what others leave]"
            ),
            "waiting may help: the group tries again by itself",
        ),
        refusals,
        listed=("type", "zone"),
    ),
    launch_failed,
    fargate_full,
    group_suspended,
    managed_scaling_off,
    group_at_maximum,
    no_room_in_time,
)
