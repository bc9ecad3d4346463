"""Revisions that nothing needs any more: deregistered beyond the newest of a family (C5, C6).

Kept are the newest, what any deployment in the cluster, or of the application in another one, has,
what a service of the application would go back to, and whatever does not carry our tag.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from ecsinfer.kinds import history, ownership, reads
from ecsinfer.kinds.forgotten import Named
from ecsinfer.kinds.tagged import elsewhere
from ecsinfer.model import (
    Answer,
    Call,
    Change,
    Failed,
    Observation,
    Read,
    Ready,
    Settle,
    Step,
    Verb,
    Verdict,
)

MOST = 100
"""Revisions of a family that one run removes: AWS takes one write a second (I2)."""

_MOST_DELETED = 10
"""Revisions that one DeleteTaskDefinitions takes (C6)."""

_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class SurplusRevisions:
    """What is wanted of a family.

    Attributes:
        family: the family.
        application: whose revisions may go.
        cluster: whose services' deployments count as use.
        services: names of the services whose way back is kept.
        keep: how many of the newest active revisions are kept, whatever they are.
        delete: whether the deregistered ones are deleted too.
    """

    family: str
    application: str
    cluster: str
    services: tuple[str, ...]
    keep: int
    delete: bool = False


@dataclass(frozen=True, slots=True)
class ObservedSurplus:
    """What nothing needs, oldest first.

    Attributes:
        active: ARNs to deregister.
        inactive: ARNs that are deregistered already; empty unless they are to be deleted.
    """

    active: tuple[str, ...]
    inactive: tuple[str, ...] = ()


class SurplusRevisionsKind:
    """Knows which revisions can go."""

    name: ClassVar[str] = "surplus-revisions"

    def observe(
        self, desired: SurplusRevisions, saved: Mapping[str, str]
    ) -> Observation[ObservedSurplus | None]:
        """Our revisions that are neither new, nor in use, nor a way back; the oldest first."""
        statuses = ("ACTIVE", "INACTIVE") if desired.delete else ("ACTIVE",)
        listed = yield tuple(history.revisions(desired.family, status) for status in statuses)
        active, *inactive = (history.of_family(answer, desired.family) for answer in listed)
        needed = yield from _needed(desired)
        active = [arn for arn in active[desired.keep :] if arn not in needed]
        gone = [arn for arns in inactive for arn in arns if arn not in needed]
        own = yield from _own(desired, [*active[-MOST:], *gone[-MOST:]])
        return ObservedSurplus(
            tuple(arn for arn in own if arn in active), tuple(arn for arn in own if arn in gone)
        )

    def diff(
        self, desired: SurplusRevisions, observed: ObservedSurplus | None
    ) -> tuple[Verb, tuple[Change, ...]]:
        """Every revision that goes."""
        if observed is None:
            return Verb.KEEP, ()
        to = "DELETE_IN_PROGRESS" if desired.delete else "INACTIVE"
        changes = (
            *(Change(_short(arn), "ACTIVE", to) for arn in observed.active),
            *(Change(_short(arn), "INACTIVE", to) for arn in observed.inactive),
        )
        return (Verb.DELETE if changes else Verb.KEEP), changes

    def steps(
        self, desired: SurplusRevisions, observed: ObservedSurplus | None, verb: Verb
    ) -> tuple[Step, ...]:
        """Deregister one by one; delete what is deregistered, ten at a time."""
        if observed is None or verb is not Verb.DELETE:
            return ()
        deregister = tuple(
            Call(
                "ecs",
                "DeregisterTaskDefinition",
                {"taskDefinition": arn},
                retry_on=frozenset({"busy", "gone"}),
            )
            for arn in observed.active
        )
        if not desired.delete:
            return deregister
        gone = sorted((*observed.active, *observed.inactive), key=history.number)
        batches = (gone[at : at + _MOST_DELETED] for at in range(0, len(gone), _MOST_DELETED))
        return (*deregister, *map(_delete, batches), Settle("ready", _WITHIN))

    def teardown(
        self, desired: SurplusRevisions, observed: ObservedSurplus | None
    ) -> tuple[Verb, str, tuple[Step, ...]]:
        """Nothing: the family's own node removes revisions."""
        return Verb.KEEP, "", ()

    def verdict(
        self,
        desired: SurplusRevisions,
        observed: ObservedSurplus | None,
        saved: Mapping[str, str],
    ) -> Verdict:
        """What AWS did not delete it names in an answer that is no error (C6)."""
        if "refused" in saved:
            return Failed(f"{saved['refused']} was not deleted", (saved.get("reason", ""),))
        return Ready()

    def outputs(self, desired: SurplusRevisions, observed: ObservedSurplus) -> Mapping[str, str]:
        """``family``."""
        return {"family": desired.family}


def _needed(
    desired: SurplusRevisions,
) -> Generator[tuple[Read, ...], tuple[Answer, ...], frozenset[str]]:
    """ARNs that a deployment has, or that are a way back."""
    (listed,) = yield (
        Read(
            "ecs",
            "ListServices",
            {"cluster": desired.cluster},
            items="serviceArns",
            absent_on=("ClusterNotFoundException",),
        ),
    )
    names = {arn.rpartition("/")[2] for arn in listed.get("serviceArns", ())}
    described = yield tuple(
        reads.services(desired.cluster, [name]) for name in sorted(names.union(desired.services))
    )
    # The same application in another cluster has the same families.
    others = yield from elsewhere(Named(desired.application, desired.cluster))
    needed = others.revisions
    for answer in described:
        for service in answer.get("services", ()):
            needed |= history.in_use(service)
    own = ((desired.cluster, name) for name in desired.services)
    for cluster, name in (*own, *others.services):
        found = yield from history.observe(cluster, name, desired.family)
        if found is not None:
            needed |= {found.previous_good(desired.application)}
    return needed


def _own(
    desired: SurplusRevisions, arns: Sequence[str]
) -> Generator[tuple[Read, ...], tuple[Answer, ...], list[str]]:
    answers = yield from history.describe(arns)
    ours = [
        str(answer["taskDefinition"]["taskDefinitionArn"])
        for answer in answers
        if ownership.ours(ownership.tag_map(answer.get("tags")), desired.application)
    ]
    return sorted(ours, key=history.number)


def _delete(arns: Sequence[str]) -> Call:
    return Call(
        "ecs",
        "DeleteTaskDefinitions",
        {"taskDefinitions": list(arns)},
        saves={"refused": "failures.0.arn", "reason": "failures.0.reason"},
        retry_on=frozenset({"busy"}),
    )


def _short(arn: str) -> str:
    return arn.rpartition("/")[2]
