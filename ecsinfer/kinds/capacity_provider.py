"""Capacity providers over Auto Scaling groups: create, update, and an honest delete (B)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ecsinfer.errors import PreflightError
from ecsinfer.events import some
from ecsinfer.kinds import others, ownership, provider_status, reads
from ecsinfer.kinds.compare import differences, verb_for
from ecsinfer.kinds.others import Leaving, Others
from ecsinfer.model import Call, Change, Observation, Settle, Step, Verb, Verdict


@dataclass(frozen=True, slots=True)
class CapacityProvider:
    """What is wanted of a provider.

    Attributes:
        name: of the provider, unique in account and region (B2).
        group: the Auto Scaling group, by name or ARN.
        application: who owns it.
        tags: ours and the user's.
        managed_scaling: ``managedScaling`` in API form, whole (B7).
        managed_termination_protection: ``ENABLED`` or ``DISABLED``.
        managed_draining: ``ENABLED`` or ``DISABLED``; AWS's default is ENABLED (B5).
        leaving: what a destroy takes away; None otherwise.
        forgotten: the spec names it no more.
        emptied: destroy sets its group to zero before.
        adopt: whether a foreign namesake may be changed.
        retain: why destroy must leave it, if it must.
    """

    name: str
    group: str
    application: str
    tags: Mapping[str, str] = field(default_factory=dict)
    managed_scaling: Mapping[str, Any] = field(default_factory=dict)
    managed_termination_protection: str = "DISABLED"
    managed_draining: str = "ENABLED"
    leaving: Leaving | None = None
    forgotten: bool = False
    emptied: bool = False
    adopt: bool = False
    retain: str = ""

    @property
    def group_name(self) -> str:
        """The group's name: ``DescribeAutoScalingGroups`` does not take ARNs."""
        return group_name(self.group)

    @property
    def settings(self) -> dict[str, Any]:
        """What UpdateCapacityProvider can change."""
        return {
            "managedScaling": dict(self.managed_scaling),
            "managedTerminationProtection": self.managed_termination_protection,
            "managedDraining": self.managed_draining,
        }


@dataclass(frozen=True, slots=True)
class ObservedProvider:
    """What is there: the provider, the group that the spec names if it exists, and other users."""

    provider: Mapping[str, Any]
    group: Mapping[str, Any] | None
    others: Others = field(default_factory=Others)

    @property
    def tags(self) -> dict[str, str]:
        """The provider's tags."""
        return ownership.tag_map(self.provider.get("tags"))

    @property
    def settings(self) -> Mapping[str, Any]:
        """``autoScalingGroupProvider``."""
        settings: Mapping[str, Any] = self.provider.get("autoScalingGroupProvider", {})
        return settings


