"""Instances that wait for a lifecycle hook to let them go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ecsinfer.sandbox.clock import Timer
from ecsinfer.sandbox.state import Instance, World

LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"
DRAINING_HOOK = "ecs-managed-draining-termination-hook"
"""The hook of managed draining, which ECS answers (F1)."""

HEARTBEAT = 3600.0
"""Seconds after which a hook's default result counts."""


@dataclass(slots=True)
class Wait:
    """One instance waiting for its hooks.

    Attributes:
        hooks: hook name -> its heartbeat timer.
        done: told whether the instance goes on (``CONTINUE``) or is given up (``ABANDON``).
    """

    hooks: dict[str, Timer] = field(default_factory=dict)
    done: Callable[[bool], None] = lambda _: None


class Waiting:
    """Every instance that waits, by its id."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._waits: dict[str, Wait] = {}

    def begin(
        self,
        instance: Instance,
        hooks: Iterable[tuple[str, float, str]],
        done: Callable[[bool], None],
    ) -> None:
        """Wait for hooks, given as (name, heartbeat in seconds, default result).

        `done` is called when every hook continued or the first one abandoned.
        """
        wait = Wait(done=done)
        self._waits[instance.id] = wait
        for name, heartbeat, result in hooks:
            wait.hooks[name] = self._world.clock.after(
                heartbeat, self._expiry(instance.id, name, result)
            )

    def complete(self, instance_id: str, hook: str, result: str) -> bool:
        """A hook answers; whether the instance waited for it."""
        wait = self._waits.get(instance_id)
        if wait is None or hook not in wait.hooks:
            return False
        wait.hooks.pop(hook).cancel()
        if result == "CONTINUE" and wait.hooks:
            return True
        self.forget(instance_id)
        wait.done(result == "CONTINUE")
        return True

    def extend(self, instance_id: str, hook: str, heartbeat: float, result: str) -> bool:
        """A heartbeat: the hook's time starts again; whether the instance waited for it."""
        wait = self._waits.get(instance_id)
        if wait is None or hook not in wait.hooks:
            return False
        wait.hooks[hook].cancel()
        wait.hooks[hook] = self._world.clock.after(
            heartbeat, self._expiry(instance_id, hook, result)
        )
        return True

    def forget(self, instance_id: str) -> None:
        """The instance waits no more, and nobody is told."""
        wait = self._waits.pop(instance_id, None)
        for timer in wait.hooks.values() if wait else ():
            timer.cancel()

    def _expiry(self, instance_id: str, hook: str, result: str) -> Callable[[], None]:
        def expire() -> None:
            self.complete(instance_id, hook, result)

        return expire
