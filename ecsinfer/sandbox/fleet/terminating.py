"""Terminating instances: which ones, the hooks that may hold them, and the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from ecsinfer.sandbox.fleet import activities
from ecsinfer.sandbox.fleet.launch_settings import weight_of
from ecsinfer.sandbox.fleet.waiting import DRAINING_HOOK, HEARTBEAT, TERMINATING, Waiting
from ecsinfer.sandbox.state import Activity, Group, Instance, World

SHUTDOWN = 30.0
"""Seconds from Terminating to terminated."""


class Terminator:
    """Terminates the instances of all groups.

    Args:
        world: the world.
        waiting: where instances wait for terminating hooks.
        gone: told the group when an instance has left it.
    """

    def __init__(self, world: World, waiting: Waiting, gone: Callable[[Group], None]) -> None:
        self._world = world
        self._waiting = waiting
        self._gone = gone
        self._activities: dict[str, Activity] = {}  # by instance id

    def choose(self, group: Group, count: int) -> list[Instance]:
        """The instances worth at most `count` units that scale-in takes.

        They are unprotected, of the fullest zone, the oldest first.
        """
        candidates = [
            item
            for item in group.instances.values()
            if item.lifecycle == "InService" and not item.protected
        ]
        population = Counter(
            item.zone for item in group.instances.values() if item.lifecycle == "InService"
        )
        chosen: list[Instance] = []
        while candidates and count > 0:
            victim = max(
                candidates,
                key=lambda item: (population[item.zone], -item.launched_at.timestamp()),
            )
            candidates.remove(victim)
            weight = weight_of(group.spec, victim.type)
            if weight <= count:
                count -= weight
                population[victim.zone] -= 1
                chosen.append(victim)
        return chosen

    def begin(self, group: Group, instance: Instance, cause: str) -> Activity:
        """Take an instance out of service, then terminate it when every hook has let go."""
        activity = self._open(group, instance, cause)
        served = instance.lifecycle == "InService"
        instance.lifecycle = "Terminating:Wait"
        drains = self._world.engine.instance_terminating(instance)
        hooks = [
            (name, float(hook.get("HeartbeatTimeout", HEARTBEAT)), "CONTINUE")
            for name, hook in group.hooks.items()
            if served and name != DRAINING_HOOK and hook.get("LifecycleTransition") == TERMINATING
        ]
        if drains:
            hooks.append((DRAINING_HOOK, HEARTBEAT, "CONTINUE"))
        if hooks:
            # Whatever a terminating hook answers, the instance is terminated.
            self._waiting.begin(instance, hooks, lambda _: self._shut_down(group, instance))
        else:
            self._shut_down(group, instance)
        return activity

    def force(self, group: Group, instance: Instance, cause: str) -> None:
        """Terminate an instance whatever it waits for."""
        self._waiting.forget(instance.id)
        if instance.id not in self._activities:
            self._open(group, instance, cause)
        if instance.lifecycle != "Terminating":
            self._shut_down(group, instance)

    def _open(self, group: Group, instance: Instance, cause: str) -> Activity:
        activity = activities.begin(
            self._world,
            group,
            f"Terminating EC2 instance: {instance.id}",
            cause,
            instance.zone,
            instance.subnet,
        )
        self._activities[instance.id] = activity
        return activity

    def _shut_down(self, group: Group, instance: Instance) -> None:
        instance.lifecycle = "Terminating"

        def end() -> None:
            self._world.ask("ec2", "TerminateInstances", {"InstanceIds": [instance.id]})
            instance.lifecycle = "Terminated"
            group.instances.pop(instance.id, None)
            activities.end(self._world, self._activities.pop(instance.id))
            self._world.engine.instance_terminated(instance)
            self._gone(group)

        self._world.clock.after(SHUTDOWN, end)
