"""Auto Scaling groups, only to scale them to zero when a destroy was told to (F1, F4).

A group is the user's: it is never created, deleted or sized, but for the flag that says so. It is
scaled in while its capacity provider is still attached and the services are gone: then ECS answers
the draining hook, which would hold every instance for an hour once the provider is detached (F3),
and managed scaling has no task to launch an instance for (F5). Protection is lifted first, because
ECS lifts it from nobody (F2).
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ecsinfer.events import are, plural
from ecsinfer.kinds import others, ownership, reads
from ecsinfer.kinds.others import ForeignTask, Leaving, Others
from ecsinfer.model import (
    Answer,
    Call,
    Change,
    Observation,
    Pending,
    Read,
    Ready,
    Settle,
    Step,
    Verb,
    Verdict,
)

EMPTY_WITHIN = 4500.0
"""Seconds: a lifecycle hook may hold an instance for an hour (F1)."""
MOST_PROTECTED = 50
"""Instances that one SetInstanceProtection may name (F2)."""
NAMED = 5
"""Most instances that a message names."""
_LIFTABLE = frozenset({"InService", "EnteringStandby", "Standby"})
"""Lifecycle states in which AWS lets the protection of an instance be set."""


@dataclass(frozen=True, slots=True)
class AutoScalingGroup:
    """A group that is to be empty.

    Attributes:
        name: of the group.
        application: who owns the provider and the cluster.
        provider: our capacity provider over the group.
        cluster: which its instances join.
        leaving: what the destroy takes away, to tell it from other people's.
        retain: why destroy must leave it, if it must.
    """

    name: str
    application: str
    provider: str
    cluster: str
    leaving: Leaving | None = None
    retain: str = ""


@dataclass(frozen=True, slots=True)
class ObservedGroup:
    """What is there, as long as something of the group stands in the cluster's way.

    Attributes:
        group: DescribeAutoScalingGroups' entry; empty when the group is gone.
        cluster: DescribeClusters' entry.
        provider: DescribeCapacityProviders' entry; empty when the provider is gone.
        others: what in the cluster is not the application's.
        registered: container instances in the cluster that are the group's, or were: ARN -> EC2 id.
    """

    group: Mapping[str, Any]
    cluster: Mapping[str, Any]
    provider: Mapping[str, Any]
    others: Others = field(default_factory=Others)
    registered: Mapping[str, str] = field(default_factory=dict)

    @property
    def sizes(self) -> tuple[int, int]:
        """MinSize and DesiredCapacity."""
        return int(self.group.get("MinSize", 0)), int(self.group.get("DesiredCapacity", 0))

    @property
    def instances(self) -> tuple[str, ...]:
        """Ids of the group's instances."""
        return tuple(each["InstanceId"] for each in self.group.get("Instances", ()))

    @property
    def protected(self) -> tuple[str, ...]:
        """Ids of the instances whose protection can be lifted."""
        return tuple(
            each["InstanceId"]
            for each in self.group.get("Instances", ())
            if each.get("ProtectedFromScaleIn") and each.get("LifecycleState") in _LIFTABLE
        )


class AutoScalingGroupKind:
    """Knows how to empty an Auto Scaling group."""

    name: ClassVar[str] = "auto-scaling-group"

    def observe(
        self, desired: AutoScalingGroup, saved: Mapping[str, str]
    ) -> Observation[ObservedGroup | None]:
        """The group; None when nothing of it stands in the way of deleting the cluster."""
        clusters, providers, groups = yield (
            reads.clusters(desired.cluster),
            reads.capacity_providers([desired.provider]),
            reads.auto_scaling_groups(desired.name),
        )
        cluster = reads.alive(reads.pick(clusters, "clusters", "clusterName", desired.cluster))
        if cluster is None:
            return None
        provider = reads.alive(reads.pick(providers, "capacityProviders", "name", desired.provider))
        group = reads.pick(groups, "AutoScalingGroups", "AutoScalingGroupName", desired.name) or {}
        found = yield from others.look(desired.leaving)
        registered = yield from _registered(desired, group)
        seen = ObservedGroup(group, cluster, provider or {}, found, registered)
        in_the_way = seen.instances or any(seen.sizes) or seen.registered
        # Without a provider the group is ours to empty only where it is what holds the cluster.
        return seen if in_the_way and (seen.provider or seen.registered) else None

    def diff(
        self, desired: AutoScalingGroup, observed: ObservedGroup | None
    ) -> tuple[Verb, tuple[Change, ...]]:
        """Nothing: no deploy sizes a group."""
        return Verb.KEEP, ()

    def steps(
        self, desired: AutoScalingGroup, observed: ObservedGroup | None, verb: Verb
    ) -> tuple[Step, ...]:
        """None: no deploy sizes a group."""
        return ()

    def teardown(
        self, desired: AutoScalingGroup, observed: ObservedGroup | None
    ) -> tuple[Verb, str, tuple[Step, ...]]:
        """Lift the protection, scale to zero, and wait until the instances have left."""
        if observed is None:
            return Verb.KEEP, "nothing of it is in the way", ()
        why = _reason_to_retain(desired, observed)
        if why:
            return Verb.RETAIN, why, ()
        return (
            Verb.UPDATE,
            _told(observed),
            (*_calls(desired, observed), Settle("gone", EMPTY_WITHIN)),
        )

    def verdict(
        self,
        desired: AutoScalingGroup,
        observed: ObservedGroup | None,
        saved: Mapping[str, str],
    ) -> Verdict:
        """Who is still there, and what holds them."""
        if observed is None:
            return Ready()
        if observed.instances:
            return Pending(_held(observed))
        if not observed.registered:
            return Pending(f"Auto Scaling group {desired.name} is being changed")
        # An instance whose agent was disconnected when it ended is never deregistered (F4).
        return Pending(
            f"{_names(tuple(observed.registered.values()))} ended and {are(len(observed.registered))} "
            f"still registered with cluster "
            f"{desired.cluster}; if that lasts: aws ecs deregister-container-instance --force"
        )

    def outputs(self, desired: AutoScalingGroup, observed: ObservedGroup) -> Mapping[str, str]:
        """``name``."""
        return {"name": desired.name}


