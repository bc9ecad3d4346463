"""The seams between the rooms that change the world: what each may ask of the others.

The API rooms change records and tell the engine; the engine moves instances, targets and tasks
through the other rooms. All of it happens under `World.lock`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from ecsinfer.sandbox.elb.records import TargetGroup, TargetHealth
from ecsinfer.sandbox.state import (
    CapacityProvider,
    Cluster,
    ContainerInstance,
    Deployment,
    Group,
    Instance,
    Service,
    Task,
)


class Fleet(Protocol):
    """Auto Scaling groups and their instances (`sandbox/fleet`)."""

    def group(self, name_or_arn: str) -> Group | None:
        """The group, by name or ARN."""
        ...

    def set_desired(self, name: str, count: int, cause: str) -> None:
        """Change the desired capacity, within min and max, and launch or terminate."""
        ...

    def terminate(self, instance_id: str, cause: str, *, decrement: bool) -> None:
        """Terminate one instance."""
        ...

    def set_protection(self, instance_ids: Iterable[str], protected: bool) -> None:
        """Set or lift scale-in protection."""
        ...

    def put_tag(self, name: str, key: str, value: str, *, propagate: bool) -> None:
        """Tag a group (the ``AmazonECSManaged`` tag, B8)."""
        ...

    def complete_termination(self, instance_id: str) -> None:
        """The draining hook lets go: Terminating:Wait becomes Terminating."""
        ...


class LoadBalancing(Protocol):
    """Target groups and target health (`sandbox/elb`)."""

    def target_group(self, arn: str) -> TargetGroup | None:
        """The target group; None when there is none."""
        ...

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
        """Register a target that answers its checks from `ready_at` on (None: never).

        `failing` is how it fails them until then; a refused connection otherwise.
        """
        ...

    def deregister(self, arn: str, target: str, port: int, done: Callable[[], None]) -> None:
        """Drain a target for the deregistration delay, then call `done`."""
        ...

    def health(self, arn: str, target: str, port: int) -> TargetHealth | None:
        """The target's health; None when it is not registered."""
        ...


class LogKeeping(Protocol):
    """CloudWatch Logs, as the log driver of a container uses it (`sandbox/logs`)."""

    def exists(self, group: str) -> bool:
        """Whether there is such a log group."""
        ...

    def write(self, group: str, stream: str, lines: Sequence[str], *, creates: bool) -> None:
        """Write lines with the present time; the stream is made at the first of them.

        Args:
            group: the log group; lines for one that is not there are lost.
            stream: the log stream.
            lines: what is written.
            creates: whether the driver makes the group first (``awslogs-create-group``).
        """
        ...


class ServiceScaling(Protocol):
    """Application Auto Scaling's side of a service (`sandbox/scaling`)."""

    def service_deleted(self, cluster: str, service: str) -> None:
        """The scalable target and its policies go with the service (E12)."""
        ...


class Engine(Protocol):
    """What moves: rollouts, tasks, placement, managed scaling (`sandbox/engine`).

    The API rooms change records and tell the engine; the engine schedules the consequences.
    """

    def service_created(self, service: Service) -> Deployment:
        """Start the first deployment."""
        ...

    def deployment_started(self, service: Service) -> Deployment:
        """Start a new PRIMARY deployment of the service's present `spec` and `task_definition`."""
        ...

    def service_changed(self, service: Service) -> None:
        """desiredCount or configuration changed without a new deployment."""
        ...

    def service_deleted(self, service: Service) -> None:
        """DRAINING: stop every task, then INACTIVE."""
        ...

    def stop_deployment(self, service: Service, deployment: Deployment, kind: str) -> None:
        """StopServiceDeployment with ABORT or ROLLBACK."""
        ...

    def continue_deployment(
        self, service: Service, deployment: Deployment, hook: str, action: str
    ) -> None:
        """ContinueServiceDeployment: answer a PAUSE hook with CONTINUE or ROLLBACK."""
        ...

    def run_task(self, task: Task, strategy: list[dict[str, Any]]) -> str:
        """Start a stand-alone task; returns a placement failure reason, or nothing."""
        ...

    def stop_task(self, task: Task, reason: str, code: str) -> None:
        """Stop a task."""
        ...

    def instance_running(self, instance: Instance) -> None:
        """The fleet: an EC2 instance is running; it boots and registers."""
        ...

    def instance_terminating(self, instance: Instance) -> bool:
        """The fleet: an instance is to terminate; True when it must wait for managed draining."""
        ...

    def instance_terminated(self, instance: Instance) -> None:
        """The fleet: an instance is gone; its tasks are lost, its registration ends."""
        ...

    def instance_deregistered(self, instance: ContainerInstance) -> None:
        """DeregisterContainerInstance: the registration ends; tasks on it are orphaned."""
        ...

    def instance_status_changed(self, instance: ContainerInstance) -> None:
        """UpdateContainerInstancesState: DRAINING or ACTIVE."""
        ...

    def providers_changed(self, cluster: Cluster) -> None:
        """The cluster's providers changed: attach or detach managed scaling, in time."""
        ...

    def provider_changed(self, provider: CapacityProvider) -> None:
        """managedScaling, termination protection or draining of a provider changed."""
        ...


class Ask(Protocol):
    """The simulated AWS's other services (moto), asked by a room of its own accord."""

    def __call__(
        self, service: str, operation: str, request: Mapping[str, Any], identifier: str = ""
    ) -> dict[str, Any]:
        """The parsed answer, past every correction.

        Args:
            service: botocore's service name, such as ``ec2``.
            operation: the API operation.
            request: its parameters.
            identifier: the digits of the identifier of what is created, instead of random ones.

        Raises:
            ServiceError: it was refused.
        """
        ...


class Backend(Protocol):
    """moto's own records of a service, for what its API cannot tell or do."""

    def __call__(self, service: str) -> AbstractContextManager[Any]:
        """The records of this account and region, nobody else's while they are held."""
        ...
