"""What capacity providers take for granted: their groups, and that they are there and free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ecsinfer.errors import PreflightError
from ecsinfer.kinds import others, ownership, provider_status, reads
from ecsinfer.kinds.capacity_provider import CapacityProvider
from ecsinfer.model import Answer, Observation

PROTECTED = "ENABLED"


def group(
    desired: CapacityProvider, region: str, settings: Mapping[str, Any]
) -> Observation[tuple[PreflightError, ...]]:
    """The Auto Scaling group of a new provider is there, fits, and is no other provider's (B3).

    Args:
        desired: the provider.
        region: where it is to be.
        settings: ``autoScalingGroupProvider``, as it is sent.
    """
    groups, every = yield (
        reads.auto_scaling_groups(desired.group_name),
        reads.all_capacity_providers(),
    )
    found = reads.pick(groups, "AutoScalingGroups", "AutoScalingGroupName", desired.group_name)
    cannot = f"capacity provider {desired.name} cannot be created"
    if found is None:
        return _refused(
            f"{cannot}: Auto Scaling group {desired.group} does not exist in {region}",
            "create the group, or correct its name or region in the spec",
        )
    owner = _owner(desired, found["AutoScalingGroupARN"], every)
    if owner is not None:
        return _refused(
            f"{cannot}: Auto Scaling group {desired.group_name} belongs to capacity provider "
            f"{owner['name']}, and a group has one provider at most",
            _instead(desired, owner),
        )
    return _unprotected(desired, found, settings)


def protection(
    desired: CapacityProvider, settings: Mapping[str, Any]
) -> Observation[tuple[PreflightError, ...]]:
    """The group of a provider that is changed fits what is sent."""
    (groups,) = yield (reads.auto_scaling_groups(desired.group_name),)
    found = reads.pick(groups, "AutoScalingGroups", "AutoScalingGroupName", desired.group_name)
    return () if found is None else _unprotected(desired, found, settings)


def association(
    cluster: str, names: Sequence[str], created: Iterable[str], region: str
) -> Observation[tuple[PreflightError, ...]]:
    """The providers that a cluster is to have are there (B17), and no other cluster's (B9).

    Args:
        cluster: its name.
        names: all of its providers, as they are put.
        created: those that the same plan creates.
        region: where the cluster is.
    """
    described, every = yield (reads.clusters(cluster), reads.all_capacity_providers())
    there = reads.pick(described, "clusters", "clusterName", cluster) or {}
    known = {*there.get("capacityProviders", ()), *created, *reads.FARGATE}
    joining = [name for name in names if name not in known]
    if not joining:
        return ()
    elsewhere = yield from others.having(cluster)
    refusals: list[PreflightError] = []
    for name in joining:
        found = reads.alive(reads.pick(every, "capacityProviders", "name", name))
        if found is None:
            refusals += _refused(
                f"capacity provider {name} does not exist in {region}",
                "create it, correct its name in the spec, or leave out `existing` and name its "
                "auto_scaling_group",
            )
        elif elsewhere.get(name) and _scales(found):
            refusals += _refused(
                f"capacity provider {name} is associated with cluster "
                f"{', '.join(elsewhere[name])}, and with managed scaling it can be in one only",
                "detach it there, or use another Auto Scaling group and capacity provider here",
            )
    return tuple(refusals)


def _scales(provider: Mapping[str, Any]) -> bool:
    settings = provider.get("autoScalingGroupProvider") or {}
    return bool(settings.get("managedScaling", {}).get("status") == "ENABLED")


def _unprotected(
    desired: CapacityProvider, group: Mapping[str, Any], settings: Mapping[str, Any]
) -> tuple[PreflightError, ...]:
    """Termination protection needs a group that protects new instances (B6)."""
    wanted = settings.get("managedTerminationProtection") == PROTECTED
    if not wanted or group.get("NewInstancesProtectedFromScaleIn"):
        return ()
    return _refused(
        f"capacity provider {desired.name} cannot have termination protection: Auto Scaling group "
        f"{desired.group_name} does not protect new instances from scale-in",
        "aws autoscaling update-auto-scaling-group --auto-scaling-group-name "
        f"{desired.group_name} --new-instances-protected-from-scale-in, or "
        "termination_protection: false in the spec",
    )


def _owner(desired: CapacityProvider, group: str, every: Answer) -> Mapping[str, Any] | None:
    for each in every.get("capacityProviders", ()):
        settings = each.get("autoScalingGroupProvider") or {}
        alive = reads.alive(each) is not None and not provider_status.leaving(each)
        if alive and each["name"] != desired.name and settings.get("autoScalingGroupArn") == group:
            found: Mapping[str, Any] = each
            return found
    return None


def _instead(desired: CapacityProvider, owner: Mapping[str, Any]) -> str:
    name = owner["name"]
    if ownership.ours(ownership.tag_map(owner.get("tags")), desired.application):
        return f"it is this application's: keep its name under `capacity` (name: {name})"
    return (
        f"use that one, under `capacity`: {{name: {name}, existing: true}}, or name another group"
    )


def _refused(text: str, hint: str) -> tuple[PreflightError, ...]:
    return (PreflightError(text, hint=hint),)
