"""A small account for the engine's tests: records made by hand, and the simplest neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ecsinfer.sandbox.elb.records import TargetGroup, TargetHealth
from ecsinfer.sandbox.engine import EcsEngine, install
from ecsinfer.sandbox.scenario import Scenario, Timings
from ecsinfer.sandbox.state import (
    CapacityProvider,
    Cluster,
    ContainerInstance,
    Deployment,
    Group,
    Instance,
    Service,
    Task,
    TaskDefinition,
    World,
)

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
SUBNETS = {zone: f"subnet-{zone[-1]}" for zone in ZONES}


class SimpleFleet:
    """Groups whose instances run half a minute after they are asked for."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.groups: dict[str, Group] = {}
        self.causes: list[str] = []

    def group(self, name_or_arn: str) -> Group | None:
        return self.groups.get(name_or_arn.rpartition("/")[2])

    def set_desired(self, name: str, count: int, cause: str) -> None:
        group = self.groups[name]
        group.desired = max(group.minimum, min(group.maximum, count))
        self.causes.append(cause)
        live = [item for item in group.instances.values() if "Terminat" not in item.lifecycle]
        for _ in range(group.desired - len(live)):
            self._launch(group)
        free = [item for item in live if not item.protected]
        for item in free[: max(0, len(live) - group.desired)]:
            self.terminate(item.id, cause, decrement=False)

    def _launch(self, group: Group) -> None:
        zone = ZONES[len(group.instances) % len(group.zones)]
        instance = Instance(
            id=f"i-{self.world.hex(17)}",
            type=group.instance_type,
            zone=zone,
            subnet=SUBNETS[zone],
            group=group.name,
            launched_at=self.world.now(),
            protected=group.protect_new,
            user_data=group.user_data,
        )
        group.instances[instance.id] = instance

        def runs() -> None:
            if instance.lifecycle != "Pending":
                return  # terminated before it ran
            instance.lifecycle = "InService"
            self.world.engine.instance_running(instance)

        self.world.clock.after(self.world.scenario.timings.launch, runs)

    def terminate(self, instance_id: str, cause: str, *, decrement: bool) -> None:
        instance = self._find(instance_id)
        if decrement:
            self.groups[instance.group].desired -= 1
        if self.world.engine.instance_terminating(instance):
            instance.lifecycle = "Terminating:Wait"
        else:
            self._gone(instance)

    def set_protection(self, instance_ids: Iterable[str], protected: bool) -> None:
        for instance_id in instance_ids:
            self._find(instance_id).protected = protected

    def put_tag(self, name: str, key: str, value: str, *, propagate: bool) -> None:
        self.groups[name].tags[key] = (value, propagate)

    def complete_termination(self, instance_id: str) -> None:
        self._gone(self._find(instance_id))

    def _gone(self, instance: Instance) -> None:
        instance.lifecycle = "Terminated"
        del self.groups[instance.group].instances[instance.id]
        self.world.engine.instance_terminated(instance)

    def _find(self, instance_id: str) -> Instance:
        return next(
            group.instances[instance_id]
            for group in self.groups.values()
            if instance_id in group.instances
        )


