"""The world: everything the embedded AWS knows of one account in one region.

Plain mutable records; `rooms` says what may be asked of those that change them. Records keep what a
caller sent in AWS's own form (`spec`, `config`), so that describing is mostly giving it back.
All access happens under `World.lock`.
"""

from __future__ import annotations

import random
import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ecsinfer.sandbox.clock import VirtualClock
from ecsinfer.sandbox.scenario import Scenario

if TYPE_CHECKING:
    from ecsinfer.sandbox.rooms import (
        Ask,
        Backend,
        Engine,
        Fleet,
        LoadBalancing,
        LogKeeping,
        ServiceScaling,
    )

Tags = dict[str, str]


@dataclass(slots=True)
class Cluster:
    """An ECS cluster. `creation` is the creation request, which A1 compares with."""

    name: str
    arn: str
    created_at: datetime
    creation: dict[str, Any]
    status: str = "ACTIVE"
    settings: list[dict[str, str]] = field(default_factory=list)
    configuration: dict[str, Any] = field(default_factory=dict)
    service_connect_defaults: dict[str, str] = field(default_factory=dict)
    capacity_providers: list[str] = field(default_factory=list)
    default_strategy: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    attachments_status: str = ""
    deleted_at: datetime | None = None


@dataclass(slots=True)
class CapacityProvider:
    """An Auto Scaling group provider (`cluster` empty) or a Managed Instances one."""

    name: str
    arn: str
    created_at: datetime
    status: str = "ACTIVE"
    update_status: str = ""
    update_reason: str = ""
    group: dict[str, Any] = field(default_factory=dict)  # autoScalingGroupProvider, defaults filled
    managed_instances: dict[str, Any] = field(default_factory=dict)  # managedInstancesProvider
    cluster: str = ""


@dataclass(slots=True)
class TaskDefinition:
    """One revision; `spec` is the registered content as AWS normalises it."""

    family: str
    revision: int
    arn: str
    spec: dict[str, Any]
    registered_at: datetime
    status: str = "ACTIVE"
    deregistered_at: datetime | None = None
    delete_requested_at: datetime | None = None


@dataclass(slots=True)
class ServiceRevision:
    """What one deployment deploys: immutable."""

    arn: str
    task_definition: str  # ARN
    created_at: datetime
    config: dict[str, Any]  # the deployment-relevant fields in API form


@dataclass(slots=True)
class Deployment:
    """One set of tasks of a service, and the service deployment that drives it.

    `number` is the id in ``ecs-svc/<number>`` and in the revision's and deployment's ARNs.
    Statuses: `status` is PRIMARY | ACTIVE | INACTIVE (describe's ``deployments``); `state` is
    the ServiceDeployment status (PENDING, IN_PROGRESS, SUCCESSFUL, STOPPED, ...).
    """

    number: str
    arn: str  # the service deployment's
    revision: ServiceRevision
    created_at: datetime
    updated_at: datetime
    desired: int = 0
    status: str = "PRIMARY"
    rollout: str = "IN_PROGRESS"  # rolloutState
    rollout_reason: str = ""
    state: str = "PENDING"
    state_reason: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    stopped_at: datetime | None = None
    sources: list[str] = field(default_factory=list)  # service revision ARNs at its start
    failed_tasks: int = 0  # failedTasks; 0 again once a task is healthy (D21)
    failures: int = 0  # what the circuit breaker has counted
    breaker: str = "MONITORING_COMPLETE"
    alarms: str = "DISABLED"
    alarms_triggered: list[str] = field(default_factory=list)
    stage: str = ""  # lifecycleStage
    hooks: list[dict[str, Any]] = field(default_factory=list)  # lifecycleHookDetails
    traffic: float = 0.0  # requestedProductionTrafficWeight of the target revision, 0..100
    test_traffic: float = 0.0
    rollback: dict[str, Any] = field(default_factory=dict)
    rollback_of: str = ""  # number of the deployment that this one rolls back
    configuration: dict[str, Any] = field(default_factory=dict)  # deploymentConfiguration at start


@dataclass(slots=True)
class Event:
    """One line of a service's ``events``."""

    id: str
    created_at: datetime
    message: str


