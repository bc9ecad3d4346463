"""Launching instances: which zone, whether EC2 has any, and the way to InService."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable
from typing import Any

from ecsinfer.capacity import catalogue
from ecsinfer.sandbox.clock import Timer
from ecsinfer.sandbox.errors import ServiceError
from ecsinfer.sandbox.fleet import activities, launch_settings
from ecsinfer.sandbox.fleet.launch_settings import LaunchSettings, weight_of
from ecsinfer.sandbox.fleet.waiting import HEARTBEAT, LAUNCHING, Waiting
from ecsinfer.sandbox.state import Activity, Group, Instance, World


class Launcher:
    """Launches the instances of all groups.

    Args:
        world: the world.
        waiting: where instances wait for launching hooks.
        arrived: told the group when an instance is in service.
        abandoned: told when a launching hook gave an instance up.
    """

    def __init__(
        self,
        world: World,
        waiting: Waiting,
        arrived: Callable[[Group], None],
        abandoned: Callable[[Group, Instance], None],
    ) -> None:
        self._world = world
        self._waiting = waiting
        self._arrived = arrived
        self._abandoned = abandoned
        self._timers: dict[str, Timer] = {}
        self._open: dict[str, Activity] = {}

    def launch(self, group: Group, count: int, why: str) -> int:
        """Launch instances worth `count` units or a little more, spread over the zones.

        A zone without capacity is told once and then avoided; when none is left, the rest fails.

        Returns:
            How many units could be had.
        """
        world = self._world
        present = [
            item for item in group.instances.values() if not item.lifecycle.startswith("Term")
        ]
        before = sum(weight_of(group.spec, item.type) for item in present)
        cause = activities.launch_cause(world, group, why, before)
        try:
            settings = launch_settings.resolve(world, group.spec)
        except ServiceError as error:
            self._failed(group, cause, error.message, "")
            return 0
        group.instance_type, group.image_id = settings.types[0], settings.image
        group.user_data = settings.user_data
        exhausted: set[str] = set()
        launched = 0
        while launched < count:
            instance_type = self._launch_one(group, settings, cause, exhausted)
            if not instance_type:
                break
            launched += weight_of(group.spec, instance_type)
        return launched

    def cancel(self, instance_id: str) -> None:
        """The instance will not get into service."""
        timer = self._timers.pop(instance_id, None)
        if timer is not None:
            timer.cancel()
        activity = self._open.pop(instance_id, None)
        if activity is not None:
            activities.end(self._world, activity, "Cancelled", "Instance was terminated.")

    def _launch_one(
        self, group: Group, settings: LaunchSettings, cause: str, exhausted: set[str]
    ) -> str:
        """The type of the instance that was launched; empty when there was none to be had."""
        for zone in _least_populated_first(group):
            if zone in exhausted:
                continue
            refusals: list[str] = []
            for instance_type in settings.types:
                refusal = self._refusal(group, instance_type, zone)
                if not refusal:
                    started = self._start(group, settings, instance_type, zone, cause)
                    return instance_type if started else ""
                refusals.append(refusal)
            exhausted.add(zone)
            self._failed(group, cause, _mixed(group, refusals[0]), zone)
        return ""

    def _refusal(self, group: Group, instance_type: str, zone: str) -> str:
        """EC2's reason not to launch; empty when it would."""
        scenario = self._world.scenario
        scarce = scenario.no_capacity
        if {zone, instance_type, f"{instance_type}@{zone}"} & set(scarce):
            others = [
                other
                for other in group.zones
                if not {other, instance_type, f"{instance_type}@{other}"} & set(scarce)
            ]
            return activities.insufficient_capacity(instance_type, zone, others)
        limit = scenario.vcpu_quota
        if limit is not None and self._vcpus_in_use() + _vcpus(instance_type) > limit:
            return activities.vcpu_limit(limit)
        return ""

    def _vcpus_in_use(self) -> int:
        fleet = self._world.fleet
        groups = getattr(fleet, "groups", {}).values()
        ours = [item.type for group in groups for item in group.instances.values()]
        managed = [
            item.instance_type for item in self._world.container_instances.values() if item.managed
        ]
        return sum(map(_vcpus, [*ours, *managed]))

    def _start(
        self, group: Group, settings: LaunchSettings, instance_type: str, zone: str, cause: str
    ) -> bool:
        world, subnet = self._world, group.subnets.get(zone, "")
        try:
            answer = world.ask("ec2", "RunInstances", _run(group, settings, instance_type, subnet))
        except ServiceError as error:
            self._failed(group, cause, f"{error.message} Launching EC2 instance failed.", zone)
            return False
        made = answer["Instances"][0]
        instance = Instance(
            id=made["InstanceId"],
            type=instance_type,
            zone=zone,
            subnet=subnet,
            group=group.name,
            launched_at=world.now(),
            protected=group.protect_new,
            image_id=settings.image,
            user_data=settings.user_data,
            profile=settings.profile,
            private_ip=made.get("PrivateIpAddress", ""),
        )
        group.instances[instance.id] = instance
        description = f"Launching a new EC2 instance: {instance.id}"
        self._open[instance.id] = activities.begin(world, group, description, cause, zone, subnet)
        self._timers[instance.id] = world.clock.after(
            world.scenario.timings.launch, lambda: self._running(group, instance)
        )
        return True

    def _running(self, group: Group, instance: Instance) -> None:
        """The instance runs; it is in service once the launching hooks continue."""
        del self._timers[instance.id]
        self._world.engine.instance_running(instance)
        hooks = [
            (
                name,
                float(hook.get("HeartbeatTimeout", HEARTBEAT)),
                hook.get("DefaultResult", "ABANDON"),
            )
            for name, hook in group.hooks.items()
            if hook.get("LifecycleTransition") == LAUNCHING
        ]
        if not hooks:
            self._serve(group, instance)
        else:
            instance.lifecycle = "Pending:Wait"
            self._waiting.begin(
                instance, hooks, lambda go_on: self._hooks_done(group, instance, go_on)
            )

    def _hooks_done(self, group: Group, instance: Instance, go_on: bool) -> None:
        if go_on:
            self._serve(group, instance)
        else:
            self.cancel(instance.id)
            self._abandoned(group, instance)

    def _serve(self, group: Group, instance: Instance) -> None:
        instance.lifecycle = "InService"
        activities.end(self._world, self._open.pop(instance.id))
        self._arrived(group)

    def _failed(self, group: Group, cause: str, message: str, zone: str) -> None:
        activity = activities.begin(
            self._world,
            group,
            f"Launching a new EC2 instance.  Status Reason: {message}",
            cause,
            zone,
            group.subnets.get(zone, ""),
        )
        activities.end(self._world, activity, "Failed", message)


