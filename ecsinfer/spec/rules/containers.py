"""The containers of a task: what they are, what they wait for, what they may use (C7, C12, C13, C16)."""

from __future__ import annotations

from collections import Counter

from ecsinfer.spec.container import Container, ContainerResources
from ecsinfer.spec.rules.findings import Finding, Findings, Subject

MOST_CONTAINERS = 10
_ALLOWED_BESIDE = frozenset(
    {
        "task_definition", "image", "images", "container", "name", "network", "load_balancer",
        "service_connect", "service_registries", "vpc_lattice", "capacity", "replicas", "scaling",
        "rollout", "placement", "execute_command", "tags", "propagate_tags", "overrides", "health",
        "platform", "volumes",
    }
)  # fmt: skip
"""Keys that say something of the service, not of its task definition."""
_SHARED_SECTIONS = {
    "health": frozenset({"path", "grace"}),
    "platform": frozenset({"version"}),
}
"""Sections of which only these keys say something of the service."""
_LEAST_MEMORY = 6
"""MiB that Docker gives a container at least."""


def source(subject: Subject) -> Findings:
    """A service has an image, or a task definition that is used as it is."""
    service = subject.service
    if service.task_definition is None:
        if service.image is None and "image" not in service.overrides.container:
            yield subject.find(
                "image",
                "a service needs an image, or a task_definition",
                "image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/vllm:v1",
                because=("task_definition",),
            )
        if service.images:
            yield subject.find(
                "images",
                "images replace those of a task_definition, and there is none",
                "image: for the service's own, sidecars.<name>.image: for the others",
                because=("task_definition",),
            )
        return
    declared = sorted(service.model_fields_set - _ALLOWED_BESIDE)
    for section, allowed in _SHARED_SECTIONS.items():
        inner = getattr(service, section).model_fields_set - allowed
        declared += (f"{section}.{name}" for name in sorted(inner))
    # Of a volume that the task definition leaves to the launch, the service says what it is.
    declared += (f"volumes.{name}" for name, each in service.volumes.items() if each.ebs is None)
    for name in declared:
        yield subject.find(
            name,
            "the task definition is used as it is, but for its images",
            "remove it, or write it in the task definition",
            because=("task_definition",),
        )


def definition_as_it_is(subject: Subject) -> Findings:
    """A task definition has a family and containers; images replace those of its containers."""
    definition = subject.service.task_definition
    if definition is None:
        return
    if not isinstance(definition.get("family"), str):
        yield subject.find("task_definition", "it has no family", '"family": "llm"')
    names = [container.name for container in subject.task.containers]
    if not names or not all(names) or len(names) < len(definition["containerDefinitions"]):
        yield subject.find("task_definition", "it needs containerDefinitions, each with a name")
        return
    for name in sorted(set(subject.service.images) - set(names)):
        yield subject.find(
            f"images.{name}",
            f"the task definition has no container {name}",
            f"one of {', '.join(names)}",
            because=("task_definition",),
        )


def number(subject: Subject) -> Findings:
    """At most ten containers, each with its own name (C7)."""
    service = subject.service
    main = subject.spec.container_name(subject.key)
    if service.task_definition is None and main in service.sidecars:
        yield subject.find(
            f"sidecars.{main}",
            f"the service's own container has the name {main} already",
            "another name, or container: for the service's own",
            because=("container",),
        )
    if len(service.sidecars) >= MOST_CONTAINERS:
        yield subject.find("sidecars", f"a task has at most {MOST_CONTAINERS} containers")
    for name, sidecar in service.sidecars.items():
        if sidecar.image is None and "image" not in sidecar.overrides:
            yield subject.find(f"sidecars.{name}.image", "a side-car needs an image")


def dependencies(subject: Subject) -> Findings:
    """Containers wait for others that there are, and that can come that far (C16)."""
    graph: dict[str, set[str]] = {}
    for path, name, container in _containers(subject):
        graph[name] = set(container.depends_on)
        for other, condition in container.depends_on.items():
            where = subject.at(*path, "depends_on", other)
            target = subject.task.container(other)
            section = subject.at() if other == _main(subject) else subject.at("sidecars", other)
            if target is None or other == name:
                others = [each.name for each in subject.task.containers if each.name != name]
                yield Finding(
                    where,
                    f"there is no other container {other}",
                    f"one of {', '.join(others)}" if others else "remove it",
                    because=(subject.at("sidecars"), subject.at("container")),
                )
            elif condition == "healthy" and not target.health_check:
                yield Finding(
                    where,
                    f"container {other} has no health check, so it never becomes healthy",
                    "health: {command: ...} there, or start here",
                    because=((*section, "health"),),
                )
            elif condition in ("success", "complete") and target.essential:
                yield Finding(
                    where,
                    f"container {other} is essential: when it ends, the whole task ends",
                    "essential: false there",
                    because=((*section, "essential"),),
                )
    if cycle := _cycle(graph):
        yield subject.find("depends_on", f"containers wait for each other: {' -> '.join(cycle)}")


