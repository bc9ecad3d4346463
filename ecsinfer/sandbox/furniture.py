"""The furnished account: what a spec can be deployed on at once, under names that never change.

Every identifier and ARN below is fixed, so that a spec can be written against the sandbox without
looking anything up; `furnishing` puts it in place.

Every region that is looked at is furnished: with the same names and identifiers, and with its own
name in ARNs and in the address of the registry.
"""

from __future__ import annotations

from collections.abc import Mapping

from ecsinfer.sandbox.fleet.common import fleet_of
from ecsinfer.sandbox.state import Group, World

REGION = "us-east-1"
ACCOUNT = "123456789012"

_ELB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
_IAM = f"arn:aws:iam::{ACCOUNT}"
_REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"

VPC = "vpc-0a1b2c3d000000001"
SUBNETS = ("subnet-0a1b2c3d000000001", "subnet-0a1b2c3d000000002", "subnet-0a1b2c3d000000003")
"""Private subnets in the first three zones of the region: 10.0.0.0/20, 10.0.16.0/20, 10.0.32.0/20."""

SECURITY_GROUP = "sg-0a1b2c3d000000001"

EXECUTION_ROLE = f"{_IAM}:role/ecsTaskExecutionRole"
TASK_ROLE = f"{_IAM}:role/ecsTaskRole"
INSTANCE_ROLE = f"{_IAM}:role/ecsInstanceRole"
INSTANCE_PROFILE = f"{_IAM}:instance-profile/ecsInstanceRole"
INFRASTRUCTURE_ROLE = f"{_IAM}:role/ecsInfrastructureRole"

GPU_GROUP = "gpu-asg"  # g5.xlarge
CPU_GROUP = "cpu-asg"  # m5.large
MY_GROUP = "my-asg"  # g5.xlarge
GPU_LAUNCH_TEMPLATE = "lt-0a1b2c3d000000001"
CPU_LAUNCH_TEMPLATE = "lt-0a1b2c3d000000002"
GPU_IMAGE = "ami-0ca77a28d8801702a"
"""The ECS-optimised AL2023 GPU image, by its SSM parameter in us-east-1."""
CPU_IMAGE = "ami-05fb4f257abd42992"

LOAD_BALANCER = f"{_ELB}:loadbalancer/app/sandbox-alb/0a1b2c3d00000001"
LISTENER = f"{_ELB}:listener/app/sandbox-alb/0a1b2c3d00000001/0a1b2c3d00000001"
TEST_LISTENER = f"{_ELB}:listener/app/sandbox-alb/0a1b2c3d00000001/0a1b2c3d00000002"
PRODUCTION_RULE = (
    f"{_ELB}:listener-rule/app/sandbox-alb/0a1b2c3d00000001/0a1b2c3d00000001/0a1b2c3d00000001"
)
TEST_RULE = (
    f"{_ELB}:listener-rule/app/sandbox-alb/0a1b2c3d00000001/0a1b2c3d00000002/0a1b2c3d00000002"
)
IP_TARGETS = f"{_ELB}:targetgroup/ip-targets/0a1b2c3d00000001"
IP_TARGETS_ALTERNATE = f"{_ELB}:targetgroup/ip-targets-alternate/0a1b2c3d00000002"
INSTANCE_TARGETS = f"{_ELB}:targetgroup/instance-targets/0a1b2c3d00000003"
UNATTACHED_TARGETS = f"{_ELB}:targetgroup/unattached-targets/0a1b2c3d00000004"
"""A target group that no load balancer uses (G2)."""

PARAMETER = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/sandbox/model-id"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:sandbox/hf-token-0a1b2c"

_IMAGE_TAGS = ("v1", "v2", "latest", "crash", "oom", "unhealthy", "slow")
IMAGES: Mapping[str, tuple[str, ...]] = {
    "vllm": _IMAGE_TAGS,
    "my-inference-service": _IMAGE_TAGS,
}
"""Repository -> tags of the registry, ``123456789012.dkr.ecr.us-east-1.amazonaws.com``."""

VLLM = f"{_REGISTRY}/vllm"

JOINS_PROVIDER = "# sandbox: joins the cluster of its capacity provider"
"""In the user data of an Auto Scaling group: its instances register with the cluster that the
group's capacity provider is associated with. Groups of a real account name it as ECS_CLUSTER;
furnished ones cannot know it beforehand. Without either, instances join ``default`` (F7)."""

MOST_INSTANCES = 20

USER_DATA = f"#!/bin/bash\n{JOINS_PROVIDER}\n"
TEMPLATE_NAMES = {
    GPU_LAUNCH_TEMPLATE: "gpu-launch-template",
    CPU_LAUNCH_TEMPLATE: "cpu-launch-template",
}


def furnish_groups(world: World) -> None:
    """The Auto Scaling groups: empty, up to 20 instances, new ones protected from scale-in (B6)."""
    for group in (
        _group(world, 1, GPU_GROUP, "g5.xlarge", GPU_IMAGE, GPU_LAUNCH_TEMPLATE),
        _group(world, 2, CPU_GROUP, "m5.large", CPU_IMAGE, CPU_LAUNCH_TEMPLATE),
        _group(world, 3, MY_GROUP, "g5.xlarge", GPU_IMAGE, GPU_LAUNCH_TEMPLATE),
    ):
        fleet_of(world).add(group)


def zones(region: str) -> tuple[str, ...]:
    """The zones of `SUBNETS`."""
    return tuple(region + letter for letter in _ZONE_LETTERS.get(region, "abc"))


# Regions in which an account does not see the zones a, b and c.
_ZONE_LETTERS = {
    "ap-northeast-1": "acd",
    "ca-central-1": "abd",
    "cn-north-1": "abb",
    "us-west-1": "abb",
}


def _group(world: World, number: int, name: str, kind: str, image: str, template: str) -> Group:
    here = zones(world.region)
    unique = f"0a1b2c3d-0000-4000-8000-{number:012d}"
    return Group(
        name=name,
        arn=world.arn(f"autoScalingGroup:{unique}:autoScalingGroupName/{name}", "autoscaling"),
        minimum=0,
        maximum=MOST_INSTANCES,
        desired=0,
        zones=list(dict.fromkeys(here)),
        subnets=dict(zip(here, SUBNETS, strict=True)),
        instance_type=kind,
        protect_new=True,
        image_id=image,
        user_data=USER_DATA,
        created_at=world.now(),
        spec={
            "LaunchTemplate": {
                "LaunchTemplateId": template,
                "LaunchTemplateName": TEMPLATE_NAMES[template],
                "Version": "$Latest",
            },
            "VPCZoneIdentifier": ",".join(SUBNETS),
        },
    )