def _registered(
    desired: AutoScalingGroup, group: Mapping[str, Any]
) -> Generator[tuple[Read, ...], tuple[Answer, ...], dict[str, str]]:
    """The cluster's instances that belong to the group, or came through its provider."""
    (listed,) = yield (reads.container_instances(desired.cluster),)
    described = yield reads.described_container_instances(desired.cluster, listed)
    members = {each["InstanceId"] for each in group.get("Instances", ())}
    return {
        str(each["containerInstanceArn"]): str(each.get("ec2InstanceId"))
        for answer in described
        for each in answer.get("containerInstances", ())
        if each.get("capacityProviderName") == desired.provider
        or each.get("ec2InstanceId") in members
    }


def _reason_to_retain(desired: AutoScalingGroup, observed: ObservedGroup) -> str:
    if desired.retain:
        return desired.retain
    if not ownership.ours(ownership.tag_map(observed.cluster.get("tags")), desired.application):
        return f"cluster {desired.cluster} has no tag {ownership.APP}={desired.application}"
    serving = observed.others.serving(observed.cluster)
    if serving:
        return f"cluster {desired.cluster}: {serving}"
    guests = _guests(desired, observed)
    if guests:
        return (
            f"{others.told(guests)} would end with the instances, and no service of this "
            "application runs that; once it has ended, run destroy again"
        )
    return _not_our_group(desired, observed) if observed.provider else ""


def _guests(desired: AutoScalingGroup, observed: ObservedGroup) -> tuple[ForeignTask, ...]:
    """Other people's tasks on the group's instances, or waiting for one."""
    return tuple(
        each
        for each in observed.others.tasks
        if each.instance in observed.registered or each.provider == desired.provider
    )


def _not_our_group(desired: AutoScalingGroup, observed: ObservedGroup) -> str:
    provider = observed.provider
    if not ownership.ours(ownership.tag_map(provider.get("tags")), desired.application):
        return (
            f"capacity provider {desired.provider} has no tag {ownership.APP}={desired.application}"
        )
    bound = str(provider.get("autoScalingGroupProvider", {}).get("autoScalingGroupArn", ""))
    if observed.group and bound != observed.group.get("AutoScalingGroupARN"):
        return f"capacity provider {desired.provider} is bound to another group: {bound}"
    return ""


def _calls(desired: AutoScalingGroup, observed: ObservedGroup) -> tuple[Call, ...]:
    ids = observed.protected
    lift = [
        Call(
            "autoscaling",
            "SetInstanceProtection",
            {
                "AutoScalingGroupName": desired.name,
                "InstanceIds": list(ids[start : start + MOST_PROTECTED]),
                "ProtectedFromScaleIn": False,
            },
            retry_on=frozenset({"busy"}),
            parts="InstanceIds",
        )
        for start in range(0, len(ids), MOST_PROTECTED)
    ]
    if not any(observed.sizes):
        return tuple(lift)
    scale = Call(
        "autoscaling",
        "UpdateAutoScalingGroup",
        {"AutoScalingGroupName": desired.name, "MinSize": 0, "DesiredCapacity": 0},
        retry_on=frozenset({"busy"}),
    )
    return (*lift, scale)


def _told(observed: ObservedGroup) -> str:
    """What the plan says of it: the sizes as they were, so that they can be restored by hand."""
    least, wanted = observed.sizes
    parts = [f"DesiredCapacity {wanted} -> 0"]
    parts += [f"MinSize {least} -> 0"] if least else []
    if observed.protected:
        parts.append(f"lifts scale-in protection of {_names(observed.protected)}")
    if observed.instances:
        same = observed.instances == observed.protected
        parts.append(f"terminates {'them' if same else _names(observed.instances)}")
    return ", ".join(parts)


def _held(observed: ObservedGroup) -> str:
    text = f"{_names(observed.instances)} {are(len(observed.instances))} leaving"
    suspended = {each.get("ProcessName") for each in observed.group.get("SuspendedProcesses", ())}
    if "Terminate" in suspended:
        return (
            f"{text}; the group's process Terminate is suspended: aws autoscaling resume-processes"
        )
    if observed.protected:
        return (
            f"{text}; {_names(observed.protected)} {are(len(observed.protected))} protected from "
            "scale-in: run destroy again"
        )
    held = tuple(
        each["InstanceId"]
        for each in observed.group.get("Instances", ())
        if each.get("LifecycleState") == "Terminating:Wait"
    )
    return f"{text}; a lifecycle hook holds {_names(held)}" if held else text


def _names(ids: tuple[str, ...]) -> str:
    named = ", ".join(ids[:NAMED])
    more = ", ..." if len(ids) > NAMED else ""
    return f"{plural(len(ids), 'instance')} ({named}{more})"