class CapacityProviderKind:
    """Knows Auto Scaling group providers."""

    name: ClassVar[str] = "capacity-provider"

    def observe(
        self, desired: CapacityProvider, saved: Mapping[str, str]
    ) -> Observation[ObservedProvider | None]:
        """The provider unless INACTIVE, and the ARN behind the group's name (B4)."""
        described, groups = yield (
            reads.capacity_providers([desired.name]),
            reads.auto_scaling_groups(desired.group_name),
        )
        found = reads.alive(reads.pick(described, "capacityProviders", "name", desired.name))
        group = reads.pick(groups, "AutoScalingGroups", "AutoScalingGroupName", desired.group_name)
        if found is None:
            return None
        seen = yield from others.look(desired.leaving)
        return ObservedProvider(found, group, seen)

    def diff(
        self, desired: CapacityProvider, observed: ObservedProvider | None
    ) -> tuple[Verb, tuple[Change, ...]]:
        """Scaling, protection, draining and tags; a last update that failed is sent again.

        Raises:
            OwnershipError: it exists and is not ours.
            PreflightError: it is bound to another Auto Scaling group than the spec's.
        """
        if observed is None or provider_status.leaving(observed.provider):
            return Verb.CREATE, ()
        ownership.require_ours(
            f"capacity provider {desired.name}",
            observed.tags,
            desired.application,
            adopt=desired.adopt,
        )
        _require_same_group(desired, observed)
        changes = (
            *differences(desired.settings, observed.settings, path="autoScalingGroupProvider"),
            *ownership.tag_changes(desired.tags, observed.tags),
        )
        changes = changes or provider_status.failed_update(observed.provider)
        return verb_for(changes, self.verdict(desired, observed, {})), changes

    def steps(
        self, desired: CapacityProvider, observed: ObservedProvider | None, verb: Verb
    ) -> tuple[Step, ...]:
        """One create or update, and the wait for it; tags by TagResource alone (B7)."""
        ready = Settle("ready", provider_status.CHANGE_WITHIN)
        if verb is Verb.CREATE:
            gone = () if observed is None else (Settle("gone", provider_status.DELETE_WITHIN),)
            return (*gone, _create(desired), ready)
        if verb is Verb.UPDATE and observed is not None:
            return (*_update(desired, observed), ready)
        return (ready,) if verb is Verb.AWAIT else ()

    def teardown(
        self, desired: CapacityProvider, observed: ObservedProvider | None
    ) -> tuple[Verb, str, tuple[Step, ...]]:
        """Delete it and inspect the answer: AWS says "failed" with HTTP 200 (B12)."""
        if observed is None:
            return Verb.KEEP, "", ()
        if desired.retain:
            return Verb.RETAIN, desired.retain, ()
        if not ownership.ours(observed.tags, desired.application):
            return Verb.RETAIN, f"it has no tag {ownership.APP}={desired.application}", ()
        held = observed.others.holding(desired.name)
        if held:
            return Verb.RETAIN, held, ()
        steps = provider_status.delete({"capacityProvider": desired.name}, observed.provider)
        said = ["not in the spec"] if desired.forgotten else []
        said += [] if desired.emptied else _protected(observed)
        return Verb.DELETE, "; ".join(said), steps

    def verdict(
        self,
        desired: CapacityProvider,
        observed: ObservedProvider | None,
        saved: Mapping[str, str],
    ) -> Verdict:
        """By status and updateStatus."""
        found = None if observed is None else observed.provider
        return provider_status.verdict(desired.name, found, saved)

    def outputs(self, desired: CapacityProvider, observed: ObservedProvider) -> Mapping[str, str]:
        """``name`` and ``arn``."""
        return {"name": desired.name, "arn": observed.provider.get("capacityProviderArn", "")}


def group_name(group: str) -> str:
    """The name of an Auto Scaling group that is given by name or ARN."""
    return group.rpartition("autoScalingGroupName/")[2]


def _create(desired: CapacityProvider) -> Call:
    return Call(
        "ecs",
        "CreateCapacityProvider",
        {
            "name": desired.name,
            "autoScalingGroupProvider": {"autoScalingGroupArn": desired.group, **desired.settings},
            "tags": ownership.tag_list(desired.tags),
        },
        retry_on=frozenset({"busy", "exists"}),
    )


def _update(desired: CapacityProvider, observed: ObservedProvider) -> tuple[Call, ...]:
    update = Call(
        "ecs",
        "UpdateCapacityProvider",
        # The whole block: whether omitted parts of managedScaling are kept is not documented (B7).
        {"name": desired.name, "autoScalingGroupProvider": desired.settings},
        retry_on=frozenset({"busy"}),
    )
    drift = differences(desired.settings, observed.settings)
    calls = [update] if drift or provider_status.failed_update(observed.provider) else []
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


def _require_same_group(desired: CapacityProvider, observed: ObservedProvider) -> None:
    bound = str(observed.settings.get("autoScalingGroupArn", ""))
    wanted = desired.group if desired.group.startswith("arn:") else ""
    if observed.group is not None:
        wanted = str(observed.group.get("AutoScalingGroupARN", wanted))
    if wanted == bound:
        return
    if not wanted:
        raise PreflightError(
            f"Auto Scaling group {desired.group} does not exist, so capacity provider "
            f"{desired.name} ({bound}) cannot scale",
            hint="create the group, or correct its name or region in the spec",
        )
    raise PreflightError(
        f"capacity provider {desired.name} is bound to Auto Scaling group {bound}, and the spec "
        f"wants {wanted}; AWS never moves a provider to another group, not even to one recreated "
        "under the same name",
        hint="give the new provider another name under `capacity`, let the services use it, "
        "deploy, then remove the old one",
    )


def _protected(observed: ObservedProvider) -> list[str]:
    # ECS does not lift instance protection when the provider goes (F2), and the group is the
    # user's: say which instances can then not be scaled in.
    group = observed.group or {}
    ids = [
        each["InstanceId"] for each in group.get("Instances", ()) if each["ProtectedFromScaleIn"]
    ]
    if not ids:
        return []
    lift = (
        f"aws autoscaling set-instance-protection --auto-scaling-group-name "
        f"{group['AutoScalingGroupName']} --no-protected-from-scale-in --instance-ids "
        f"{' '.join(ids)}"
    )
    return [f"{some(ids)} stay protected from scale-in; to lift it: {lift}"]
