"""What is known of an application at one moment, in the terms of AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

HEALTHY = "healthy"
"""The one state of a load balancer's target that gets traffic."""


@dataclass(frozen=True, slots=True)
class Trend:
    """One metric of the last hour.

    Attributes:
        name: ``requests``, ``latency``, ``cpu``, ``memory`` or ``tasks``.
        unit: ``per minute``, ``seconds``, ``percent`` or ``tasks``.
        values: oldest first, one for every five minutes that CloudWatch has data of.
    """

    name: str
    unit: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Rollout:
    """The deployment that a service is in, or was in last.

    Attributes:
        state: COMPLETED, IN_PROGRESS or FAILED, or the status of the service deployment where
            that tells more; empty where AWS tells nothing.
        stage: ``lifecycleStage``, such as BAKE_TIME; empty for rolling deployments.
        traffic: percent of the production traffic that the new revision gets; None when not told.
        desired: tasks of the new revision that are wanted.
        running: tasks of the new revision that run.
        failed: tasks of the new revision that did not start, so far.
        paused: a lifecycle hook waits for somebody.
        reason: AWS's own words.
        since: when it began.
        paused_until: when nobody has to continue it any more; None when AWS does not tell.
        paused_then: what happens at that moment, CONTINUE or ROLLBACK.
        requested: somebody asked for its rollback.
        stranded: its rollback failed, because there is no earlier revision to go back to.
    """

    state: str = ""
    stage: str = ""
    traffic: float | None = None
    desired: int = 0
    running: int = 0
    failed: int = 0
    paused: bool = False
    reason: str = ""
    since: datetime | None = None
    paused_until: datetime | None = None
    paused_then: str = ""
    requested: bool = False
    stranded: bool = False


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """What a load balancer thinks of the tasks.

    Attributes:
        name: of the target group.
        states: state -> number of targets, such as healthy, initial, draining.
        reason: what is said of the first target that is unhealthy or unavailable.
        load_balancer: what metrics call its load balancer, ``app/<name>/<id>``; empty without one.
        label: what metrics call it, ``targetgroup/<name>/<id>``.
    """

    name: str
    states: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""
    load_balancer: str = ""
    label: str = ""

    @property
    def healthy(self) -> int:
        """Targets that get traffic."""
        return self.states.get(HEALTHY, 0)

    @property
    def total(self) -> int:
        """Targets that are to get traffic: those that leave do not count."""
        return sum(count for state, count in self.states.items() if "draining" not in state)


@dataclass(frozen=True, slots=True)
class Scaling:
    """Who moves the number of tasks, and within which bounds.

    Attributes:
        minimum: MinCapacity.
        maximum: MaxCapacity.
        suspended: whether scaling out or in is suspended.
        last: what the last scaling activity did, in AWS's words; empty when there was none.
        last_status: how that ended, such as Successful.
        last_at: when that was.
    """

    minimum: int
    maximum: int
    suspended: bool = False
    last: str = ""
    last_status: str = ""
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """One service of the spec.

    Attributes:
        key: its key in the spec.
        name: its name in the cluster.
        status: ACTIVE, DRAINING, or ABSENT when there is none.
        desired: desiredCount.
        running: runningCount.
        pending: pendingCount.
        task_definition: ``family:revision`` of the PRIMARY deployment.
        images: container -> image digest, else the image, that this revision runs.
        rollout: its deployment.
        target_groups: what it is registered with.
        scaling: None when nothing scales it.
        event: its newest event of this deployment that tells of trouble; empty without one.
        trends: metrics that have data.
    """

    key: str
    name: str
    status: str
    desired: int = 0
    running: int = 0
    pending: int = 0
    task_definition: str = ""
    images: Mapping[str, str] = field(default_factory=dict)
    rollout: Rollout = Rollout()
    target_groups: tuple[TargetGroup, ...] = ()
    scaling: Scaling | None = None
    event: str = ""
    trends: tuple[Trend, ...] = ()

    @property
    def node(self) -> str:
        """Its name in plans and events."""
        return f"service/{self.key}"


@dataclass(frozen=True, slots=True)
class Group:
    """The Auto Scaling group behind a provider.

    Attributes:
        name: of the group.
        minimum: MinSize.
        desired: DesiredCapacity.
        maximum: MaxSize.
        in_service: instances that are InService.
        launching: instances that are Pending.
        suspended: processes that are suspended, such as Launch.
    """

    name: str
    minimum: int
    desired: int
    maximum: int
    in_service: int = 0
    launching: int = 0
    suspended: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Provider:
    """One capacity provider of the spec.

    Attributes:
        key: its key in the spec.
        name: of the provider.
        status: ACTIVE and so on, or ABSENT when there is none.
        update: updateStatus, such as UPDATE_FAILED; empty when nothing was updated.
        reason: updateStatusReason.
        joined: container instances that are registered with the cluster and not leaving.
        disconnected: those of them whose agent is not connected.
        draining: container instances that are leaving.
        gpus: GPUs of the instances that have joined.
        gpus_free: GPUs of them that no task has.
        reservation: CapacityProviderReservation in percent; None when it cannot be known.
        measured: whether CloudWatch told the reservation, rather than our own arithmetic.
        target: targetCapacity in percent; None without managed scaling.
        warming: seconds for which the youngest instance still holds back the next scale-out.
        group: None for Managed Instances, and when the group does not exist.
    """

    key: str
    name: str
    status: str
    update: str = ""
    reason: str = ""
    joined: int = 0
    disconnected: int = 0
    draining: int = 0
    gpus: int = 0
    gpus_free: int = 0
    reservation: float | None = None
    measured: bool = False
    target: int | None = None
    warming: float = 0.0
    group: Group | None = None

    @property
    def node(self) -> str:
        """What findings call it."""
        return f"capacity/{self.key}"


@dataclass(frozen=True, slots=True)
class Drift:
    """One resource that a deploy would change.

    Attributes:
        node: its key in plans, such as ``service/llm``.
        verb: what a deploy would do with it.
        fields: the declared fields that differ, in AWS's names.
        revision: what a service would run instead, such as ``app-llm:4``; empty while there is no
            such revision, and when it would go on with the one it runs.
    """

    node: str
    verb: str
    fields: tuple[str, ...] = ()
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """An application at one moment.

    Attributes:
        application: the spec's name.
        cluster: the cluster's name.
        account: the AWS account.
        region: the AWS region.
        at: the moment.
        services: in the spec's order.
        providers: in the spec's order.
        drift: what a deploy would change.
        undecided: why the drift could not be told; empty when it could.
    """

    application: str
    cluster: str
    account: str
    region: str
    at: datetime
    services: tuple[Service, ...] = ()
    providers: tuple[Provider, ...] = ()
    drift: tuple[Drift, ...] = ()
    undecided: str = ""