def _cycle(graph: dict[str, set[str]]) -> tuple[str, ...]:
    """Containers that wait for each other, or nothing."""
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> tuple[str, ...]:
        if name in way:
            return (*way[way.index(name) :], name)
        if name in done or name not in graph:
            return ()
        done.add(name)
        found = (visit(other, (*way, name)) for other in sorted(graph[name] - {name}))
        return next(filter(None, found), ())

    return next(filter(None, (visit(name, ()) for name in graph)), ())


def memory(subject: Subject) -> Findings:
    """On instances every container needs a memory limit, or the task has one (C12)."""
    service = subject.service
    if service.task_definition is not None:
        return
    whole = subject.task.memory
    total = 0
    for path, name, container in _containers(subject):
        if not path:
            continue
        resources = _resources(container)
        hard, soft = resources.memory, resources.memory_reservation
        where = (*path, "resources")
        if hard is not None and soft is not None and soft >= hard:
            yield Finding(
                subject.at(*where, "memory_reservation"),
                f"container {name} reserves {soft} MiB, and may use no more than {hard} MiB",
                "reserve less than memory",
            )
        if (hard or soft or _LEAST_MEMORY) < _LEAST_MEMORY:
            yield Finding(subject.at(*where), f"a container needs at least {_LEAST_MEMORY} MiB")
        if whole is None and hard is None and soft is None and subject.on_instances:
            yield Finding(
                subject.at(*where, "memory"),
                f"neither the task nor container {name} has a memory limit",
                "resources: {memory: 512 MiB}, here or for the service",
                because=(subject.at("resources", "memory"),),
            )
        total += soft or hard or 0
    if whole is None and subject.on_instances and not _raw_memory(subject):
        yield subject.find(
            "resources.memory",
            "a task on EC2 capacity needs a memory limit",
            "resources: {memory: 14 GiB}",
        )
    if whole is not None and whole < _LEAST_MEMORY:
        yield subject.find(
            "resources.memory", f"a task needs at least {_LEAST_MEMORY} MiB", "14 GiB"
        )
    elif whole is not None and total > whole:
        yield subject.find(
            "resources.memory",
            f"the side-cars need {total} MiB together, and the task has {whole} MiB",
            "more for the task, or less for them",
            because=("sidecars",),
        )


def _raw_memory(subject: Subject) -> bool:
    raw = subject.service.overrides.container
    own = subject.service.resources.memory_reservation
    return own is not None or "memory" in raw or "memoryReservation" in raw


def cpu(subject: Subject) -> Findings:
    """The parts are not more than the whole, and the whole is not absurd (C11)."""
    whole = subject.task.cpu
    if subject.service.task_definition is not None or whole is None:
        return
    if not subject.on_fargate and not 128 <= whole <= 196608:
        yield subject.find(
            "resources.cpu",
            f"a task has 128 to 196608 CPU units, not {whole}; 1024 are one vCPU",
            "1 vCPU",
        )
    total = sum(sidecar.resources.cpu or 0 for sidecar in subject.service.sidecars.values())
    if total > whole:
        yield subject.find(
            "resources.cpu",
            f"the side-cars need {total} CPU units together, and the task has {whole}",
            "more for the task, or less for them",
            because=("sidecars",),
        )


def accelerators(subject: Subject) -> Findings:
    """Whole GPUs or a share of one, the same way in the whole task (C13)."""
    kinds: Counter[str] = Counter()
    for path, _name, container in _containers(subject):
        resources = _resources(container)
        kinds["gpu"] += resources.gpu is not None
        kinds["gpu_sharing"] += resources.gpu_sharing is not None
        kinds["neuron_devices"] += resources.neuron_devices is not None
        if resources.gpu is not None and resources.gpu_sharing is not None:
            yield Finding(
                subject.at(*path, "resources", "gpu_sharing"),
                "a container has whole GPUs or a share of one, not both",
                "remove gpu or gpu_sharing",
                because=(subject.at(*path, "resources", "gpu"),),
            )
            return
    if kinds["gpu"] and kinds["gpu_sharing"]:
        yield subject.find(
            "resources",
            "all containers of a task must use GPUs in the same way: whole ones, or shares",
            "gpu_sharing for all of them, or gpu",
            because=("sidecars",),
        )
    if kinds["neuron_devices"] > 1:
        yield subject.find("resources.neuron_devices", "one container of a task has them all")


def _resources(container: Container) -> ContainerResources:
    found: ContainerResources = container.resources  # type: ignore[attr-defined]  # both kinds have it
    return found


def _main(subject: Subject) -> str:
    return subject.spec.container_name(subject.key)


def _containers(subject: Subject) -> list[tuple[tuple[str, ...], str, Container]]:
    sidecars = subject.service.sidecars.items()
    return [
        ((), _main(subject), subject.service),
        *((("sidecars", name), name, each) for name, each in sidecars),
    ]


SERVICE_RULES = (source, definition_as_it_is, number, dependencies, memory, cpu, accelerators)
