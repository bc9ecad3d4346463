"""Which capacity providers a cluster may use: merged, never replaced (B15).

PutClusterCapacityProviders replaces the whole list and AWS has no conditional write, so the list
is read, merged, written while the cluster is idle (A9), and read again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ecsinfer.kinds import others, ownership, reads
from ecsinfer.kinds.compare import verb_for
from ecsinfer.kinds.others import Leaving, Others
from ecsinfer.model import (
    Call,
    Change,
    Failed,
    Observation,
    Pending,
    Ready,
    Settle,
    Step,
    Verb,
    Verdict,
)

WITHIN = 600.0
_BUSY = frozenset({"UPDATE_IN_PROGRESS", "UPDATING"})

Strategy = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ClusterAssociation:
    """What is wanted of a cluster's providers.

    Attributes:
        cluster: its name.
        application: who owns the providers.
        providers: names that must be attached; Managed Instances never (B22).
        created: those of them that the application creates, which destroy detaches.
        joining: names that another node of this run attaches first; a put must name them too.
        cluster_scoped: Managed Instances providers of the cluster: AWS lists them with the others,
            and a put must not name them (B22).
        default_strategy: the cluster's default strategy; None leaves it alone.
        leaving: what a destroy takes away; None otherwise.
        retain: why destroy must leave the list alone, if it must.
    """

    cluster: str
    application: str
    providers: tuple[str, ...]
    created: tuple[str, ...] = ()
    joining: tuple[str, ...] = ()
    cluster_scoped: tuple[str, ...] = ()
    default_strategy: tuple[Mapping[str, Any], ...] | None = None
    leaving: Leaving | None = None
    retain: str = ""


@dataclass(frozen=True, slots=True)
class ObservedAssociation:
    """What is there.

    Attributes:
        cluster: DescribeClusters' entry.
        ours: those of `created` that carry our tag.
        scoped: Managed Instances providers on it that the spec does not name.
        others: who else uses the providers, as far as anybody asked.
    """

    cluster: Mapping[str, Any]
    ours: tuple[str, ...]
    scoped: tuple[str, ...] = ()
    others: Others = field(default_factory=Others)

    @property
    def attached(self) -> tuple[str, ...]:
        """The cluster's providers, other people's too."""
        return tuple(self.cluster.get("capacityProviders", ()))

    @property
    def default_strategy(self) -> tuple[Mapping[str, Any], ...]:
        """The cluster's default strategy."""
        return tuple(self.cluster.get("defaultCapacityProviderStrategy", ()))


