"""Who holds what: live tasks by service and by instance, and what an instance has left."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from ecsinfer.capacity import catalogue
from ecsinfer.capacity.slots import ALL_GPUS, Requirements, Room
from ecsinfer.sandbox.clock import Timer
from ecsinfer.sandbox.state import ContainerInstance, Gpu, Service, Task

FIRST_DYNAMIC_PORT = 32768


@dataclass(frozen=True, slots=True)
class Target:
    """A registration of a task with a target group."""

    group: str  # ARN
    id: str  # IP address or instance id
    port: int


@dataclass(slots=True)
class Run:
    """What the engine remembers of a live task beyond its record.

    Attributes:
        task: the record.
        need: what it takes from an instance.
        daemon: whether a DAEMON service runs it; daemons do not count as demand.
        timers: what will happen to it unless it is stopped.
        targets: its registrations, and whether each is healthy (None: not known yet).
        serving: whether it counts towards minimumHealthyPercent now.
        served: whether it ever did.
        sick: why it is unhealthy, in AWS's words; empty when it is not.
        failed: whether it ended by its own fault.
        advance: starts the containers that wait for others, as far as they may.
    """

    task: Task
    need: Requirements
    daemon: bool = False
    timers: list[Timer] = field(default_factory=list)
    targets: dict[Target, bool | None] = field(default_factory=dict)
    serving: bool = False
    served: bool = False
    sick: str = ""
    failed: bool = False
    advance: Callable[[], None] = lambda: None


class Ledger:
    """Indexes over the live tasks; a task is in them from its creation until STOPPED."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self.waiting: dict[str, dict[str, Run]] = {}  # cluster -> ARN -> run without an instance
        self._by_service: dict[tuple[str, str], dict[str, Run]] = {}
        self._by_instance: dict[str, dict[str, Run]] = {}
        self._rooms: dict[str, Room] = {}
        self._ports: dict[str, int] = {}

    def add(self, run: Run) -> None:
        """A task begins to exist."""
        self.runs[run.task.arn] = run
        if run.task.service:
            key = (run.task.cluster, run.task.service)
            self._by_service.setdefault(key, {})[run.task.arn] = run

    def remove(self, run: Run, instance: ContainerInstance | None) -> None:
        """A task is STOPPED: it holds nothing any more."""
        task = run.task
        self.runs.pop(task.arn, None)
        self.waiting.get(task.cluster, {}).pop(task.arn, None)
        self._by_service.get((task.cluster, task.service), {}).pop(task.arn, None)
        self._by_instance.get(task.container_instance, {}).pop(task.arn, None)
        if instance is not None:
            for gpu in instance.gpus:
                gpu.sharers.pop(task.arn, None)
                if gpu.task == task.arn:
                    gpu.task = ""
            self._rooms.pop(instance.arn, None)

    def of_service(self, service: Service) -> list[Run]:
        """The service's tasks that are not STOPPED, oldest first."""
        return list(self._by_service.get((service.cluster, service.name), {}).values())

    def on_instance(self, arn: str) -> list[Run]:
        """The tasks that hold resources of an instance."""
        return list(self._by_instance.get(arn, {}).values())

    def wait(self, run: Run) -> None:
        """A task waits for an instance."""
        self.waiting.setdefault(run.task.cluster, {})[run.task.arn] = run

    def wait_no_more(self, run: Run) -> None:
        """A task that is stopped takes no instance that comes free."""
        self.waiting.get(run.task.cluster, {}).pop(run.task.arn, None)

    def hold(self, run: Run, instance: ContainerInstance) -> None:
        """A task that fits takes its share of an instance, GPUs by id."""
        self.waiting.get(run.task.cluster, {}).pop(run.task.arn, None)
        run.task.container_instance = instance.arn
        self._by_instance.setdefault(instance.arn, {})[run.task.arn] = run
        _assign_gpus(run, instance)
        self._rooms.pop(instance.arn, None)

    def forget(self, instance: ContainerInstance) -> None:
        """An instance is gone."""
        self._by_instance.pop(instance.arn, None)
        self._rooms.pop(instance.arn, None)
        self._ports.pop(instance.arn, None)

    def room(self, instance: ContainerInstance) -> Room:
        """What an instance has left."""
        if instance.arn not in self._rooms:
            self._rooms[instance.arn] = _room(instance, self.on_instance(instance.arn))
        return self._rooms[instance.arn]

    def dynamic_port(self, instance: ContainerInstance) -> int:
        """The next ephemeral host port (bridge mode)."""
        port = self._ports.get(instance.arn, FIRST_DYNAMIC_PORT)
        self._ports[instance.arn] = FIRST_DYNAMIC_PORT if port >= 60999 else port + 1
        return port


def _room(instance: ContainerInstance, runs: Iterable[Run]) -> Room:
    kind = catalogue.find(instance.instance_type)
    needs = [run.need for run in runs]
    free = [gpu for gpu in instance.gpus if not gpu.task and not gpu.sharers]
    room = Room(
        cpu=instance.cpu - sum(need.cpu for need in needs),
        memory=instance.memory - sum(need.memory for need in needs),
        gpus=len(free),
        gpus_total=len(instance.gpus),
        gpu_memory=max((gpu.memory for gpu in instance.gpus), default=0),
        shared=tuple(_left(gpu) for gpu in instance.gpus if gpu.sharers),
        interfaces=instance.enis - sum(need.interface for need in needs),
        neuron=kind.neuron_devices if kind else 0,
    )
    return replace(
        room,
        ports=frozenset().union(*(need.ports for need in needs)),
        neuron=0 if any(need.neuron for need in needs) else room.neuron,
    )


def _left(gpu: Gpu) -> int:
    return gpu.memory - sum(gpu.sharers.values())


def _assign_gpus(run: Run, instance: ContainerInstance) -> None:
    free = [gpu for gpu in instance.gpus if not gpu.task and not gpu.sharers]
    arn = run.task.arn
    if run.need.gpu_memory:
        partly = [gpu for gpu in instance.gpus if gpu.sharers]
        candidates = [*sorted(partly, key=_left), *free]
        chosen = next(gpu for gpu in candidates if _left(gpu) >= run.need.gpu_memory)
        chosen.sharers[arn] = run.need.gpu_memory
        _pin(run, [chosen.id], shared=True)
        return
    count = len(free) if run.need.gpus == ALL_GPUS else run.need.gpus
    for gpu in free[:count]:
        gpu.task = arn
    _pin(run, [gpu.id for gpu in free[:count]], shared=False)


def _pin(run: Run, ids: list[str], *, shared: bool) -> None:
    """Give each container the GPUs it asked for (C13)."""
    left = list(ids)
    for container in run.task.containers:
        for item in container.definition.get("resourceRequirements", ()):
            if item["type"] != "GPU":
                continue
            value = item.get("value", "1")
            count = len(left) if shared or value == "ALL" else -(-float(value) // 1)
            container.gpu_ids = left[: int(count)]
            if not shared:
                left = left[int(count) :]
