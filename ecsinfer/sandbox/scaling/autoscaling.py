"""The scalable targets of a world and what moves them."""

from __future__ import annotations

from ecsinfer.capacity.managed_scaling import PERIOD
from ecsinfer.sandbox.clock import Timer
from ecsinfer.sandbox.scaling import alarms, tracking
from ecsinfer.sandbox.scaling.records import Policy, ScalingActivity, ScheduledAction, Target
from ecsinfer.sandbox.state import Service, World

ACTIVITIES_KEPT = 1000


class ServiceAutoScaling:
    """The world's `ServiceScaling`.

    Attributes:
        targets: by resource id.
        policies: by resource id and name.
        actions: scheduled actions, by resource id and name.
        activities: newest first.
        metrics: (cluster, service, metric) -> the value that target tracking sees each minute. A
            metric is the name of a predefined one or ``Namespace/MetricName``; without a value
            its alarms have insufficient data. Nothing but a test or a scenario sets them.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.targets: dict[str, Target] = {}
        self.policies: dict[tuple[str, str], Policy] = {}
        self.actions: dict[tuple[str, str], ScheduledAction] = {}
        self.activities: list[ScalingActivity] = []
        self.metrics: dict[tuple[str, str, str], float] = {}
        self._ticker: Timer | None = None

    def service_deleted(self, cluster: str, service: str) -> None:
        """The scalable target and its policies go with the service, in their own time (E12).

        To register it again meanwhile, for a new service of that name, only changes the one that
        goes; one that was registered after a deregistration is another, and stays.
        """
        going = self.targets.get(f"service/{cluster}/{service}")

        def remove() -> None:
            if going is not None and self.targets.get(going.resource) is going:
                self.remove(going)

        self._world.clock.after(self._world.scenario.timings.scaling_removed, remove)

    def remove(self, target: Target) -> None:
        """Drop a target with its policies, scheduled actions and tags (E11)."""
        del self.targets[target.resource]
        self._world.tags.pop(target.arn, None)
        for policy in self.policies_of(target.resource):
            self.remove_policy(policy)
        for key in [key for key in self.actions if key[0] == target.resource]:
            action = self.actions.pop(key)
            if action.timer is not None:
                action.timer.cancel()

    def put_policy(self, policy: Policy) -> None:
        """Keep a policy and look at its metric every minute from now on."""
        self.policies[policy.resource, policy.name] = policy
        if self._ticker is None:
            self._ticker = self._world.clock.every(PERIOD, self._tick)

    def remove_policy(self, policy: Policy) -> None:
        """Drop a policy and its alarms."""
        del self.policies[policy.resource, policy.name]
        alarms.delete(self._world, policy)
        if not self.policies and self._ticker is not None:
            self._ticker.cancel()
            self._ticker = None

    def policies_of(self, resource: str) -> list[Policy]:
        """The policies of a target."""
        return [policy for key, policy in self.policies.items() if key[0] == resource]

    def service_of(self, target: Target) -> Service | None:
        """The service of a target; None once it is not ACTIVE any more."""
        service = self._world.services.get(target.service)
        return service if service is not None and service.status == "ACTIVE" else None

    def bound(self, target: Target, cause: str = "") -> None:
        """Move the desired count into the target's bounds (E2)."""
        service = self.service_of(target)
        if service is None or target.within(service.desired) == service.desired:
            return
        side, bound = (
            ("minimum", target.minimum)
            if service.desired < target.minimum
            else ("maximum", target.maximum)
        )
        self.set_desired(target, service, bound, cause or f"{side} capacity was set to {bound}")

    def set_desired(self, target: Target, service: Service, count: int, cause: str) -> None:
        """Change a service's desired count, and say so."""
        service.desired = count
        self._world.engine.service_changed(service)
        self.record(
            target,
            f"Setting desired count to {count}.",
            cause,
            f"Successfully set desired count to {count}. Change successfully fulfilled by ecs.",
        )

    def record(self, target: Target, description: str, cause: str, message: str) -> None:
        """Remember a scaling activity."""
        activity = ScalingActivity(
            self._world.uuid(), target.resource, description, cause, message, self._world.now()
        )
        self.activities.insert(0, activity)
        del self.activities[ACTIVITIES_KEPT:]

    def _tick(self) -> None:
        """One minute: every target looks at its metrics."""
        for target in list(self.targets.values()):
            service = self.service_of(target)
            policies = [
                policy
                for policy in self.policies_of(target.resource)
                if policy.type == "TargetTrackingScaling"
            ]
            if service is None or not policies:
                continue
            for policy in policies:
                tracking.observe(policy, self.metrics, target)
            move = tracking.decide(self._world, target, service, policies, self.activities)
            if move is not None:
                self.set_desired(target, service, move.desired, move.cause)
