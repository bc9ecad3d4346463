"""Managed scaling: one look a minute at every attached Auto Scaling group provider.

Attached are the providers whose scaling policy is among the cluster's attachments (A10); the
policy comes and goes with the association and with managedScaling.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ecsinfer.capacity import catalogue
from ecsinfer.capacity import managed_scaling as arithmetic
from ecsinfer.capacity.managed_scaling import ManagedScaling, Policy, Sight
from ecsinfer.capacity.slots import Requirements, instances_for
from ecsinfer.sandbox.clock import Timer
from ecsinfer.sandbox.engine import registration
from ecsinfer.sandbox.engine.core import Core
from ecsinfer.sandbox.state import CapacityProvider, Cluster, Group, Instance


@dataclass(slots=True)
class Scaler:
    """The scaling policy of one provider in one cluster."""

    cluster: str
    provider: CapacityProvider
    policy: str
    timer: Timer
    memory: Policy = field(default_factory=Policy)
    value: float | None = None


class Scalers:
    """The scaling policies that are attached now."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._attached: dict[tuple[str, str], Scaler] = {}

    def reservation(self, cluster: str, provider: str) -> float | None:
        """The newest value of the metric."""
        scaler = self._attached.get((cluster, provider))
        return scaler.value if scaler else None

    def sync(self, cluster: Cluster) -> None:
        """Follow the scaling policies that are attached to the cluster now."""
        policies = _policies(cluster)
        for key in [key for key in self._attached if key[0] == cluster.name]:
            if key[1] not in policies:
                self._stop(key)
        for name, policy in policies.items():
            key = (cluster.name, name)
            provider = self._core.world.capacity_providers.get(("", name))
            if key not in self._attached and provider is not None:
                self._attached[key] = self._begin(key, provider, policy)

    def _begin(self, key: tuple[str, str], provider: CapacityProvider, policy: str) -> Scaler:
        timer = self._core.world.clock.every(arithmetic.PERIOD, lambda: self._look(key))
        return Scaler(key[0], provider, policy, timer)

    def _stop(self, key: tuple[str, str]) -> None:
        scaler = self._attached.pop(key, None)
        if scaler is not None:
            scaler.timer.cancel()

    def _look(self, key: tuple[str, str]) -> None:
        """One minute: publish the metric, watch the alarms, act."""
        core, scaler = self._core, self._attached[key]
        group = core.world.fleet.group(scaler.provider.group["autoScalingGroupArn"])
        if group is None:
            return
        core.place_waiting(scaler.cluster)  # what has room already is no demand
        live = [item for item in group.instances.values() if _counts(item)]
        # M is counted among N: a busy instance that is on its way out is in neither.
        busy = busy_instances(core, scaler) & {item.id for item in live}
        idle = self._idle(scaler, live, busy)
        decision = arithmetic.decide(
            scaler.memory,
            self._sight(scaler, group, live, busy, idle),
            settings_of(scaler.provider),
        )
        scaler.value, scaler.memory = decision.value, decision.policy
        protects = _protects(scaler.provider)
        if protects and decision.alarm == "Low":
            core.world.fleet.set_protection(idle, protected=False)
        if decision.desired != group.desired:
            self._set(scaler, group, decision.desired, decision.alarm)
        if protects:
            core.world.fleet.set_protection(
                [item.id for item in live if item.id in busy and not item.protected], protected=True
            )

    def _sight(
        self,
        scaler: Scaler,
        group: Group,
        live: list[Instance],
        busy: set[str],
        idle: list[str],
    ) -> Sight:
        now = self._core.world.now()
        ages = [(now - item.launched_at).total_seconds() for item in live]
        return Sight(
            now=now.timestamp(),
            running=len(live),
            busy=len(busy),
            demands=demands(self._core, scaler, group),
            youngest=min(ages, default=None),
            desired=group.desired,
            minimum=group.minimum,
            maximum=group.maximum,
            releasable=len(idle) if _protects(scaler.provider) else None,
        )

    def _idle(self, scaler: Scaler, live: list[Instance], busy: set[str]) -> list[str]:
        """EC2 ids of the instances that termination protection lets go."""
        kept = busy | _held_by_daemons(self._core, scaler)
        return [item.id for item in live if item.id not in kept]

    def _set(self, scaler: Scaler, group: Group, desired: int, alarm: str) -> None:
        now = self._core.world.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        self._core.world.fleet.set_desired(
            group.name,
            desired,
            f"At {now} a monitor alarm TargetTracking-{group.name}-Alarm{alarm} in state ALARM "
            f"triggered policy {scaler.policy} changing the desired capacity from "
            f"{group.desired} to {desired}.",
        )


def settings_of(provider: CapacityProvider) -> ManagedScaling:
    """managedScaling with AWS's defaults for what is not set."""
    given = provider.group.get("managedScaling") or {}
    return ManagedScaling(
        target=int(given.get("targetCapacity") or 100),
        minimum_step=int(given.get("minimumScalingStepSize") or 1),
        maximum_step=int(given.get("maximumScalingStepSize") or 10000),
        warmup=int(
            300 if given.get("instanceWarmupPeriod") is None else given["instanceWarmupPeriod"]
        ),
    )


def busy_instances(core: Core, scaler: Scaler) -> set[str]:
    """EC2 ids of the provider's instances with at least one task that is not a daemon's."""
    return {
        instance.ec2_id
        for instance in core.instances_of(scaler.cluster, scaler.provider.name)
        if any(not run.daemon for run in core.ledger.on_instance(instance.arn))
    }


def _held_by_daemons(core: Core, scaler: Scaler) -> set[str]:
    """EC2 ids of instances with any task at all, where the scenario has daemons keep them."""
    if not core.world.scenario.daemons_protected:
        return set()
    return {
        instance.ec2_id
        for instance in core.instances_of(scaler.cluster, scaler.provider.name)
        if core.ledger.on_instance(instance.arn)
    }


def demands(core: Core, scaler: Scaler, group: Group) -> list[int | None]:
    """For each group of equal waiting tasks the instances they take (C2)."""
    kinds = [catalogue.find(name) or registration.UNKNOWN_TYPE for name in _types(group)]
    waiting: Counter[Requirements] = Counter(
        run.need
        for run in core.ledger.waiting.get(scaler.cluster, {}).values()
        if run.task.capacity_provider == scaler.provider.name
    )
    trunking = registration.trunked(core)
    return [instances_for(kinds, need, count, trunking=trunking) for need, count in waiting.items()]


def _types(group: Group) -> list[str]:
    """The instance types of a group: those of its mixed instances policy, or the one it has."""
    policy = group.spec.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    named = [each["InstanceType"] for each in policy.get("Overrides", ()) if "InstanceType" in each]
    return named or [group.instance_type]


def _counts(instance: Instance) -> bool:
    return instance.lifecycle in ("Pending", "Pending:Wait", "InService")


def _protects(provider: CapacityProvider) -> bool:
    return str(provider.group.get("managedTerminationProtection", "DISABLED")) == "ENABLED"


def _policies(cluster: Cluster) -> dict[str, str]:
    """The names of the scaling policies in place, by provider (A10)."""
    found = {}
    for attachment in cluster.attachments:
        details = {item["name"]: str(item["value"]) for item in attachment["details"]}
        name = details.get("capacityProviderName", "")
        in_place = attachment["type"] == "as_policy" and attachment["status"] == "CREATED"
        if in_place and name in cluster.capacity_providers:
            found[name] = details.get("scalingPolicyName", "")
    return found
