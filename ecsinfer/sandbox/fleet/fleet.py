"""Auto Scaling groups and what keeps them at their desired capacity.

Owned here altogether: moto launches at once, in one zone, and tells of no activity. The instances
are moto's EC2 instances, so that whoever looks at EC2 finds them.
"""

from __future__ import annotations

from collections.abc import Iterable

from ecsinfer.sandbox.fleet import activities
from ecsinfer.sandbox.fleet.activities import timestamp
from ecsinfer.sandbox.fleet.launch_settings import weight_of
from ecsinfer.sandbox.fleet.launching import Launcher
from ecsinfer.sandbox.fleet.terminating import Terminator
from ecsinfer.sandbox.fleet.waiting import DRAINING_HOOK, Waiting
from ecsinfer.sandbox.state import Activity, Group, Instance, World

RETRY = 60.0
"""Seconds until a group that could not launch tries again."""

COUNTED = ("Pending", "Pending:Wait", "InService")
"""Lifecycle states of the instances that make up a group's capacity."""


class AutoScaling:
    """The world's `Fleet`.

    Attributes:
        groups: by name.
        waiting: instances that wait for lifecycle hooks.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.groups: dict[str, Group] = {}
        self.waiting = Waiting(world)
        self._launcher = Launcher(world, self.waiting, self._in_service, self._abandoned)
        self._terminator = Terminator(world, self.waiting, self._gone)
        self._causes: dict[str, str] = {}  # why the desired capacity of a group is what it is
        self._retrying: set[str] = set()

    def group(self, name_or_arn: str) -> Group | None:
        """The group, by name or ARN; an ARN must match in full (B4)."""
        group = self.groups.get(name_or_arn.rpartition("autoScalingGroupName/")[2])
        if group is None or (name_or_arn.startswith("arn:") and group.arn != name_or_arn):
            return None
        return group

    def add(self, group: Group, cause: str = "") -> None:
        """A group comes into being and launches what it wants."""
        self.groups[group.name] = group
        self._causes[group.name] = cause
        self.balance(group)

    def remove(self, group: Group) -> None:
        """The group goes with its instances, without waiting for hooks."""
        group.minimum = group.desired = 0
        if not group.instances:
            del self.groups[group.name]
            return
        group.spec["Status"] = "Delete in progress"
        cause = f"At {timestamp(self._world.now())} a user request force deleted the group."
        for instance in list(group.instances.values()):
            self._launcher.cancel(instance.id)
            self._terminator.force(group, instance, cause)

    def set_desired(self, name: str, count: int, cause: str) -> None:
        """Change the desired capacity, within min and max, and launch or terminate."""
        group = self.groups[name]
        group.desired = min(group.maximum, max(group.minimum, count))
        self._causes[name] = cause
        self.balance(group)

    def terminate(self, instance_id: str, cause: str, *, decrement: bool) -> None:
        """Terminate one instance, protected or not; replace it unless `decrement`."""
        group, instance = self.find(instance_id)
        if group is None or instance is None:
            return
        if decrement:
            group.desired = max(group.minimum, group.desired - 1)
        self.end(group, instance, cause)
        self.balance(group)

    def end(self, group: Group, instance: Instance, cause: str) -> Activity:
        """Begin the termination of an instance."""
        self._launcher.cancel(instance.id)
        return self._terminator.begin(group, instance, cause)

    def set_protection(self, instance_ids: Iterable[str], protected: bool) -> None:
        """Set or lift scale-in protection; a group that waited for it shrinks."""
        touched: dict[str, Group] = {}
        for instance_id in instance_ids:
            group, instance = self.find(instance_id)
            if group is not None and instance is not None:
                instance.protected = protected
                touched[group.name] = group
        if not protected:
            for group in touched.values():
                self.balance(group)

    def put_tag(self, name: str, key: str, value: str, *, propagate: bool) -> None:
        """Tag a group (the ``AmazonECSManaged`` tag, B8)."""
        self.groups[name].tags[key] = (value, propagate)

    def complete_termination(self, instance_id: str) -> None:
        """The draining hook lets go: Terminating:Wait becomes Terminating."""
        self.waiting.complete(instance_id, DRAINING_HOOK, "CONTINUE")

    def find(self, instance_id: str) -> tuple[Group | None, Instance | None]:
        """An instance and its group."""
        for group in self.groups.values():
            if instance_id in group.instances:
                return group, group.instances[instance_id]
        return None, None

    def balance(self, group: Group) -> None:
        """Launch or terminate until the group has its desired capacity."""
        present = [item for item in group.instances.values() if item.lifecycle in COUNTED]
        missing = group.desired - _units(group, present)
        why = self._causes.get(group.name, "")
        if missing > 0 and "Launch" not in group.suspended:
            launched = self._launcher.launch(group, missing, why)
            if launched < missing:
                self._retry(group)
        elif missing < 0 and "Terminate" not in group.suspended:
            self._shrink(group, present, why)

    def _shrink(self, group: Group, present: list[Instance], why: str) -> None:
        capacity = _units(group, present)
        victims = self._terminator.choose(group, capacity - group.desired)
        pending = [item for item in present if item.lifecycle.startswith("Pending")]
        left = capacity - group.desired - _units(group, victims) - _units(group, pending)
        stays = [item for item in present if item not in victims and item not in pending]
        for victim in victims:
            cause = activities.scale_in_cause(self._world, group, why, capacity, victim.id)
            self._terminator.begin(group, victim, cause)
        if any(_units(group, [item]) <= left for item in stays):
            self._tell_protected(group, why)

    def _tell_protected(self, group: Group, why: str) -> None:
        newest = group.activities[0] if group.activities else None
        if newest is not None and newest.status_message == activities.PROTECTED:
            return
        activity = activities.begin(self._world, group, activities.PROTECTED, why)
        activities.end(self._world, activity, "Cancelled", activities.PROTECTED)

    def _retry(self, group: Group) -> None:
        if group.name in self._retrying:
            return
        self._retrying.add(group.name)

        def again() -> None:
            self._retrying.discard(group.name)
            if self.groups.get(group.name) is group:
                self.balance(group)

        self._world.clock.after(RETRY, again)

    def _in_service(self, group: Group) -> None:
        """An instance arrived; the group may want fewer by now."""
        self.balance(group)

    def _abandoned(self, group: Group, instance: Instance) -> None:
        """A launching hook gave an instance up: it is replaced."""
        cause = (
            f"At {timestamp(self._world.now())} an instance was taken out of service in response "
            "to a lifecycle action result ABANDON."
        )
        self._terminator.begin(group, instance, cause)
        self.balance(group)

    def _gone(self, group: Group) -> None:
        if group.spec.get("Status") and not group.instances:
            del self.groups[group.name]


def _units(group: Group, instances: Iterable[Instance]) -> int:
    """The capacity of instances in the units of the group's sizes: instances, or their weights."""
    return sum(weight_of(group.spec, item.type) for item in instances)
