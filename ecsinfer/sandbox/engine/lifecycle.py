"""A task's way up: PROVISIONING, PENDING, ACTIVATING, RUNNING; `stopping` is its way down."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ecsinfer.capacity.slots import requirements
from ecsinfer.sandbox.engine import behaviour, health, ordering, output, stopping, targets
from ecsinfer.sandbox.engine.core import Core
from ecsinfer.sandbox.engine.ledger import Run
from ecsinfer.sandbox.engine.task_tags import give_launch_tags
from ecsinfer.sandbox.state import Container, ContainerInstance, Task

ACTIVATION = 1.0
"""Seconds from running containers to RUNNING, while targets are registered."""


def admit(core: Core, task: Task, *, daemon: bool = False) -> Run:
    """A new task comes into being: its record is kept, its containers are made."""
    world = core.world
    definition = definition_of(core, task)
    if not task.containers:
        task.containers = containers(core, task, definition)
    run = Run(task, requirements(definition, task.overrides), daemon=daemon)
    world.tasks[task.arn] = task
    give_launch_tags(world, task)
    core.ledger.add(run)
    return run


def begin(core: Core, run: Run, instance: ContainerInstance | None) -> None:
    """The task has a place: an instance that has room for it, or a Fargate host."""
    task = run.task
    for timer in run.timers:  # it waits for capacity no longer
        timer.cancel()
    if instance is not None:
        core.ledger.hold(run, instance)
        task.zone = instance.zone
        task.subnet = task.subnet or subnet_for(core, task, instance)
    world = core.world
    host = world.scenario.timings.fargate if instance is None else 0.0
    if run.need.interface:
        after(core, run, host + world.scenario.timings.eni, lambda: _attached(core, run))
    else:
        after(core, run, host, lambda: _pending(core, run))


def after(core: Core, run: Run, seconds: float, action: Callable[[], None]) -> None:
    """Have something happen to a task, unless it is stopped before."""
    run.timers = [timer for timer in run.timers if timer.due > core.world.now()]
    run.timers.append(core.world.clock.after(seconds, action))


def definition_of(core: Core, task: Task) -> Mapping[str, Any]:
    """The content of the task's definition."""
    found = core.world.find_task_definition(task.definition)
    return found.spec if found else {"containerDefinitions": []}


def containers(core: Core, task: Task, definition: Mapping[str, Any]) -> list[Container]:
    """The task's containers as they are before anything has started."""
    world = core.world
    cluster, task_id = task.arn.split("/")[-2:]
    pinned = _pinned(core, task)
    return [
        Container(
            name=item["name"],
            arn=world.arn(f"container/{cluster}/{task_id}/{world.uuid()}"),
            image=item["image"],
            digest=pinned.get(item["name"]) or digest(core, item["image"]),
            definition=dict(item),
        )
        for item in definition["containerDefinitions"]
    ]


def _pinned(core: Core, task: Task) -> Mapping[str, str]:
    """The digests a deployment keeps for all its tasks, however its tags move (D8)."""
    service = core.world.service_of(task)
    for deployment in service.deployments if service else ():
        if deployment.number == task.deployment:
            images = deployment.revision.config["containerImages"]
            return {item["containerName"]: item["imageDigest"] for item in images}
    return {}


def digest(core: Core, image: str) -> str:
    """The digest an image reference stands for."""
    pinned = image.partition("@")[2]
    resolved = core.digest_of_image(image) if core.digest_of_image and not pinned else ""
    return pinned or resolved or f"sha256:{hashlib.sha256(image.encode()).hexdigest()}"


def subnets_of(task: Task) -> list[str]:
    """The subnets a task may be in."""
    return list(task.network.get("awsvpcConfiguration", {}).get("subnets", ()))


def subnet_for(core: Core, task: Task, instance: ContainerInstance) -> str:
    """The subnet of the task's own that is in the instance's zone; bridge tasks have none."""
    subnets = subnets_of(task)
    if not subnets or instance.subnet in subnets:
        return instance.subnet if subnets else ""
    return next((item for item in subnets if core.zone(item) == instance.zone), subnets[0])


def _attached(core: Core, run: Run) -> None:
    world, task = core.world, run.task
    task.eni = f"eni-{world.hex(17)}"
    task.private_ip = core.next_address()
    _pending(core, run)