@dataclass(slots=True)
class Service:
    """A service; `spec` holds the API fields of create/update with AWS's defaults filled.

    `spec` never holds desiredCount, taskDefinition or tags: those live beside it.
    """

    name: str
    arn: str
    cluster: str  # name
    created_at: datetime
    spec: dict[str, Any]
    task_definition: str  # ARN
    desired: int
    status: str = "ACTIVE"
    client_token: str = ""
    creation: dict[str, Any] = field(default_factory=dict)
    deployments: list[Deployment] = field(default_factory=list)  # live ones, PRIMARY first
    history: list[Deployment] = field(default_factory=list)  # service deployments, newest first
    revisions: dict[str, ServiceRevision] = field(default_factory=dict)  # by ARN
    events: list[Event] = field(default_factory=list)  # newest first, at most 100
    throttled_until: datetime | None = None


@dataclass(slots=True)
class Container:
    """One container of a task."""

    name: str
    arn: str
    image: str
    status: str = "PENDING"
    exit_code: int | None = None
    reason: str = ""
    health: str = "UNKNOWN"
    digest: str = ""
    runtime_id: str = ""
    gpu_ids: list[str] = field(default_factory=list)
    bindings: list[dict[str, Any]] = field(default_factory=list)  # networkBindings
    definition: dict[str, Any] = field(default_factory=dict)  # its containerDefinition


@dataclass(slots=True)
class Task:
    """A task."""

    arn: str
    cluster: str  # name
    definition: str  # task definition ARN
    group: str  # service:<name> or family:<name>
    created_at: datetime
    started_by: str = ""  # ecs-svc/<number> for service tasks
    service: str = ""  # service name
    deployment: str = ""  # deployment number
    launch_type: str = "EC2"
    capacity_provider: str = ""
    container_instance: str = ""  # ARN
    zone: str = ""
    subnet: str = ""
    private_ip: str = ""
    eni: str = ""
    last_status: str = "PROVISIONING"
    desired_status: str = "RUNNING"
    health: str = "UNKNOWN"
    containers: list[Container] = field(default_factory=list)
    overrides: dict[str, Any] = field(default_factory=dict)
    network: dict[str, Any] = field(default_factory=dict)  # networkConfiguration
    config: dict[str, Any] = field(default_factory=dict)  # enableExecuteCommand, volumes, ...
    connectivity_at: datetime | None = None
    pull_started_at: datetime | None = None
    pull_stopped_at: datetime | None = None
    started_at: datetime | None = None
    stopping_at: datetime | None = None
    stopped_at: datetime | None = None
    stop_code: str = ""
    stopped_reason: str = ""
    protected_until: datetime | None = None
    version: int = 1


@dataclass(slots=True)
class Gpu:
    """One GPU of a container instance and the task that has it."""

    id: str
    task: str = ""  # ARN, empty when free (nvidiaMps sharers are in `sharers`)
    memory: int = 0  # MiB
    sharers: dict[str, int] = field(default_factory=dict)  # task ARN -> MiB


@dataclass(slots=True)
class ContainerInstance:
    """An EC2 instance registered with a cluster. cpu in units, memory in MiB."""

    arn: str
    cluster: str
    ec2_id: str
    instance_type: str
    zone: str
    registered_at: datetime
    cpu: int
    memory: int
    enis: int  # task network interfaces it can carry
    gpus: list[Gpu] = field(default_factory=list)
    capacity_provider: str = ""
    subnet: str = ""
    status: str = "ACTIVE"
    agent_connected: bool = True
    attributes: dict[str, str] = field(default_factory=dict)
    cached_images: set[str] = field(default_factory=set)
    managed: bool = False  # a Managed Instance, whose life ECS owns


@dataclass(slots=True)
class Instance:
    """An EC2 instance of an Auto Scaling group."""

    id: str
    type: str
    zone: str
    subnet: str
    group: str  # Auto Scaling group name
    launched_at: datetime
    lifecycle: str = "Pending"  # Pending, InService, Terminating:Wait, Terminating, Terminated, ...
    protected: bool = False
    image_id: str = ""
    user_data: str = ""
    private_ip: str = ""
    profile: bool = True  # whether it has an instance profile


