"""Every cause: a world that has it, how it is told and when, and that the advice helps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.scenario import Behaviour, ImageBehaviour, Scenario
from ecsinfer.spec import Spec
from tests.application.specs import LLM, fargate, gpu, spec
from tests.diagnose.changes import (
    alarm,
    alarm_ends,
    balanced_in,
    healthy,
    healthy_instances,
    join_default,
    launches,
    nothing,
    protect,
    resize,
    user_data,
)
from tests.diagnose.trouble import WITHIN, Trouble

V2 = f"{furniture.VLLM}:v2"


@dataclass(frozen=True)
class Case:
    """A cause.

    Attributes:
        evidence: what AWS says first of it, or shows for longer than is normal.
        title: a part of how it is told.
        spec: what is deployed.
        remedy: the spec that follows the advice.
        scenario: the world.
        prepare: what is odd in the account.
        advice: what is done to the account in following the advice.
        before: a spec that is deployed, and served, beforehand.
        furnish: what is odd in the account before that.
        timeout: of the deploy that fails, in seconds.
    """

    evidence: str
    title: str
    spec: Spec = field(default_factory=gpu)
    remedy: Spec | None = None
    scenario: Scenario = field(default_factory=Scenario)
    prepare: Callable[[Trouble], None] = nothing
    advice: Callable[[Trouble], None] = nothing
    before: Spec | None = None
    furnish: Callable[[Trouble], None] = nothing
    timeout: float = 1200


def image(kind: Behaviour, **how: Any) -> Scenario:
    """A world in which version one does this."""
    return Scenario(images=(("*/vllm*", ImageBehaviour(kind, **how)),))


def within(*subnets: str) -> dict[str, Any]:
    """The network of tasks in these subnets."""
    return {"subnets": list(subnets), "security_groups": [furniture.SECURITY_GROUP]}


def rollout(**settings: Any) -> dict[str, Any]:
    """Settings of a rollout that is not put right automatically."""
    return {"circuit_breaker": False, "availability_zone_rebalancing": False, **settings}


def small(**changes: Any) -> Spec:
    """Three small tasks with addresses of their own, on the CPU group."""
    service = {
        "image": "example.com/small:1",
        "resources": {"cpu": 128, "memory": 128},
        "network": within(*furniture.SUBNETS),
        "capacity": {"cpu": None},
        "replicas": 3,
        **changes,
    }
    return spec(
        capacity={"cpu": {"auto_scaling_group": furniture.CPU_GROUP}}, services={"llm": service}
    )


ELSEWHERE = user_data("#!/bin/bash\necho ECS_CLUSTER=elsewhere >> /etc/ecs/ecs.config\n")
UBUNTU = "ami-1e749f67"
FIRST, SECOND, THIRD = furniture.SUBNETS
GRACE = {"health": {"grace": "30s"}}

CASES: dict[str, Case] = {
    "no-capacity-in-zone": Case(
        "do not have sufficient g5.xlarge capacity",
        "EC2 has no g5.xlarge instances left in us-east-1",
        scenario=Scenario(no_capacity=("g5.xlarge",)),
        advice=lambda trouble: trouble.launch(InstanceType="g5.2xlarge"),
    ),
    "vcpu-quota": Case(
        "vCPU limit of 4",
        "the account's vCPU quota 4 for this kind of instance is used up",
        scenario=Scenario(vcpu_quota=4),
        advice=healthy,
    ),
    "group-at-maximum": Case(
        "unable to place a task",
        "tasks wait for room, and Auto Scaling group gpu-asg has its maximum of 0 instances",
        prepare=resize(MaxSize=0),
        advice=resize(MaxSize=2),
    ),
    "instances-without-role": Case(
        "gpu-asg InService",
        "cannot register: their launch template has no instance profile",
        prepare=lambda trouble: trouble.launch(IamInstanceProfile=None),
        advice=launches(IamInstanceProfile={"Arn": furniture.INSTANCE_PROFILE}),
    ),
    "instances-join-other-cluster": Case(
        "gpu-asg InService",
        "instances of Auto Scaling group gpu-asg join cluster elsewhere, not inference",
        prepare=lambda trouble: trouble.launch(UserData=ELSEWHERE),
        advice=launches(UserData=user_data(furniture.USER_DATA)),
    ),
    "instances-join-other-cluster:default": Case(
        "registered with",
        "instances of Auto Scaling group gpu-asg join cluster default, not inference",
        prepare=join_default,
        advice=launches(UserData=user_data(furniture.USER_DATA)),
    ),
    "instances-wrong-image": Case(
        "gpu-asg InService",
        f"have no ECS agent: {UBUNTU} is not an ECS-optimised AMI",
        prepare=lambda trouble: trouble.launch(ImageId=UBUNTU),
        advice=launches(ImageId=furniture.GPU_IMAGE),
    ),
    "instances-never-join": Case(
        "gpu-asg has not joined",
        "of Auto Scaling group gpu-asg, in service for more than 5 minutes, never joined the cluster",
        scenario=Scenario(never_join=(furniture.GPU_GROUP,)),
        advice=healthy_instances,
    ),
    "instances-not-of-provider": Case(
        "registered with no provider",
        "instances of its Auto Scaling group gpu-asg: its tasks never go there",
        scenario=Scenario(untagged=(furniture.GPU_GROUP,)),
        advice=healthy_instances,
    ),
    "network-interfaces-exhausted": Case(
        "RESOURCE:ENI",
        "no network interface left for another awsvpc task",
        spec=small(image="example.com/small:2"),
        before=small(replicas=2, rollout={"minimum_healthy": 0, "maximum": 100}),
        furnish=resize(furniture.CPU_GROUP, MaxSize=1),
        advice=resize(furniture.CPU_GROUP, MaxSize=4),
    ),
    "placement-constraint-impossible": Case(
        "missing an attribute",
        "no instance satisfies the placement constraints",
        before=gpu(),
        spec=gpu(
            image=V2, placement={"constraints": ["attribute:ecs.instance-type == p5.48xlarge"]}
        ),
        remedy=gpu(image=V2),
    ),
    "subnets-outside-zones": Case(
        "missing an attribute",
        "and the tasks' subnets in us-east-1c",
        before=gpu(network=within(FIRST, SECOND)),
        spec=gpu(network=within(THIRD)),
        furnish=resize(VPCZoneIdentifier=f"{FIRST},{SECOND}"),
        advice=resize(VPCZoneIdentifier=",".join(furniture.SUBNETS)),
    ),
    # Until the group has its maximum, the next instance may be where it helps.
    "subnets-outside-zones:some": Case(
        "cpu-asg has its maximum, in us-east-1a, us-east-1b",
        "2 of the 3 instances of Auto Scaling group cpu-asg are in us-east-1b, us-east-1c, where "
        "the tasks have no subnet: theirs are in us-east-1a",
        spec=small(network=within(FIRST)),
        remedy=small(),
        prepare=resize(furniture.CPU_GROUP, MaxSize=3),
    ),
    "no-room-in-time": Case(
        "EMPTY CAPACITY PROVIDER",
        "tasks waited for up to half an hour for an instance with room",
        prepare=resize(MaxSize=0),
        advice=resize(MaxSize=2),
        timeout=2700,
    ),
    "provisioning-limit": Case(
        "provisioning capacity limit was exceeded",
        "500 tasks of the cluster wait for capacity already",
        spec=gpu(replicas=501),
        remedy=gpu(replicas=2),
        prepare=resize(MaxSize=0),
        advice=resize(MaxSize=2),
    ),
    "task-too-large": Case(
        "unable to place a task",
        "no instance of Auto Scaling group gpu-asg (g5.xlarge) can hold one task: not enough CPU",
        spec=gpu(resources={**LLM["resources"], "cpu": 8192}),
        remedy=gpu(resources={**LLM["resources"], "cpu": 4096}),
    ),
    "task-too-large:memory": Case(
        "unable to place a task",
        "can hold one task: not enough memory",
        spec=gpu(resources={**LLM["resources"], "memory": 65536}),
        remedy=gpu(),
    ),
    "task-too-large:gpus": Case(
        "unable to place a task",
        "can hold one task: not enough GPUs",
        spec=gpu(resources={**LLM["resources"], "gpu": 4}),
        remedy=gpu(),
    ),
    "image-not-found": Case(
        "CannotPullContainerError",
        "does not exist in its registry",
        scenario=image("missing"),
        advice=healthy,
    ),
    "image-pull-denied": Case(
        "pull access denied",
        "the image may not be pulled",
        scenario=image("denied"),
        advice=healthy,
    ),
    "image-wrong-architecture": Case(
        "exit 255",
        "not built for the CPU architecture of its host (X86_64)",
        scenario=image("exec-format"),
        advice=healthy,
    ),
    "disk-full": Case(
        "no space left on device",
        "the image does not fit on the disk",
        scenario=image("disk-full"),
        advice=healthy,
    ),
    "no-route": Case(
        "i/o timeout",
        "the task has no way to the registry",
        spec=fargate(network=within(THIRD), rollout=rollout()),
        remedy=fargate(network={**within(THIRD), "public_ip": True}, rollout=rollout()),
        scenario=Scenario(isolated_subnets=(THIRD,)),
    ),
    "secret-missing": Case(
        "failed to fetch secret",
        f"the secret {furniture.SECRET} does not exist",
        scenario=Scenario(secrets_missing=(furniture.SECRET,)),
        advice=healthy,
    ),
    "secret-missing:parameter": Case(
        "invalid ssm parameters",
        "nowhere",
        spec=gpu(secrets={"MODEL_ID": "/nowhere"}),
        remedy=gpu(secrets={"MODEL_ID": furniture.PARAMETER}),
    ),
    "log-group-missing": Case(
        "log group does not exist",
        "a log group of the containers does not exist",
        scenario=Scenario(log_groups_missing=("/ecsinfer/inference/llm",)),
        advice=healthy,
    ),
    "role-not-assumable": Case(
        "unable to assume the role",
        f"ECS may not assume the role {furniture.TASK_ROLE}",
        scenario=Scenario(roles_denied=("ecsTaskRole",)),
        advice=healthy,
    ),
    "role-not-assumable:unknown": Case(
        "unable to assume the role",
        "ECS may not assume the role arn:aws:iam::123456789012:role/nobody",
        spec=gpu(roles={**LLM["roles"], "task": "arn:aws:iam::123456789012:role/nobody"}),
        remedy=gpu(),
    ),
    "out-of-memory": Case(
        "exit 137",
        "container llm was killed: it used more memory than its task has (8192 MiB)",
        scenario=image("oom"),
        advice=healthy,
    ),
    "service-throttled": Case(
        "unable to consistently start",
        "tasks keep failing, so ECS spaces out their starts",
        spec=gpu(rollout=rollout()),
        scenario=image("crash"),
        advice=healthy,
    ),
    "container-health-check": Case(
        "failed container health checks",
        "the container's own health check fails",
        spec=gpu(health={"command": "curl -f localhost/health"}, load_balancer=()),
        scenario=image("unhealthy"),
        advice=healthy,
    ),
    "target-health-check:code": Case(
        "with these codes",
        "is answered with 503",
        spec=gpu(health={"grace": "2m"}),
        scenario=image("unhealthy", status=503),
        advice=healthy,
    ),
    "target-health-check:time-out": Case(
        "Request timed out",
        "gets no answer in time",
        scenario=image("hang"),
        advice=healthy,
        timeout=2700,
    ),
    "target-health-check": Case(
        "Health checks failed",
        "health check /",
        scenario=image("unhealthy"),
        advice=healthy,
        timeout=2700,
    ),
    "grace-period-too-short": Case(
        "Health checks failed",
        "before anything answered the load balancer: the grace period is 30 s",
        spec=gpu(**GRACE),
        remedy=gpu(),
        scenario=image("slow", load=200),
    ),
    "target-zone-not-enabled": Case(
        "Target.NotInUse",
        "tasks run in us-east-1c where the load balancer is not enabled (it is in us-east-1a, "
        "us-east-1b)",
        spec=gpu(network=within(THIRD)),
        prepare=balanced_in(FIRST, SECOND),
        advice=balanced_in(*furniture.SUBNETS),
    ),
    "rollout-deadlock": Case(
        "because of the service deployment configuration",
        "the rollout may neither start a task nor stop one",
        before=gpu(),
        spec=gpu(image=V2, rollout={"minimum_healthy": 100, "maximum": 100}),
        remedy=gpu(image=V2, rollout={"minimum_healthy": 50, "maximum": 100}),
    ),
    "task-protected": Case(
        "has started 2 tasks",
        "scale-in protection keeps 2 old tasks running",
        before=gpu(),
        spec=gpu(image=V2),
        prepare=protect(enabled=True),
        advice=protect(enabled=False),
    ),
    "alarm": Case(
        "p99 is in ALARM",
        "the deployment watches alarms, and p99 is in ALARM",
        before=gpu(),
        spec=gpu(image=V2, rollout={"alarms": ["p99"]}),
        prepare=alarm(after=120),
        advice=alarm_ends,
    ),
    "crash-loop": Case(
        "exit 3",
        "container llm exits with code 3 after it has started",
        scenario=image("crash", exit_code=3, logs=("ValueError: no such model",)),
        advice=healthy,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_cause_is_named_within_a_minute_and_its_advice_helps(name: str) -> None:
    case, code = CASES[name], name.partition(":")[0]
    trouble = Trouble()
    case.furnish(trouble)
    if case.before:
        assert trouble.deploy(case.before).status == "done"
    trouble.behave(case.scenario)
    case.prepare(trouble)

    failed = trouble.deploy(case.spec, case.timeout)

    assert failed.exit_code in (3, 4)
    assert code in trouble.told, [*trouble.told, failed]
    _, cause = trouble.told[code]
    assert 0 <= trouble.seconds_until_told(code, case.evidence) <= WITHIN
    assert case.title in cause.title
    assert cause.evidence
    assert cause.advice
    assert code in {each.code for each in failed.causes}
    assert "unexplained" not in trouble.told, trouble.told["unexplained"]

    case.advice(trouble)

    assert trouble.deploy(case.remedy or case.spec, timeout=None).status == "done"
