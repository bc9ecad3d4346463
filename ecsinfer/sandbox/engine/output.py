"""What containers write to their log, and the log group without which they do not start.

Lines that nobody described in a scenario are marked as simulated.
"""

from __future__ import annotations

from collections.abc import Sequence

from ecsinfer.sandbox.engine import behaviour
from ecsinfer.sandbox.engine.core import Core
from ecsinfer.sandbox.state import Container, Task

MARK = "[simulated]"


def group_failure(core: Core, task: Task) -> behaviour.Failure | None:
    """A log group that is not there stops a task when its first container starts (J1)."""
    for container in task.containers:
        group, creates = _group(container)
        if not group or creates:
            continue
        missing = group in core.world.scenario.log_groups_missing or (
            core.logs is not None and not core.logs.exists(group)
        )
        if missing:
            cause = (
                "failed to create Cloudwatch log stream: ResourceNotFoundException: The specified "
                "log group does not exist."
            )
            if task.launch_type == "EC2":
                return behaviour.Failure(
                    "CannotStartContainerError: Error response from daemon: failed to initialize "
                    f"logging driver: {cause}",
                    container.name,
                )
            return behaviour.Failure(
                "ResourceInitializationError: failed to validate logger args: create stream has "
                f"been retried 1 times: {cause} : exit status 1"
            )
    return None


def logs(core: Core, container: Container) -> bool:
    """Whether anybody keeps what the container writes."""
    return core.logs is not None and bool(_group(container)[0])


def starts(core: Core, task: Task, container: Container) -> None:
    """The container is started."""
    if behaviour.of_image(core.world.scenario, container.image).behaviour == "exec-format":
        return
    image = container.image.rpartition("/")[2].partition("@")[0]
    _write(core, task, container, [f"{MARK} {container.name} starts: {image}"])


def runs(core: Core, task: Task, container: Container) -> None:
    """The container goes on for as long as its task: what a scenario says of it, it writes now."""
    described = behaviour.of_image(core.world.scenario, container.image)
    _write(core, task, container, described.logs)


def loaded(core: Core, task: Task, container: Container) -> None:
    """The container answers from now on."""
    ports = [str(each["containerPort"]) for each in container.definition.get("portMappings", ())]
    where = f", serving on port {', '.join(ports)}" if ports else ""
    _write(core, task, container, [f"{MARK} {container.name} is ready{where}"])


def told_to_stop(core: Core, task: Task, container: Container) -> None:
    """The container got its SIGTERM."""
    _write(core, task, container, [f"{MARK} {container.name} got SIGTERM, and finishes its work"])


def ends(core: Core, task: Task, container: Container) -> None:
    """The container ends by itself, with its last words."""
    described = behaviour.of_image(core.world.scenario, container.image)
    lines = described.logs
    if described.behaviour == "exec-format" and not lines:
        lines = ("exec /usr/local/bin/entrypoint: exec format error",)
    _write(core, task, container, lines)


def _group(container: Container) -> tuple[str, bool]:
    """The awslogs group of a container ("" without), and whether the driver creates it."""
    log = container.definition.get("logConfiguration") or {}
    options = log.get("options") or {}
    if log.get("logDriver") != "awslogs":
        return "", False
    return options.get("awslogs-group", ""), options.get("awslogs-create-group") == "true"


def _write(core: Core, task: Task, container: Container, lines: Sequence[str]) -> None:
    group, creates = _group(container)
    if core.logs is None or not group or not lines:
        return
    prefix = container.definition["logConfiguration"]["options"].get("awslogs-stream-prefix")
    task_id = task.arn.rpartition("/")[2]
    stream = f"{prefix}/{container.name}/{task_id}" if prefix else container.runtime_id
    core.logs.write(group, stream, lines, creates=creates)
