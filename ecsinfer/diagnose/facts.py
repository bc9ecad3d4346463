"""What one sweep found out, in words of its own: the patterns never see an API's answer.

Texts of AWS and of containers are kept verbatim, because they are the evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ecsinfer.capacity.slots import Requirements, requirements
from ecsinfer.kinds.service_content import primary

_PARTICULAR = re.compile(
    r"\b(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|i-[0-9a-f]+|eni-[0-9a-f]+"
    r"|\d{1,3}(?:\.\d{1,3}){3}|\d{8,})\b"
)


@dataclass(frozen=True, slots=True)
class Said:
    """Something that AWS said at a moment: a service event."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a task.

    Attributes:
        name: in the task definition.
        image: the reference it was started from.
        exit_code: how it ended; None while it runs, and when it never started.
        reason: why, in ECS's words.
        health: ``HEALTHY``, ``UNHEALTHY`` or ``UNKNOWN``.
        log: its last lines; only of tasks that failed.
    """

    name: str
    image: str = ""
    exit_code: int | None = None
    reason: str = ""
    health: str = "UNKNOWN"
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """A task of the service.

    Attributes:
        id: the last part of its ARN.
        deployment: what started it, ``ecs-svc/...``.
        status: lastStatus.
        stopping: since when it has to stop.
        protected: whether scale-in protection keeps it.
    """

    id: str
    deployment: str
    status: str
    containers: tuple[Container, ...] = ()
    stop_code: str = ""
    reason: str = ""
    zone: str = ""
    provider: str = ""
    host: str = ""
    launch_type: str = ""
    created: datetime | None = None
    started: datetime | None = None
    stopping: datetime | None = None
    protected: bool = False

    @property
    def lived(self) -> float:
        """Seconds from its start to its stop; 0 when it never ran."""
        if self.started is None or self.stopping is None:
            return 0.0
        return (self.stopping - self.started).total_seconds()


@dataclass(frozen=True, slots=True)
class Activity:
    """A scaling activity of an Auto Scaling group."""

    at: datetime
    status: str
    message: str
    description: str = ""
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """An EC2 instance of an Auto Scaling group; `since` is when it was in service, if known."""

    id: str
    type: str
    zone: str
    lifecycle: str
    protected: bool = False
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """What a group launches, as far as it may be read.

    Attributes:
        types: instance types.
        image: the AMI.
        image_name: the AMI's name; empty when it is not known.
        user_data: in plain text.
        profile: the instance profile; empty when there is none.
    """

    types: tuple[str, ...] = ()
    image: str = ""
    image_name: str = ""
    user_data: str = ""
    profile: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """An Auto Scaling group behind a capacity provider.

    Attributes:
        activities: all that AWS remembers, newest first.
        template: None when it was not read.
    """

    name: str
    minimum: int
    maximum: int
    desired: int
    instances: tuple[Instance, ...] = ()
    zones: tuple[str, ...] = ()
    suspended: tuple[str, ...] = ()
    activities: tuple[Activity, ...] = ()
    template: Template | None = None

    @property
    def types(self) -> tuple[str, ...]:
        """What it launches, by its template, else by what it has launched."""
        known = self.template.types if self.template else ()
        return known or tuple(dict.fromkeys(each.type for each in self.instances))


@dataclass(frozen=True, slots=True)
class Provider:
    """A capacity provider of the service's strategy.

    Attributes:
        scaling: whether managed scaling is on.
        target: targetCapacity: the percentage of the instances that are to be busy.
        group: None for Managed Instances.
    """

    name: str
    status: str
    update_status: str = ""
    update_reason: str = ""
    scaling: bool = True
    target: int = 100
    termination_protection: bool = False
    group: Group | None = None


@dataclass(frozen=True, slots=True)
class Host:
    """A container instance."""

    id: str
    instance: str
    provider: str
    zone: str
    type: str
    status: str
    connected: bool
    running: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """A registered target of one of the service's target groups."""

    group: str
    id: str
    zone: str
    state: str
    reason: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """A target group of the service; times in seconds."""

    arn: str
    path: str = ""
    interval: int = 30
    timeout: int = 5
    unhealthy_threshold: int = 2
    matcher: str = ""
    delay: float = 300.0
    zones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pause:
    """A PAUSE hook that waits for an answer.

    Attributes:
        stage: ``lifecycleStage`` of the deployment.
        until: when nobody has to answer any more; None when AWS does not tell.
        then: what happens at that moment, ``CONTINUE`` or ``ROLLBACK``.
    """

    stage: str
    until: datetime | None = None
    then: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """One sweep.

    Attributes:
        now: when it was made.
        service: DescribeServices' entry.
        deployment: the deployment in question, ``ecs-svc/...``.
        since: when it began.
        definition: the content of its task definition, in API form.
        events: of the service since then, newest first.
        tasks: of the service, whichever deployment they are of.
        hosts: container instances of the cluster.
        strays: container instances of cluster ``default``, where that may be where they went.
        providers: of the service's strategy.
        targets: of its target groups.
        zones: where its subnets are.
        daemons: how many DAEMON services the cluster has.
        alarms: in ALARM, of those that the deployment watches.
        attachments: the cluster's attachmentsStatus, when it failed.
        scaling: the scalable target, if there is one.
        pauses: hooks at which the deployment waits for somebody.
        key: what the spec calls the service; its name when nobody said.
        denied: IAM actions that the caller may not use, and whose facts are missing here.
    """

    now: datetime
    service: Mapping[str, Any]
    deployment: str
    since: datetime
    definition: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[Said, ...] = ()
    tasks: tuple[Task, ...] = ()
    hosts: tuple[Host, ...] = ()
    strays: tuple[Host, ...] = ()
    providers: tuple[Provider, ...] = ()
    targets: tuple[Target, ...] = ()
    target_groups: tuple[TargetGroup, ...] = ()
    zones: tuple[str, ...] = ()
    daemons: int = 0
    alarms: tuple[str, ...] = ()
    attachments: str = ""
    scaling: Mapping[str, Any] = field(default_factory=dict)
    pauses: tuple[Pause, ...] = ()
    key: str = ""
    denied: tuple[str, ...] = ()

    @property
    def hosts_unknown(self) -> bool:
        """Whether the caller may not see container instances, so that none seen tells nothing."""
        asked = {"ecs:ListContainerInstances", "ecs:DescribeContainerInstances"}
        return not asked.isdisjoint(self.denied)

    @property
    def ours(self) -> tuple[Task, ...]:
        """Tasks of the deployment in question."""
        return tuple(task for task in self.tasks if task.deployment == self.deployment)

    @property
    def failed(self) -> tuple[Task, ...]:
        """Tasks of the deployment that stop or have stopped, newest first."""
        stopped = [task for task in self.ours if task.stopping is not None]
        return tuple(sorted(stopped, key=lambda task: task.stopping or self.now, reverse=True))

    @property
    def waiting(self) -> tuple[Task, ...]:
        """Tasks of the deployment that wait for capacity."""
        return tuple(
            task
            for task in self.ours
            if task.status == "PROVISIONING"
            and not task.host
            and task.launch_type != "FARGATE"
            and task.stopping is None
        )

    @property
    def short(self) -> bool:
        """Whether the deployment has tasks that find no place, or could not even be made."""
        unplaced = any("unable to place" in event.text for event in self.events)
        return bool(self.waiting) or (unplaced and not self._enough)

    @property
    def _enough(self) -> bool:
        placed = [task for task in self.ours if task.stopping is None and task not in self.waiting]
        return len(placed) >= int(self.service.get("desiredCount", 0))

    @property
    def need(self) -> Requirements:
        """What one task takes from an instance."""
        return requirements(self.definition)

    @property
    def groups(self) -> tuple[Group, ...]:
        """The Auto Scaling groups behind the service's providers."""
        return tuple(each.group for each in self.providers if each.group is not None)

    @property
    def activities(self) -> tuple[Activity, ...]:
        """Activities of the groups since the deployment began, or since tasks wait after its end."""
        since = self.since
        if completed(self.service, self.deployment):
            made = (task.created for task in self.waiting if task.created)
            since = max(since, min(made, default=since))
        return tuple(each for group in self.groups for each in group.activities if each.at >= since)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why tasks of the deployment stopped, and their containers, in ECS's words."""
        said = [task.reason for task in self.failed]
        said += [each.reason for task in self.failed for each in task.containers]
        return distinct(said)

    @property
    def grace(self) -> int:
        """healthCheckGracePeriodSeconds."""
        return int(self.service.get("healthCheckGracePeriodSeconds") or 0)


def completed(service: Mapping[str, Any], deployment: str) -> bool:
    """Whether the deployment is the service's present one, and has come to its end."""
    present = primary(service)
    return present.get("id") == deployment and present.get("rolloutState") == "COMPLETED"


def distinct(texts: Iterable[str], most: int = 100) -> tuple[str, ...]:
    """Texts without repetitions; two that differ by an identifier or an address say the same."""
    kept: dict[str, str] = {}
    for text in texts:
        if text:
            kept.setdefault(alike(text), text)
    return tuple(kept.values())[:most]


def alike(text: str) -> str:
    """The text without what is particular to one task, instance or moment."""
    return _PARTICULAR.sub("*", text)
