"""The tasks of a service, whichever deployment they are of, and where they log to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ecsinfer.kinds import reads
from ecsinfer.logs import questions
from ecsinfer.logs.destinations import Destination, destinations
from ecsinfer.model import Observation

_WANTED = re.compile(r"Scaling activity initiated by|Task stopped by user", re.IGNORECASE)
"""Why tasks stop that nothing ails."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task of the service.

    Attributes:
        id: its id.
        definition: ARN of its task definition.
        runtime: container -> runtime id; empty until the container has started.
        stopped: when it stopped, or since when it is stopping; None while it is to run.
        stopping: whether it has not stopped yet: its containers may still write.
        reason: why it stopped, in ECS's words.
        exits: how its containers ended, one line for each that did.
    """

    id: str
    definition: str
    runtime: Mapping[str, str] = field(default_factory=dict)
    stopped: datetime | None = None
    stopping: bool = False
    reason: str = ""
    exits: tuple[str, ...] = ()

    @property
    def revision(self) -> str:
        """Its task definition as ``family:revision``."""
        return self.definition.rpartition("/")[2]

    @property
    def failed(self) -> bool:
        """Whether it stopped, and neither a person nor a rollout or scaling wanted it."""
        return self.stopped is not None and not _WANTED.match(self.reason)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a service's tasks.

    Attributes:
        tasks: by id; those that stopped over an hour ago are only there if they were seen before.
        definitions: task definition ARN -> where its containers log to.
    """

    tasks: Mapping[str, Task] = field(default_factory=dict)
    definitions: Mapping[str, tuple[Destination, ...]] = field(default_factory=dict)

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """Where containers log to, each place once."""
        return tuple(dict.fromkeys(each for group in self.definitions.values() for each in group))

    def failures(self, since: datetime, most: int) -> list[Task]:
        """The last tasks that failed since then, the newest last."""
        failed = [task for task in self.tasks.values() if task.failed]
        recent = [(task.stopped, task) for task in failed if task.stopped and task.stopped >= since]
        recent.sort(key=lambda each: each[0])
        return [task for _, task in recent[-most:]]


NOTHING = Seen()


def look(cluster: str, service: str, before: Seen = NOTHING) -> Observation[Seen | None]:
    """What there is, added to what was known before; None when there is no such service.

    What is known of a task is asked again only while it changes: what it logs to never does.
    """
    described, running, stopping = yield (
        reads.services(cluster, [service]),
        questions.tasks(cluster, service, "RUNNING"),
        questions.tasks(cluster, service, "STOPPED"),
    )
    found = reads.alive(reads.pick(described, "services", "serviceName", service))
    if found is None:
        return None
    listed = [
        *((arn, False) for arn in running.get("taskArns", ())),
        *((arn, True) for arn in stopping.get("taskArns", ())),
    ]
    wanted = [arn for arn, stops in listed if _news(before.tasks.get(_last(arn)), stops=stops)]
    tasks = dict(before.tasks)
    if wanted:
        (told,) = yield (questions.task_details(cluster, wanted),)
        tasks.update((_last(item["taskArn"]), _task(item)) for item in told.get("tasks", ()))
    used = [found, *found.get("deployments", ())]
    arns = [each["taskDefinition"] for each in used if each.get("taskDefinition")]
    arns += [task.definition for task in tasks.values()]
    new = [arn for arn in dict.fromkeys(arns) if arn not in before.definitions]
    definitions = dict(before.definitions)
    if new:
        answers = yield tuple(map(questions.task_definition, new))
        for arn, answer in zip(new, answers, strict=True):
            definitions[arn] = destinations(answer.get("taskDefinition", {}))
    return Seen(tasks, definitions)


def _news(known: Task | None, *, stops: bool) -> bool:
    """Whether a listed task may have changed since it was looked at."""
    if known is None:
        return True
    return known.stopped is None and (stops or not all(known.runtime.values()))


def _task(item: Mapping[str, Any]) -> Task:
    containers: Iterable[Mapping[str, Any]] = item.get("containers", ())
    return Task(
        id=_last(item["taskArn"]),
        definition=item["taskDefinitionArn"],
        runtime={each["name"]: each.get("runtimeId", "") for each in containers},
        stopped=item.get("stoppedAt") or item.get("stoppingAt"),
        stopping="stoppedAt" not in item and "stoppingAt" in item,
        reason=item.get("stoppedReason", ""),
        exits=tuple(filter(None, map(_exit, containers))),
    )


def _exit(container: Mapping[str, Any]) -> str:
    code = container.get("exitCode")
    said = [f"exit code {code}"] if code is not None else []
    said += [container["reason"]] if container.get("reason") else []
    return f"{container['name']}: {', '.join(said)}" if said else ""


def _last(arn: str) -> str:
    return arn.rpartition("/")[2]