def _least_populated_first(group: Group) -> list[str]:
    population = Counter(
        item.zone for item in group.instances.values() if not item.lifecycle.startswith("Term")
    )
    return sorted(group.zones, key=lambda zone: population[zone])


def _mixed(group: Group, refusal: str) -> str:
    """A mixed instances policy launches by a fleet request, whose errors read differently."""
    if "MixedInstancesPolicy" not in group.spec:
        return refusal
    code = "VcpuLimitExceeded" if "vCPU limit" in refusal else "InsufficientInstanceCapacity"
    return f"Could not launch On-Demand Instances. {code} - {refusal}"


def _vcpus(instance_type: str) -> int:
    known = catalogue.find(instance_type)
    return known.vcpus if known is not None else 0


def _run(group: Group, settings: LaunchSettings, instance_type: str, subnet: str) -> dict[str, Any]:
    tags = {key: value for key, (value, propagate) in group.tags.items() if propagate}
    tags["aws:autoscaling:groupName"] = group.name
    return {
        "ImageId": settings.image,
        "InstanceType": instance_type,
        "MinCount": 1,
        "MaxCount": 1,
        "SubnetId": subnet,
        "UserData": base64.b64encode(settings.user_data.encode()).decode(),
        "TagSpecifications": [
            {
                "ResourceType": "instance",
                "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
            }
        ],
    }