@dataclass(slots=True)
class Activity:
    """One scaling activity of an Auto Scaling group (F6)."""

    id: str
    description: str
    cause: str
    started_at: datetime
    status: str  # Successful, Failed, InProgress, Cancelled, WaitingForELBConnectionDraining, ...
    status_message: str = ""
    ended_at: datetime | None = None
    progress: int = 100
    zone: str = ""
    subnet: str = ""


@dataclass(slots=True)
class Group:
    """An Auto Scaling group as the engine sees it."""

    name: str
    arn: str
    minimum: int
    maximum: int
    desired: int
    zones: list[str]
    subnets: dict[str, str]  # zone -> subnet id
    instance_type: str
    protect_new: bool = False  # NewInstancesProtectedFromScaleIn
    instances: dict[str, Instance] = field(default_factory=dict)
    activities: list[Activity] = field(default_factory=list)  # newest first
    suspended: set[str] = field(default_factory=set)
    tags: dict[str, tuple[str, bool]] = field(default_factory=dict)  # key -> value, propagate
    hooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    user_data: str = ""
    image_id: str = ""
    created_at: datetime | None = None
    spec: dict[str, Any] = field(default_factory=dict)  # what create and update sent, in API form


class World:
    """One account in one region."""

    ask: Ask
    backend: Backend
    fleet: Fleet
    elb: LoadBalancing
    logs: LogKeeping
    scaling: ServiceScaling
    engine: Engine

    def __init__(
        self,
        *,
        account: str = "123456789012",
        region: str = "us-east-1",
        clock: VirtualClock | None = None,
        scenario: Scenario | None = None,
        lock: threading.RLock | None = None,
    ) -> None:
        self.account = account
        self.region = region
        self.clock = clock or VirtualClock()
        self.scenario = scenario or Scenario()
        self.lock = lock or threading.RLock()
        self._random = random.Random(f"{account}/{region}")
        self.clusters: dict[str, Cluster] = {}
        self.capacity_providers: dict[tuple[str, str], CapacityProvider] = {}  # (cluster, name)
        self.task_definitions: dict[str, list[TaskDefinition]] = {}  # family -> by revision
        self.services: dict[tuple[str, str], Service] = {}  # (cluster, name), INACTIVE ones too
        self.tasks: dict[str, Task] = {}
        self.container_instances: dict[str, ContainerInstance] = {}
        self.tags: dict[str, Tags] = {}  # by ARN
        self.settings: dict[tuple[str, str], str] = {}  # (name, principal ARN or "") -> value

    def now(self) -> datetime:
        """The simulated time."""
        return self.clock.now()

    def hex(self, length: int = 32) -> str:
        """The next identifier of so many hexadecimal digits; the same in every run."""
        return f"{self._random.getrandbits(length * 4):0{length}x}"

    def number(self, digits: int = 19) -> str:
        """The next decimal identifier, as in ``ecs-svc/<number>``; never starts with 0."""
        return str(self._random.randrange(10 ** (digits - 1), 10**digits))

    def uuid(self) -> str:
        """The next identifier in UUID form."""
        return str(uuid.UUID(self.hex(32)))

    def arn(self, resource: str, service: str = "ecs") -> str:
        """An ARN of this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def find_task_definition(self, arn: str) -> TaskDefinition | None:
        """The revision of that ARN, whatever its status."""
        family, _, revision = arn.rpartition("/")[2].partition(":")
        revisions = self.task_definitions.get(family, ())
        return next((each for each in revisions if str(each.revision) == revision), None)

    def service_of(self, task: Task) -> Service | None:
        """The service that a task belongs to."""
        return self.services.get((task.cluster, task.service)) if task.service else None

    def live_tasks(self, cluster: str, service: str = "") -> list[Task]:
        """Tasks that have not reached STOPPED, oldest first."""
        return [
            task
            for task in self.tasks.values()
            if task.cluster == cluster and task.last_status != "STOPPED"
            if service in {"", task.service}
        ]