class ClusterAssociationKind:
    """Knows PutClusterCapacityProviders."""

    name: ClassVar[str] = "cluster-association"

    def observe(
        self, desired: ClusterAssociation, saved: Mapping[str, str]
    ) -> Observation[ObservedAssociation | None]:
        """The cluster's list; a cluster that is not there has none."""
        asked = (reads.capacity_providers(desired.created),) if desired.created else ()
        described, *providers = yield (reads.clusters(desired.cluster), *asked)
        cluster = reads.alive(reads.pick(described, "clusters", "clusterName", desired.cluster))
        if cluster is None:
            return None
        ours = tuple(
            item["name"]
            for answer in providers
            for item in answer.get("capacityProviders", ())
            if ownership.ours(ownership.tag_map(item.get("tags")), desired.application)
            and item["name"] in desired.created
        )
        scoped = yield from _scoped(desired, cluster)
        seen = yield from others.look(desired.leaving)
        return ObservedAssociation(cluster, ours, scoped, seen)

    def diff(
        self, desired: ClusterAssociation, observed: ObservedAssociation | None
    ) -> tuple[Verb, tuple[Change, ...]]:
        """Providers that are missing, and the default strategy if the spec declares one."""
        if observed is None:
            return Verb.CREATE, _changes(desired, (), ())
        changes = _changes(desired, observed.attached, observed.default_strategy)
        if not changes and observed.cluster.get("attachmentsStatus") == "UPDATE_FAILED":
            changes = (Change("attachmentsStatus", "UPDATE_FAILED", "UPDATE_COMPLETE"),)
        return verb_for(changes, self.verdict(desired, observed, {})), changes

    def steps(
        self, desired: ClusterAssociation, observed: ObservedAssociation | None, verb: Verb
    ) -> tuple[Step, ...]:
        """Idle, put, idle (A9)."""
        if verb is Verb.AWAIT:
            return (Settle("ready", WITHIN),)
        seen = () if observed is None else observed.attached
        scoped = _unputtable(desired, observed)
        attached = tuple(name for name in seen if name not in scoped)
        strategy = () if observed is None else observed.default_strategy
        merged = (*attached, *(name for name in desired.providers if name not in attached))
        if desired.default_strategy is not None:
            strategy = desired.default_strategy
        return _put(desired.cluster, merged, strategy, "attached")

    def teardown(
        self, desired: ClusterAssociation, observed: ObservedAssociation | None
    ) -> tuple[Verb, str, tuple[Step, ...]]:
        """Detach what we created and nothing else; FARGATE stays, it may be anybody's."""
        if observed is None:
            return Verb.KEEP, "", ()
        mine = [name for name in observed.attached if name in observed.ours]
        if not mine:
            return Verb.KEEP, "", ()
        if desired.retain:
            return Verb.RETAIN, desired.retain, ()
        held = [why for name in mine if (why := observed.others.using(name))]
        mine = [name for name in mine if not observed.others.using(name)]
        if not mine:
            return Verb.RETAIN, "; ".join(held), ()
        leave = {*mine, *_unputtable(desired, observed)}
        there = {*observed.attached, *desired.joining}
        rest = sorted(name for name in there if name not in leave)
        strategy = tuple(
            item for item in observed.default_strategy if item["capacityProvider"] not in mine
        )
        why = "; ".join((f"detaches {', '.join(mine)}", *held))
        return Verb.DELETE, why, _put(desired.cluster, rest, strategy, "detached")

    def verdict(
        self,
        desired: ClusterAssociation,
        observed: ObservedAssociation | None,
        saved: Mapping[str, str],
    ) -> Verdict:
        """Idle; and, after our own put, still what we put (B15: there is no lock)."""
        if observed is None:
            return Pending(f"cluster {desired.cluster} is not visible yet")
        status = observed.cluster.get("attachmentsStatus", "")
        if observed.cluster.get("status") != "ACTIVE" or status in _BUSY:
            return Pending(f"the capacity providers of cluster {desired.cluster} are being changed")
        if not saved:
            return Ready()
        if status == "UPDATE_FAILED":
            return Failed(
                f"the capacity providers of cluster {desired.cluster} could not be changed",
                _attachment_evidence(observed.cluster),
            )
        missing = set(desired.providers) - set(observed.attached)
        if "attached" in saved and missing:
            return Failed(
                f"somebody else replaced the capacity providers of cluster {desired.cluster}: "
                f"{', '.join(sorted(missing))} are attached no more",
                superseded=True,
            )
        return Ready()

    def outputs(
        self, desired: ClusterAssociation, observed: ObservedAssociation
    ) -> Mapping[str, str]:
        """``cluster``: its name, once the providers are attached."""
        return {"cluster": desired.cluster}


def _scoped(
    desired: ClusterAssociation, cluster: Mapping[str, Any]
) -> Observation[tuple[str, ...]]:
    """Managed Instances providers that the spec does not know: nobody may put them either (B22)."""
    known = {*desired.providers, *desired.created, *desired.cluster_scoped, *desired.joining}
    strangers = reads.unknown_providers(cluster, known)
    if not strangers:
        return ()
    (answer,) = yield (reads.providers_of_cluster(desired.cluster, strangers),)
    return tuple(
        each["name"]
        for each in answer.get("capacityProviders", ())
        if each["name"] in strangers and "managedInstancesProvider" in each
    )


def _unputtable(
    desired: ClusterAssociation, observed: ObservedAssociation | None
) -> tuple[str, ...]:
    return (*desired.cluster_scoped, *(() if observed is None else observed.scoped))


def _put(
    cluster: str, providers: Sequence[str], strategy: Strategy, saved_as: str
) -> tuple[Step, ...]:
    idle = Settle("ready", WITHIN)
    call = Call(
        "ecs",
        "PutClusterCapacityProviders",
        {
            "cluster": cluster,
            "capacityProviders": list(providers),
            "defaultCapacityProviderStrategy": [dict(item) for item in strategy],
        },
        saves={saved_as: "cluster.clusterName"},
        retry_on=frozenset({"busy", "consistency", "in-use"}),
    )
    return (idle, call, idle)


def _changes(
    desired: ClusterAssociation, attached: Sequence[str], strategy: Strategy
) -> tuple[Change, ...]:
    missing = [name for name in desired.providers if name not in attached]
    changes = []
    if missing:
        changes.append(Change("capacityProviders", list(attached), [*attached, *missing]))
    if desired.default_strategy is not None and _filled(desired.default_strategy) != _filled(
        strategy
    ):
        changes.append(
            Change(
                "defaultCapacityProviderStrategy", list(strategy), list(desired.default_strategy)
            )
        )
    return tuple(changes)


def _filled(strategy: Strategy) -> dict[str, tuple[int, int]]:
    return {
        item["capacityProvider"]: (item.get("weight", 0), item.get("base", 0)) for item in strategy
    }


def _attachment_evidence(cluster: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        " ".join(
            (
                f"{item.get('type')} {item.get('status')}",
                *(f"{each.get('name')}={each.get('value')}" for each in item.get("details", ())),
            )
        )
        for item in cluster.get("attachments", ())
        if item.get("status") == "FAILED"
    )
