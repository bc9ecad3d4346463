"""What the parts of the engine share: the world, the ledger, and whom to tell of a change.

Parts lower down (tasks, health) know nothing of those above (rollouts, scaling); they ring one of
the bells here. Bells about services and room are debounced, so that whatever happens within a
second is answered by one look at the service, as the service scheduler does it.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from ecsinfer.sandbox.engine.ledger import Ledger, Run
from ecsinfer.sandbox.engine.stages import Progress
from ecsinfer.sandbox.rooms import LogKeeping
from ecsinfer.sandbox.state import (
    CapacityProvider,
    ContainerInstance,
    Deployment,
    Instance,
    Service,
    World,
)

REACTION = 1.0
"""Seconds from a change until the service scheduler has seen it."""


class Alarm(NamedTuple):
    """A CloudWatch alarm: whether it is in ALARM, and the minutes that its judgement spans."""

    name: str
    alarming: bool
    minutes: float


class Core(ABC):
    """The engine's common ground.

    Attributes:
        logs: takes what containers with awslogs write; None means that the scenario alone decides
            which log groups exist.
        zone_of_subnet: the availability zone of a subnet; "" when it is not known.
        digest_of_image: the digest an image reference stands for now; "" when not known.
        image_exists: whether the account's registry has an image; so it has where nobody knows.
        name_of_ami: the name of an AMI; "" when it is not known.
        role_exists: whether IAM has a role; the scenario alone decides where nobody knows.
        secret_exists: whether a secret or parameter is there; likewise.
        alarms_named: the CloudWatch alarms of these names, as they are now.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.ledger = Ledger()
        self.logs: LogKeeping | None = None
        self.zone_of_subnet: Callable[[str], str] | None = None
        self.digest_of_image: Callable[[str], str] | None = None
        self.image_exists: Callable[[str], bool] = lambda _: True
        self.name_of_ami: Callable[[str], str] | None = None
        self.role_exists: Callable[[str], bool] = lambda _: True
        self.secret_exists: Callable[[str], bool] = lambda _: True
        self.alarms_named: Callable[[Sequence[str]], list[Alarm]] | None = None
        self.instances: dict[str, str] = {}  # EC2 instance id -> container instance ARN
        self.short: dict[tuple[str, str], Service] = {}  # services that found no room
        self.running: dict[str, Instance] = {}  # EC2 instances that have not registered yet, too
        self.ready_at: dict[str, datetime] = {}  # deployment number -> when its bake began
        self.alarm_bakes: dict[str, float] = {}  # deployment number -> minutes of its alarms
        self.progress: dict[str, Progress] = {}  # deployment number -> its stage
        self.moving: set[str] = set()  # tasks that give way to one in another zone
        self.steady: set[tuple[str, str]] = set()  # services in a steady state
        self.looking: set[str] = set()  # Managed Instances providers about to look at demand
        self.promised: set[str] = set()  # waiting tasks for which an instance is on its way
        self.launching: Counter[str] = Counter()  # provider -> Managed Instances on their way
        self.launched: Counter[str] = Counter()  # provider -> Managed Instances so far
        self.idle_since: dict[str, datetime] = {}  # managed container instance -> when it emptied
        self.registrations: Counter[tuple[str, str]] = Counter()  # service, group: not told yet
        self._addresses = itertools.count()
        self._due: set[tuple[str, str]] = set()
        self._rooms_due: set[str] = set()

    @abstractmethod
    def reconcile(self, service: Service) -> None:
        """Bring a service one step nearer to what it should be."""

    @abstractmethod
    def place_waiting(self, cluster: str) -> None:
        """Give waiting tasks the room there is."""

    @abstractmethod
    def task_served(self, run: Run) -> None:
        """A task became healthy."""

    @abstractmethod
    def task_stopped(self, run: Run) -> None:
        """A task reached STOPPED."""

    @abstractmethod
    def hook_timed_out(self, service: Service, deployment: Deployment, action: str) -> None:
        """Nobody answered a PAUSE hook; `action` is CONTINUE or ROLLBACK."""

    def wake(self, service: Service, seconds: float = REACTION) -> None:
        """Have the service reconciled soon; later when `seconds` say so."""
        key = (service.cluster, service.name)
        if seconds > REACTION:
            self.world.clock.after(seconds, lambda: self.wake(service, 0))
            return
        if key not in self._due:
            self._due.add(key)
            self.world.clock.after(seconds, lambda: self._look(key, service))

    def wake_at(self, service: Service, moment: datetime) -> None:
        """Have the service reconciled at a moment."""
        self.wake(service, (moment - self.world.now()).total_seconds())

    def room_changed(self, cluster: str) -> None:
        """Room appeared in a cluster: waiting tasks may find a place."""
        if cluster not in self._rooms_due and self._wanted(cluster):
            self._rooms_due.add(cluster)
            self.world.clock.after(REACTION, lambda: self._offer(cluster))

    def _wanted(self, cluster: str) -> bool:
        return bool(self.ledger.waiting.get(cluster)) or any(
            key[0] == cluster for key in self.short
        )

    def _look(self, key: tuple[str, str], service: Service) -> None:
        self._due.discard(key)
        if self.world.services.get(key) is service:
            self.reconcile(service)

    def _offer(self, cluster: str) -> None:
        self._rooms_due.discard(cluster)
        self.place_waiting(cluster)
        for key in [key for key in self.short if key[0] == cluster]:
            self.wake(self.short.pop(key))

    def instance_of(self, run: Run) -> ContainerInstance | None:
        """The container instance of a task."""
        return self.world.container_instances.get(run.task.container_instance)

    def instances_of(self, cluster: str, provider: str = "") -> list[ContainerInstance]:
        """Container instances of a cluster, of one provider if given, in order of registration."""
        return [
            instance
            for instance in self.world.container_instances.values()
            if instance.cluster == cluster
            and (not provider or instance.capacity_provider == provider)
        ]

    def wake_followers(self, cluster: str) -> None:
        """Instances came or went: DAEMON services and those kept in balance of zones look."""
        for service in self.world.services.values():
            spec = service.spec
            follows = (
                spec.get("schedulingStrategy") == "DAEMON"
                or spec.get("availabilityZoneRebalancing") == "ENABLED"
            )
            if service.cluster == cluster and service.status == "ACTIVE" and follows:
                self.wake(service)

    def provider(self, cluster: str, name: str) -> CapacityProvider | None:
        """The provider a strategy in this cluster means: the cluster's own or the account's (B22)."""
        found = self.world.capacity_providers
        return found.get((cluster, name)) or found.get(("", name))

    def zone(self, subnet: str) -> str:
        """The zone of a subnet; "" when nobody knows."""
        return self.zone_of_subnet(subnet) if self.zone_of_subnet else ""

    def next_address(self) -> str:
        """The next private IP address of a task network interface."""
        third, fourth = divmod(next(self._addresses), 250)
        return f"10.0.{third % 250 + 1}.{fourth + 4}"

    def later(self, seconds: float) -> datetime:
        """The moment so many seconds from now."""
        return self.world.now() + timedelta(seconds=seconds)