class SimpleBalancing:
    """One kind of target group; targets are judged once, ten seconds after they could answer."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.targets: dict[tuple[str, str, int], TargetHealth] = {}
        self.deregistration_delay = 30.0

    def target_group(self, arn: str) -> TargetGroup | None:
        if "targetgroup" not in arn:
            return None
        return TargetGroup(arn, "tg", "ip", "vpc", 8000, ("lb",), ZONES, 30, 10, 5, 2, 2)

    def register(
        self,
        arn: str,
        target: str,
        port: int,
        zone: str,
        ready_at: datetime | None,
        on_change: Callable[[TargetHealth], None],
        failing: TargetHealth | None = None,
    ) -> None:
        key = (arn, target, port)
        self.targets[key] = TargetHealth("initial")

        def judge(state: str) -> None:
            if key in self.targets:
                self.targets[key] = TargetHealth(state)
                on_change(self.targets[key])

        if ready_at is None:
            self.world.clock.after(30, lambda: judge("unhealthy"))
            return
        delay = (ready_at - self.world.now()).total_seconds()
        if delay > 30:
            self.world.clock.after(30, lambda: judge("unhealthy"))
        self.world.clock.after(delay + 10, lambda: judge("healthy"))

    def deregister(self, arn: str, target: str, port: int, done: Callable[[], None]) -> None:
        self.targets.pop((arn, target, port), None)
        self.world.clock.after(self.deregistration_delay, done)

    def health(self, arn: str, target: str, port: int) -> TargetHealth | None:
        return self.targets.get((arn, target, port))


@dataclass
class Account:
    """The world, and short ways to do what the API rooms do.

    Whatever `watch` returns is collected after every simulated second of `run`.
    """

    scenario: Scenario = field(default_factory=Scenario)
    world: World = field(init=False)
    engine: EcsEngine = field(init=False)
    fleet: SimpleFleet = field(init=False)
    elb: SimpleBalancing = field(init=False)
    cluster: Cluster = field(init=False)

    def __post_init__(self) -> None:
        self.world = World(scenario=self.scenario)
        self.fleet = SimpleFleet(self.world)
        self.elb = SimpleBalancing(self.world)
        self.world.fleet, self.world.elb = self.fleet, self.elb
        self.engine = install(self.world)
        zones = {subnet: zone for zone, subnet in SUBNETS.items()}
        self.engine.zone_of_subnet = lambda subnet: zones.get(subnet, "")
        self.cluster = Cluster("main", self.world.arn("cluster/main"), self.world.now(), {})
        self.world.clusters["main"] = self.cluster

    def group(
        self,
        *,
        name: str = "gpu",
        instance_type: str = "g5.xlarge",
        desired: int = 0,
        maximum: int = 10,
        protect_new: bool = False,
        user_data: str = "ECS_CLUSTER=main",
    ) -> Group:
        """An Auto Scaling group, with `desired` instances on their way."""
        arn = self.world.arn(f"autoScalingGroup:x:autoScalingGroupName/{name}", "autoscaling")
        group = Group(
            name, arn, 0, maximum, 0, list(ZONES), dict(SUBNETS), instance_type, protect_new
        )
        group.user_data = user_data
        self.fleet.groups[name] = group
        if desired:
            self.fleet.set_desired(name, desired, "test")
        return group

    def provider(self, group: Group, name: str = "asg", **settings: Any) -> CapacityProvider:
        """A capacity provider of the group, associated with the cluster, its policy attached."""
        scaling = {"status": "ENABLED", "targetCapacity": 100, **settings.pop("scaling", {})}
        arn = self.world.arn(f"capacity-provider/{name}")
        provider = CapacityProvider(
            name,
            arn,
            self.world.now(),
            group={"autoScalingGroupArn": group.arn, "managedScaling": scaling, **settings},
        )
        self.world.capacity_providers["", name] = provider
        self.cluster.capacity_providers.append(name)
        details = {"capacityProviderName": name, "scalingPolicyName": "ECSManagedAutoScalingPolicy"}
        self.cluster.attachments.append(
            {
                "id": name,
                "type": "as_policy",
                "status": "CREATED",
                "details": [{"name": key, "value": value} for key, value in details.items()],
            }
        )
        self.engine.providers_changed(self.cluster)
        return provider

    def definition(
        self, *containers: dict[str, Any], family: str = "app", **task: Any
    ) -> TaskDefinition:
        """A new revision; one container of a GPU by default."""
        revisions = self.world.task_definitions.setdefault(family, [])
        number = len(revisions) + 1
        boxes = containers or (gpu_container(),)
        spec = {"containerDefinitions": [{"name": "app", **item} for item in boxes], **task}
        arn = self.world.arn(f"task-definition/{family}:{number}")
        definition = TaskDefinition(family, number, arn, spec, self.world.now())
        revisions.append(definition)
        return definition

    def service(
        self, definition: TaskDefinition, *, desired: int = 1, name: str = "web", **spec: Any
    ) -> Service:
        """A service, its first deployment begun."""
        service = Service(
            name,
            self.world.arn(f"service/main/{name}"),
            "main",
            self.world.now(),
            spec,
            definition.arn,
            desired,
        )
        self.world.services["main", name] = service
        self.engine.service_created(service)
        return service

    def deploy(self, service: Service, definition: TaskDefinition) -> Deployment:
        """A new deployment of the service."""
        service.task_definition = definition.arn
        return self.engine.deployment_started(service)

    def run(self, seconds: float, watch: Callable[[], None] | None = None) -> None:
        """Let time pass, looking every second if there is something to watch."""
        if watch is None:
            self.world.clock.sleep(seconds)
            return
        for _ in range(int(seconds)):
            self.world.clock.sleep(1)
            watch()

    def tasks(self, service: Service | None = None, status: str = "") -> list[Task]:
        """Tasks in order of creation."""
        return [
            task
            for task in self.world.tasks.values()
            if (service is None or task.service == service.name)
            and (not status or task.last_status == status)
        ]

    def running(self, service: Service) -> list[Task]:
        """The service's RUNNING tasks."""
        return self.tasks(service, "RUNNING")

    def instances(self) -> list[ContainerInstance]:
        """The registered container instances."""
        return list(self.world.container_instances.values())


def gpu_container(image: str = "model:1", **more: Any) -> dict[str, Any]:
    """A container that wants one GPU."""
    return {
        "image": image,
        "cpu": 1024,
        "memory": 4096,
        "resourceRequirements": [{"type": "GPU", "value": "1"}],
        **more,
    }


def cpu_container(image: str = "web:1", **more: Any) -> dict[str, Any]:
    """A small container."""
    return {"image": image, "cpu": 256, "memory": 512, **more}


def strategy(*names: str) -> list[dict[str, Any]]:
    """Providers of equal weight."""
    return [{"capacityProvider": name, "weight": 1, "base": 0} for name in names]


def deploying(minimum: int = 100, maximum: int = 200, **more: Any) -> dict[str, Any]:
    """A deploymentConfiguration."""
    return {"minimumHealthyPercent": minimum, "maximumPercent": maximum, **more}


def breaking(*, rollback: bool = True, **more: Any) -> dict[str, Any]:
    """A deploymentConfiguration with the circuit breaker."""
    breaker = {"enable": True, "rollback": rollback, **more}
    return deploying(deploymentCircuitBreaker=breaker)


def messages(service: Service) -> list[str]:
    """Its events, oldest first, without the service's name."""
    return [event.message.partition(") ")[2] for event in reversed(service.events)]


def long_rollout(tasks: int) -> tuple[Account, Service]:
    """A service whose images take ten minutes, and that has just begun to replace its tasks."""
    account = Account(Scenario(timings=Timings(load=300, pull=300)))
    account.provider(account.group(maximum=20))
    service = account.service(
        account.definition(), desired=tasks, capacityProviderStrategy=strategy("asg")
    )
    account.run(1800)
    account.deploy(service, account.definition(gpu_container("model:2")))
    return account, service