def _pending(core: Core, run: Run) -> None:
    world, task = core.world, run.task
    task.last_status = "PENDING"
    task.connectivity_at = world.now()
    task.version += 1
    failure = behaviour.before_pull(core, task, definition_of(core, task))
    if failure:
        stopping.fail_to_start(core, run, failure)
        return
    instance = core.instance_of(run)
    cached = instance.cached_images if instance else set()
    task.pull_started_at = world.now()
    seconds = max(
        (behaviour.pull_time(world.scenario, item, cached) for item in task.containers), default=0
    )
    after(core, run, seconds, lambda: _pulled(core, run))


def _pulled(core: Core, run: Run) -> None:
    world, task = core.world, run.task
    instance = core.instance_of(run)
    task.pull_stopped_at = world.now()
    for container in task.containers:
        failure = behaviour.pull_failure(core, container)
        if failure:
            stopping.fail_to_start(core, run, failure)
            return
        if instance:
            instance.cached_images.add(container.image)
    failure = behaviour.memory_failure(task) or output.group_failure(core, task)
    if failure:
        stopping.fail_to_start(core, run, failure)
        return
    _start_containers(core, run, instance)


def _start_containers(core: Core, run: Run, instance: ContainerInstance | None) -> None:
    """Start what waits for no other container; the rest as what it waits for comes about."""
    task = run.task

    def advance() -> None:
        if task.desired_status == "STOPPED" or task.last_status != "PENDING":
            return
        while ready := ordering.ready(task):
            for container in ready:
                _start_container(core, run, container, instance)
        failure = ordering.hopeless(task)
        if failure:
            stopping.fail_to_start(core, run, failure)
        elif ordering.started(task):
            task.last_status = "ACTIVATING"
            targets.register(core, run, lambda: health.assess(core, run))
            after(core, run, ACTIVATION, lambda: _running(core, run))

    run.advance = advance
    advance()


def _start_container(
    core: Core, run: Run, container: Container, instance: ContainerInstance | None
) -> None:
    world, task = core.world, run.task
    container.status = "RUNNING"
    container.runtime_id = f"{task.arn.rpartition('/')[2]}-{world.number(10)}"
    container.bindings = _bindings(core, task, container, instance)
    output.starts(core, task, container)
    _schedule_exit(core, run, container)
    health.check(core, run, container)
    patience = container.definition.get("startTimeout")
    if patience:

        def late() -> None:
            failure = ordering.overdue(task, container)
            if failure:
                stopping.fail_to_start(core, run, failure)

        after(core, run, float(patience), late)


def _running(core: Core, run: Run) -> None:
    task = run.task
    task.last_status = "RUNNING"
    task.started_at = core.world.now()
    task.version += 1
    health.watch(core, run)
    service = core.world.service_of(task)
    if service:
        core.wake(service)


def _schedule_exit(core: Core, run: Run, container: Container) -> None:
    """A crash comes only once the task can be RUNNING, however soon the image would crash."""
    scenario = core.world.scenario
    end = behaviour.exit_of(scenario, container)
    if end is None and ordering.must_end(run.task, container):
        end = behaviour.Exit(0)
    if end is None:
        output.runs(core, run.task, container)
        _schedule_ready(core, run, container)
        return
    seconds = max(ACTIVATION, behaviour.of_image(scenario, container.image).after)

    def exits() -> None:
        output.ends(core, run.task, container)
        container.status, container.exit_code, container.reason = "STOPPED", end.code, end.reason
        if container.definition.get("essential", True):
            stopping.essential_exited(core, run)
        else:
            run.advance()

    after(core, run, seconds, exits)


def _schedule_ready(core: Core, run: Run, container: Container) -> None:
    """Only the log tells when a container has loaded: without one there is nothing to schedule."""
    load = behaviour.load_time(core.world.scenario, container)
    if load is not None and output.logs(core, container):
        after(core, run, load, lambda: output.loaded(core, run.task, container))


def _bindings(
    core: Core, task: Task, container: Container, instance: ContainerInstance | None
) -> list[dict[str, Any]]:
    """networkBindings; awsvpc tasks have none."""
    if instance is None or task.eni:
        return []
    mappings: Sequence[Mapping[str, Any]] = container.definition.get("portMappings", ())
    host = definition_of(core, task).get("networkMode") == "host"
    return [
        {
            "bindIP": "0.0.0.0",  # noqa: S104  what the Docker daemon reports, nothing listens
            "containerPort": mapping["containerPort"],
            "hostPort": mapping.get("hostPort")
            or (mapping["containerPort"] if host else core.ledger.dynamic_port(instance)),
            "protocol": mapping.get("protocol", "tcp"),
        }
        for mapping in mappings
    ]
