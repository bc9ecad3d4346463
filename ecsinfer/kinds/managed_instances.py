"""Capacity providers of ECS Managed Instances: they belong to one cluster (B22, B23)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ecsinfer.errors import PreflightError
from ecsinfer.kinds import others, ownership, provider_status, reads
from ecsinfer.kinds.compare import differences, verb_for
from ecsinfer.kinds.others import Leaving, Others
from ecsinfer.model import Call, Change, Observation, Read, Settle, Step, Verb, Verdict

_FIXED = ("capacityOptionType", "fipsEnabled", "nitroEnclavesEnabled")
"""Members of the launch template that UpdateCapacityProvider does not take (B7)."""


@dataclass(frozen=True, slots=True)
class ManagedInstances:
    """What is wanted of a provider.

    Attributes:
        name: of the provider.
        cluster: the cluster it serves, and in which its name is looked up.
        application: who owns it.
        provider: ``managedInstancesProvider`` in API form.
        tags: ours and the user's.
        leaving: what a destroy takes away; None otherwise.
        forgotten: the spec names it no more.
        adopt: whether a foreign namesake may be changed.
        retain: why destroy must leave it, if it must.
    """

    name: str
    cluster: str
    application: str
    provider: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)
    leaving: Leaving | None = None
    forgotten: bool = False
    adopt: bool = False
    retain: str = ""


@dataclass(frozen=True, slots=True)
class ObservedManagedInstances:
    """What is there: DescribeCapacityProviders' entry, and who else uses it."""

    provider: Mapping[str, Any]
    others: Others = field(default_factory=Others)

    @property
    def tags(self) -> dict[str, str]:
        """Its tags."""
        return ownership.tag_map(self.provider.get("tags"))


class ManagedInstancesKind:
    """Knows Managed Instances providers."""

    name: ClassVar[str] = "managed-instances"

    def observe(
        self, desired: ManagedInstances, saved: Mapping[str, str]
    ) -> Observation[ObservedManagedInstances | None]:
        """The provider of that cluster unless INACTIVE."""
        (answer,) = yield (
            Read(
                "ecs",
                "DescribeCapacityProviders",
                {
                    "capacityProviders": [desired.name],
                    "cluster": desired.cluster,
                    "include": ["TAGS"],
                },
                batch="capacityProviders",
                limit=10,
                absent_on=("ClusterNotFoundException",),
            ),
        )
        found = reads.alive(reads.pick(answer, "capacityProviders", "name", desired.name))
        if found is None:
            return None
        return ObservedManagedInstances(found, (yield from others.look(desired.leaving)))

    def diff(
        self, desired: ManagedInstances, observed: ObservedManagedInstances | None
    ) -> tuple[Verb, tuple[Change, ...]]:
        """The provider's settings and tags.

        Raises:
            OwnershipError: it exists and is not ours.
            PreflightError: a field differs that AWS cannot change.
        """
        if observed is None or provider_status.leaving(observed.provider):
            return Verb.CREATE, ()
        ownership.require_ours(
            f"capacity provider {desired.name}",
            observed.tags,
            desired.application,
            adopt=desired.adopt,
        )
        settings = _settings(desired, observed)
        for change in settings:
            if change.path.rpartition(".")[2] in _FIXED:
                raise PreflightError(
                    f"capacity provider {desired.name}: {change.path} is {change.old!r}, the spec "
                    f"wants {change.new!r}, and AWS cannot change it",
                    hint="give the new provider another name under `capacity`, let the services "
                    "use it, deploy, then remove the old one",
                )
        changes = (*settings, *ownership.tag_changes(desired.tags, observed.tags))
        changes = changes or provider_status.failed_update(observed.provider)
        return verb_for(changes, self.verdict(desired, observed, {})), changes

    def steps(
        self, desired: ManagedInstances, observed: ObservedManagedInstances | None, verb: Verb
    ) -> tuple[Step, ...]:
        """One create or update, and the wait for it."""
        ready = Settle("ready", provider_status.CHANGE_WITHIN)
        if verb is Verb.CREATE:
            gone = () if observed is None else (Settle("gone", provider_status.DELETE_WITHIN),)
            return (*gone, _create(desired), ready)
        if verb is Verb.UPDATE and observed is not None:
            return (*_update(desired, observed), ready)
        return (ready,) if verb is Verb.AWAIT else ()

    def teardown(
        self, desired: ManagedInstances, observed: ObservedManagedInstances | None
    ) -> tuple[Verb, str, tuple[Step, ...]]:
        """Delete it: its instances go with it, and a cluster that has any cannot be deleted."""
        if observed is None:
            return Verb.KEEP, "", ()
        if desired.retain:
            return Verb.RETAIN, desired.retain, ()
        if not ownership.ours(observed.tags, desired.application):
            return Verb.RETAIN, f"it has no tag {ownership.APP}={desired.application}", ()
        used = observed.others.using(desired.name)
        if used:
            return Verb.RETAIN, used, ()
        params = {"capacityProvider": desired.name, "cluster": desired.cluster}
        why = "not in the spec" if desired.forgotten else ""
        return Verb.DELETE, why, provider_status.delete(params, observed.provider)

    def verdict(
        self,
        desired: ManagedInstances,
        observed: ObservedManagedInstances | None,
        saved: Mapping[str, str],
    ) -> Verdict:
        """By status and updateStatus."""
        found = None if observed is None else observed.provider
        return provider_status.verdict(desired.name, found, saved)

    def outputs(
        self, desired: ManagedInstances, observed: ObservedManagedInstances
    ) -> Mapping[str, str]:
        """``name`` and ``arn``."""
        return {"name": desired.name, "arn": observed.provider.get("capacityProviderArn", "")}


def _settings(desired: ManagedInstances, observed: ObservedManagedInstances) -> tuple[Change, ...]:
    found = observed.provider.get("managedInstancesProvider", {})
    return differences(desired.provider, found, path="managedInstancesProvider")


def _create(desired: ManagedInstances) -> Call:
    return Call(
        "ecs",
        "CreateCapacityProvider",
        {
            "name": desired.name,
            "cluster": desired.cluster,
            "managedInstancesProvider": dict(desired.provider),
            "tags": ownership.tag_list(desired.tags),
        },
        retry_on=frozenset({"busy", "consistency", "exists"}),
    )


def _update(desired: ManagedInstances, observed: ObservedManagedInstances) -> tuple[Call, ...]:
    calls = []
    if _settings(desired, observed) or provider_status.failed_update(observed.provider):
        template = desired.provider["instanceLaunchTemplate"]
        kept = {key: value for key, value in template.items() if key not in _FIXED}
        calls.append(
            Call(
                "ecs",
                "UpdateCapacityProvider",
                {
                    "name": desired.name,
                    "cluster": desired.cluster,
                    # Role and launch template are required every time (B23).
                    "managedInstancesProvider": {
                        **desired.provider,
                        "instanceLaunchTemplate": kept,
                    },
                },
                retry_on=frozenset({"busy"}),
            )
        )
    if ownership.tag_changes(desired.tags, observed.tags):
        calls.append(
            Call(
                "ecs",
                "TagResource",
                {
                    "resourceArn": observed.provider["capacityProviderArn"],
                    "tags": ownership.tag_list(desired.tags),
                },
            )
        )
    return tuple(calls)
