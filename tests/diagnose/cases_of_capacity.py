"""Tasks that find no place: too few instances, none that help, or none that may be used."""

from __future__ import annotations

from typing import Any

from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.scenario import Scenario
from ecsinfer.spec import Spec
from tests.application.specs import LLM, fargate, gpu, spec
from tests.diagnose.cases import FIRST, SECOND, THIRD, V2, Case, within
from tests.diagnose.changes import (
    healthy,
    healthy_instances,
    join_default,
    launches,
    resize,
    user_data,
)

ELSEWHERE = user_data("#!/bin/bash\necho ECS_CLUSTER=elsewhere >> /etc/ecs/ecs.config\n")
UBUNTU = "ami-1e749f67"
ON_FARGATE: dict[str, Any] = {"capacity": {"FARGATE": None}}
ON_SPOT: dict[str, Any] = {"capacity": {"FARGATE_SPOT": None}}


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


CASES: dict[str, Case] = {
    "no-capacity-in-zone": Case(
        "do not have sufficient g5.xlarge capacity",
        "EC2 has no g5.xlarge instances left in us-east-1",
        scenario=Scenario(no_capacity=("g5.xlarge",)),
        advice=lambda trouble: trouble.launch(InstanceType="g5.2xlarge"),
    ),
    "no-fargate-capacity": Case(
        "Capacity is unavailable",
        "Fargate has no capacity left in us-east-1a",
        spec=fargate(**ON_FARGATE, network=within(FIRST)),
        remedy=fargate(**ON_FARGATE, network=within(FIRST, SECOND)),
        scenario=Scenario(no_capacity=("FARGATE@us-east-1a",)),
    ),
    "no-fargate-capacity:spot": Case(
        "Capacity is unavailable",
        "Fargate Spot has no capacity left in us-east-1a, us-east-1b, us-east-1c",
        spec=fargate(**ON_SPOT),
        remedy=fargate(**ON_FARGATE),
        scenario=Scenario(no_capacity=("FARGATE_SPOT",)),
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
}
