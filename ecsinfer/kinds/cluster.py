"""ECS clusters: settings and configuration; never capacity providers (A2)."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ecsinfer.errors import PreflightError
from ecsinfer.kinds import namespaces, others, ownership, reads
from ecsinfer.kinds.compare import differences, verb_for
from ecsinfer.kinds.others import Leaving, Others
from ecsinfer.model import (
    Answer,
    Call,
    Change,
    Failed,
    Observation,
    Pending,
    Read,
    Ready,
    Settle,
    Step,
    Verb,
    Verdict,
)

CREATE_WITHIN = 600.0
DELETE_WITHIN = 1200.0
NAMED = 5
"""Most container instances that a message names."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """What is wanted of a cluster.

    Attributes:
        name: of the cluster.
        application: who owns it.
        tags: ours and the user's.
        settings: ``containerInsights`` and the like, name -> value; what is not declared is left
            to the account's settings (A5).
        configuration: execute-command and managed-storage configuration in API form.
        service_connect_defaults: in API form.
        existing: it is only read, never written.
        groups: Auto Scaling groups whose instances join it, named when destroy has to keep it.
        managed: Managed Instances providers of the application, whose instances go with them.
        emptied: provider -> Auto Scaling group, of the groups that destroy scales to zero before.
        leaving: what a destroy takes away; None otherwise.
        adopt: whether a foreign namesake may be changed.
        retain: why destroy must leave it, if it must.
    """

    name: str
    application: str
    tags: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    configuration: Mapping[str, Any] = field(default_factory=dict)
    service_connect_defaults: Mapping[str, Any] = field(default_factory=dict)
    existing: bool = False
    groups: tuple[str, ...] = ()
    managed: tuple[str, ...] = ()
    emptied: Mapping[str, str] = field(default_factory=dict)
    leaving: Leaving | None = None
    adopt: bool = False
    retain: str = ""


@dataclass(frozen=True, slots=True)
class ObservedCluster:
    """What is there.

    Attributes:
        cluster: DescribeClusters' entry.
        others: what in it is not the application's, as far as anybody asked.
        instances: how many container instances will not go by themselves.
        names: ids of the first of them, as far as anybody asked.
    """

    cluster: Mapping[str, Any]
    others: Others = field(default_factory=Others)
    instances: int = 0
    names: tuple[str, ...] = ()

    @property
    def tags(self) -> dict[str, str]:
        """Its tags."""
        return ownership.tag_map(self.cluster.get("tags"))


class ClusterKind:
    """Knows ECS clusters."""

    name: ClassVar[str] = "cluster"

    def observe(
        self, desired: Cluster, saved: Mapping[str, str]
    ) -> Observation[ObservedCluster | None]:
        """The cluster unless INACTIVE, which is a deleted one that AWS still shows (A3)."""
        (answer,) = yield (reads.clusters(desired.name),)
        found = reads.alive(reads.pick(answer, "clusters", "clusterName", desired.name))
        if found is None:
            return None
        found = yield from _with_namespace(desired, found)
        seen = yield from others.look(desired.leaving)
        registered = int(found.get("registeredContainerInstancesCount", 0))
        if desired.leaving is None or not registered:
            return ObservedCluster(found, seen, registered)
        staying, names = yield from _staying(desired)
        return ObservedCluster(found, seen, staying, names)

    def diff(
        self, desired: Cluster, observed: ObservedCluster | None
    ) -> tuple[Verb, tuple[Change, ...]]:
        """Declared settings, configuration and tags.

        Raises:
            OwnershipError: it exists and is not ours.
            PreflightError: it is marked as existing and is not there.
        """
        if desired.existing:
            if observed is None:
                raise PreflightError(
                    f"cluster {desired.name} does not exist, and the spec says that it does",
                    hint="create it, correct its name or region, or let ecsinfer create it by "
                    "dropping `existing` from the spec",
                )
            return Verb.KEEP, ()
        if observed is None or observed.cluster.get("status") == "DEPROVISIONING":
            return Verb.CREATE, ()
        ownership.require_ours(
            f"cluster {desired.name}", observed.tags, desired.application, adopt=desired.adopt
        )
        changes = _changes(desired, observed)
        return verb_for(changes, self.verdict(desired, observed, {})), changes

    def steps(
        self, desired: Cluster, observed: ObservedCluster | None, verb: Verb
    ) -> tuple[Step, ...]:
        """Create and wait for ACTIVE (A4); or one UpdateCluster with what differs (A8)."""
        ready = Settle("ready", CREATE_WITHIN)
        if verb is Verb.CREATE:
            gone = () if observed is None else (Settle("gone", DELETE_WITHIN),)
            return (*gone, _create(desired), ready)
        if verb is Verb.UPDATE and observed is not None:
            return (*_update(desired, observed), ready)
        return (ready,) if verb is Verb.AWAIT else ()

    def teardown(
        self, desired: Cluster, observed: ObservedCluster | None
    ) -> tuple[Verb, str, tuple[Step, ...]]:
        """Deleted only if it is ours and empty (A11, F4)."""
        if observed is None:
            return Verb.KEEP, "", ()
        why = _reason_to_retain(desired, observed)
        if why:
            return Verb.RETAIN, why, ()
        gone = Settle("gone", DELETE_WITHIN)
        if observed.cluster.get("status") == "DEPROVISIONING":
            return Verb.DELETE, "its deletion is under way", (gone,)
        delete = Call(
            "ecs",
            "DeleteCluster",
            {"cluster": desired.name},
            saves={"deleted": "cluster.status"},
            retry_on=frozenset({"busy", "in-use", "gone"}),
        )
        return Verb.DELETE, "", (delete, gone)

    def verdict(
        self, desired: Cluster, observed: ObservedCluster | None, saved: Mapping[str, str]
    ) -> Verdict:
        """By status; one that AWS adds later is waited out until the deadline."""
        if observed is None:
            return Pending(f"cluster {desired.name} is not visible yet")
        status = observed.cluster.get("status", "")
        if status == "FAILED" and "deleted" not in saved:
            attachments = observed.cluster.get("attachments", ())
            evidence = tuple(f"{each.get('type')}: {each.get('status')}" for each in attachments)
            return Failed(f"cluster {desired.name} is FAILED", evidence)
        if status == "ACTIVE" and "deleted" not in saved:
            return Ready()
        return Pending(f"cluster {desired.name} is {status}")

    def outputs(self, desired: Cluster, observed: ObservedCluster) -> Mapping[str, str]:
        """``name`` and ``arn``."""
        return {"name": desired.name, "arn": observed.cluster.get("clusterArn", "")}


def _with_namespace(desired: Cluster, found: Mapping[str, Any]) -> Observation[Mapping[str, Any]]:
    """The cluster with its default namespace, which AWS shows by ARN, in the declared form."""
    shown = found.get("serviceConnectDefaults", {})
    connect = yield from namespaces.as_declared(
        desired.service_connect_defaults, shown, str(found.get("clusterArn", ""))
    )
    return {**found, "serviceConnectDefaults": connect} if connect is not shown else found


def _pairs(settings: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": settings[name]} for name in sorted(settings)]


def _create(desired: Cluster) -> Call:
    params: dict[str, Any] = {
        "clusterName": desired.name,
        "tags": ownership.tag_list(desired.tags),
        "settings": _pairs(desired.settings),
        "configuration": dict(desired.configuration),
        "serviceConnectDefaults": dict(desired.service_connect_defaults),
    }
    return Call(
        "ecs",
        "CreateCluster",
        {key: value for key, value in params.items() if value},
        # A1: after a lost answer the same arguments give the same cluster; A13: a new account.
        retry_on=frozenset({"consistency", "exists"}),
    )


def _update(desired: Cluster, observed: ObservedCluster) -> tuple[Call, ...]:
    touched = {change.path.partition(".")[0] for change in _changes(desired, observed)}
    fields = {
        "settings": _pairs(desired.settings),
        "configuration": dict(desired.configuration),
        "serviceConnectDefaults": dict(desired.service_connect_defaults),
    }
    calls = []
    changed = {key: value for key, value in fields.items() if key in touched}
    if changed:
        calls.append(
            Call(
                "ecs",
                "UpdateCluster",
                {"cluster": desired.name, **changed},
                retry_on=frozenset({"busy"}),
            )
        )
    if "tags" in touched:
        calls.append(
            Call(
                "ecs",
                "TagResource",
                {
                    "resourceArn": observed.cluster["clusterArn"],
                    "tags": ownership.tag_list(desired.tags),
                },
            )
        )
    return tuple(calls)


def _changes(desired: Cluster, observed: ObservedCluster) -> tuple[Change, ...]:
    cluster = observed.cluster
    settings = {item["name"]: item.get("value") for item in cluster.get("settings", ())}
    return (
        *differences(desired.settings, settings, path="settings"),
        *differences(desired.configuration, cluster.get("configuration", {}), path="configuration"),
        *differences(
            desired.service_connect_defaults,
            cluster.get("serviceConnectDefaults", {}),
            path="serviceConnectDefaults",
        ),
        *ownership.tag_changes(desired.tags, observed.tags),
    )


def _reason_to_retain(desired: Cluster, observed: ObservedCluster) -> str:
    if desired.existing:
        return "the spec marks it as existing"
    if desired.retain:
        return desired.retain
    if not ownership.ours(observed.tags, desired.application):
        return f"it has no tag {ownership.APP}={desired.application}"
    serving = observed.others.serving(observed.cluster)
    if serving:
        return serving
    if observed.others.tasks:
        return (
            f"{others.told(observed.others.tasks)}: not of a service of this application; once "
            "they have ended, run destroy again"
        )
    return _instances_in_the_way(desired, observed) if observed.instances else ""


def _staying(
    desired: Cluster,
) -> Generator[tuple[Read, ...], tuple[Answer, ...], tuple[int, tuple[str, ...]]]:
    """How many container instances stay when our providers are gone, and the first ones' ids."""
    listed, *groups = yield (
        reads.container_instances(desired.name),
        *(reads.auto_scaling_groups(name) for name in desired.emptied.values()),
    )
    arns = list(listed.get("containerInstanceArns", ()))
    leaving = {*desired.managed, *desired.emptied}
    if not (arns and leaving):
        return len(arns), tuple(arn.rpartition("/")[2] for arn in arns[:NAMED])
    members = {
        each["InstanceId"]
        for name, answer in zip(desired.emptied.values(), groups, strict=True)
        for each in (
            reads.pick(answer, "AutoScalingGroups", "AutoScalingGroupName", name) or {}
        ).get("Instances", ())
    }
    described = yield reads.described_container_instances(desired.name, listed)
    staying = [
        each["containerInstanceArn"].rpartition("/")[2]
        for answer in described
        for each in answer.get("containerInstances", ())
        if each.get("capacityProviderName") not in leaving
        and each.get("ec2InstanceId") not in members
    ]
    return len(staying), tuple(staying[:NAMED])


def _instances_in_the_way(desired: Cluster, observed: ObservedCluster) -> str:
    # The instances belong to the user's Auto Scaling groups: ecsinfer does not stop them, and AWS
    # does not delete a cluster that has any (A11, F1, F4).
    names = ", ".join(observed.names)
    more = ", ..." if observed.instances > len(observed.names) else ""
    which = f" ({names}{more})" if names else ""
    groups = " and ".join(desired.groups) or "that launched them"
    return (
        f"container instances are registered with it: {observed.instances}{which}; run destroy "
        f"again with --scale-groups-to-zero, or when Auto Scaling group {groups} is empty"
    )
