"""A scenario: how the simulated world behaves, as data.

Defaults are the field-tested times of ``inference-on-ecs.md`` E1, shortened only where a demo
would bore; every one can be set in YAML.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds of simulated time.

    Attributes:
        launch: EC2 instance pending to running.
        boot: running to registered with the cluster.
        eni: attaching a task network interface (PROVISIONING), removing it (DEPROVISIONING).
        pull: pulling an image the first time on an instance, or on Fargate; cached pulls take 1 s.
        load: container start until it answers health checks (model load).
        stop: SIGTERM to exit, at most the container's stopTimeout.
        capacity_provider: updating or deleting a capacity provider, creating a Managed
            Instances one; an Auto Scaling group provider is ACTIVE at once.
        attachments: cluster attachmentsStatus UPDATE_IN_PROGRESS to UPDATE_COMPLETE.
        fargate: finding a host for a Fargate or Managed Instances task.
        scaling_removed: deletion of a service until its scalable target has gone with it (E12).
    """

    launch: float = 30
    boot: float = 90
    eni: float = 5
    pull: float = 60
    load: float = 45
    stop: float = 5
    capacity_provider: float = 5
    attachments: float = 10
    fargate: float = 20
    scaling_removed: float = 5


Behaviour = Literal[
    "run",
    "crash",
    "oom",
    "unhealthy",
    "hang",
    "missing",
    "denied",
    "slow",
    "exec-format",
    "disk-full",
]


@dataclass(frozen=True, slots=True)
class ImageBehaviour:
    """What containers of an image do.

    Attributes:
        behaviour: ``run`` and serve; ``crash`` with `exit_code`; ``oom``: killed with 137;
            ``unhealthy``: run but never listen, or answer checks with `status`; ``hang``: listen
            but never answer in time; ``missing``: there is no such image; ``denied``: the role
            may not pull it; ``slow``: run after a load of `load` seconds; ``exec-format``: built
            for another architecture; ``disk-full``: no space left for the image.
        exit_code: of a crash.
        after: seconds from start to the crash.
        status: the HTTP status of ``unhealthy``; without one, nothing listens.
        pull: overrides the scenario's pull time.
        load: overrides the scenario's load time.
        logs: the lines a container writes before it ends.
    """

    behaviour: Behaviour = "run"
    exit_code: int = 1
    after: float = 5
    status: int | None = None
    pull: float | None = None
    load: float | None = None
    logs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to the Nth call of an operation.

    Attributes:
        operation: API operation, ``*`` for any.
        service: botocore's service name, empty for any.
        nth: which call, counted from 1; 0 for every one.
        kind: ``error``: refused with `code`, not applied; ``reset``: connection cut, not applied;
            ``lost``: applied, the answer is lost.
        code: the error code, such as ``ThrottlingException``.
        message: the error text; empty for what AWS says to a throttled call, and from `status` 500
            on to one that it failed to answer.
        status: the HTTP status of an ``error``.
    """

    operation: str
    service: str = ""
    nth: int = 1
    kind: Literal["error", "reset", "lost"] = "error"
    code: str = "ThrottlingException"
    message: str = ""
    status: int = 400

    @property
    def text(self) -> str:
        """The error text that is told."""
        # Clients take these words for a throttled call, whatever its code.
        return self.message or ("Rate exceeded" if self.status < 500 else "Service unavailable.")


@dataclass(frozen=True, slots=True)
class Scenario:
    """How the world behaves.

    Attributes:
        name: for the humans who read the status.
        timings: how long things take.
        images: image reference, or glob over it -> what its containers do; the first match
            counts, before the tag conventions (``:crash``, ``:oom``, ``:unhealthy``,
            ``:missing``, ``:slow``).
        no_capacity: zones, instance types or ``type@zone`` that EC2 is out of (F6); ``FARGATE``,
            ``FARGATE_SPOT``, or either ``@zone`` (J7).
        vcpu_quota: vCPUs that may run at once; without one, as many as there are (F6, J3).
        never_join: Auto Scaling group names whose instances run but never register.
        isolated_subnets: subnets without a way out: from there only Fargate tasks with a public
            address reach the registry.
        daemons_protected: whether managed termination protection stays on instances that run
            nothing but daemon tasks, as it was reported of AWS.
        untagged: Auto Scaling group names whose instances register without a capacity provider (B8).
        roles_denied: role ARNs or names that AWS may not assume: a task's (H3), or the
            service-linked ``AWSServiceRoleForECS`` (A13) and
            ``AWSServiceRoleForApplicationAutoScaling_ECSService`` (E1).
        roles_withheld: role ARNs or names that the caller may not pass to a service (H3).
        secrets_missing: ``valueFrom`` values that cannot be read.
        log_groups_missing: log groups that do not exist.
        log_pages_empty: whether the last page of a log stream is empty, as any of AWS's may be.
        namespaces: how a service shows its Service Connect namespace, where there is one of that
            name: as ``given``, by ``arn`` or by ``name``; AWS was seen to do either.
        describe_lag: seconds by which Describe calls trail a create (0.9).
        api_buckets: whether AWS's API rates apply (I2).
        latency: seconds of simulated time every call takes in process, of wall time on the server.
        faults: what befalls single calls.
    """

    name: str = "default"
    timings: Timings = field(default_factory=Timings)
    images: tuple[tuple[str, ImageBehaviour], ...] = ()
    no_capacity: tuple[str, ...] = ()
    vcpu_quota: int | None = None
    never_join: tuple[str, ...] = ()
    isolated_subnets: tuple[str, ...] = ()
    daemons_protected: bool = False
    untagged: tuple[str, ...] = ()
    roles_denied: tuple[str, ...] = ()
    roles_withheld: tuple[str, ...] = ()
    secrets_missing: tuple[str, ...] = ()
    log_groups_missing: tuple[str, ...] = ()
    log_pages_empty: bool = False
    namespaces: Literal["given", "arn", "name"] = "given"
    describe_lag: float = 0
    api_buckets: bool = False
    latency: float = 0
    faults: tuple[Fault, ...] = ()


def names_role(roles: Collection[str], role: str) -> bool:
    """Whether a role, given by ARN or name, is among those that a scenario lists by either."""
    return role in roles or role.rpartition("/")[2] in roles
