"""Capacity providers of ECS Managed Instances: they belong to one cluster (B22, B23)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ecsinfer.errors import PreflightError
from ecsinfer.kinds import ownership, provider_status, reads
from ecsinfer.kinds.compare import differences, verb_for
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
        adopt: whether a foreign namesake may be changed.
        retain: why destroy must leave it, if it must.
    """

    name: str
    cluster: str
    application: str
    provider: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)
    adopt: bool = False
    retain: str = ""


class ManagedInstancesKind:
    """Knows Managed Instances providers. What it observes is DescribeCapacityProviders' entry."""

    name: ClassVar[str] = "managed-instances"

    def observe(
        self, desired: ManagedInstances, saved: Mapping[str, str]
    ) -> Observation[Mapping[str, Any] | None]:
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
        return reads.alive(reads.pick(answer, "capacityProviders", "name", desired.name))

    def diff(
        self, desired: ManagedInstances, observed: Mapping[str, Any] | None
    ) -> tuple[Verb, tuple[Change, ...]]:
        """The provider's settings and tags.

        Raises:
            OwnershipError: it exists and is not ours.
            PreflightError: a field differs that AWS cannot change.
        """
        if observed is None or provider_status.leaving(observed):
            return Verb.CREATE, ()
        tags = ownership.tag_map(observed.get("tags"))
        ownership.require_ours(
            f"capacity provider {desired.name}", tags, desired.application, adopt=desired.adopt
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
        changes = (*settings, *ownership.tag_changes(desired.tags, tags))
        changes = changes or provider_status.failed_update(observed)
        return verb_for(changes, self.verdict(desired, observed, {})), changes

    def steps(
        self, desired: ManagedInstances, observed: Mapping[str, Any] | None, verb: Verb
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
        self, desired: ManagedInstances, observed: Mapping[str, Any] | None
    ) -> tuple[Verb, str, tuple[Step, ...]]:
        """Delete it: its instances go with it, and a cluster that has any cannot be deleted."""
        if observed is None:
            return Verb.KEEP, "", ()
        if desired.retain:
            return Verb.RETAIN, desired.retain, ()
        if not ownership.ours(ownership.tag_map(observed.get("tags")), desired.application):
            return Verb.RETAIN, f"it has no tag {ownership.APP}={desired.application}", ()
        params = {"capacityProvider": desired.name, "cluster": desired.cluster}
        return Verb.DELETE, "", provider_status.delete(params, observed)

    def verdict(
        self,
        desired: ManagedInstances,
        observed: Mapping[str, Any] | None,
        saved: Mapping[str, str],
    ) -> Verdict:
        """By status and updateStatus."""
        return provider_status.verdict(desired.name, observed, saved)

    def outputs(self, desired: ManagedInstances, observed: Mapping[str, Any]) -> Mapping[str, str]:
        """``name`` and ``arn``."""
        return {"name": desired.name, "arn": observed.get("capacityProviderArn", "")}


def _settings(desired: ManagedInstances, observed: Mapping[str, Any]) -> tuple[Change, ...]:
    found = observed.get("managedInstancesProvider", {})
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


def _update(desired: ManagedInstances, observed: Mapping[str, Any]) -> tuple[Call, ...]:
    calls = []
    if _settings(desired, observed) or provider_status.failed_update(observed):
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
    if ownership.tag_changes(desired.tags, ownership.tag_map(observed.get("tags"))):
        calls.append(
            Call(
                "ecs",
                "TagResource",
                {
                    "resourceArn": observed["capacityProviderArn"],
                    "tags": ownership.tag_list(desired.tags),
                },
            )
        )
    return tuple(calls)
