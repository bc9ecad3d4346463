"""Furnishing: the calls that put the furnished account in place.

The pieces of a service are put in place before the first question to it, so that an embedded AWS
of which only ECS is used costs nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from ecsinfer.sandbox.furniture import (
    ACCOUNT,
    CPU_IMAGE,
    CPU_LAUNCH_TEMPLATE,
    GPU_IMAGE,
    GPU_LAUNCH_TEMPLATE,
    IMAGES,
    INSTANCE_PROFILE,
    INSTANCE_TARGETS,
    IP_TARGETS,
    IP_TARGETS_ALTERNATE,
    LISTENER,
    LOAD_BALANCER,
    PRODUCTION_RULE,
    REGION,
    SECRET,
    SECURITY_GROUP,
    SUBNETS,
    TEMPLATE_NAMES,
    TEST_LISTENER,
    TEST_RULE,
    UNATTACHED_TARGETS,
    USER_DATA,
    VPC,
    zones,
)
from ecsinfer.sandbox.rooms import Ask


class Piece(NamedTuple):
    """One call that puts something in place, and the digits of its identifier."""

    operation: str
    request: dict[str, Any]
    identifier: str = ""


class Furniture:
    """Furnishes one region service by service; a region or service never asked costs nothing.

    Args:
        ask: the simulated AWS's other services in this region.
        account: the account.
        region: the region.
    """

    def __init__(self, ask: Ask, account: str = ACCOUNT, region: str = REGION) -> None:
        self._ask = ask
        self._account = account
        self._region = region
        self._done: set[str] = set()

    def prepare(self, service: str) -> None:
        """Put the pieces of a service, and of those it needs, in place unless they are."""
        if service in self._done or service not in _PIECES:
            return
        self._done.add(service)
        for needed in _NEEDS.get(service, ()):
            self.prepare(needed)
        for operation, request, identifier in _PIECES[service]:
            self._ask(service, operation, self._here(request), identifier)

    def _here(self, value: Any) -> Any:
        """The value with this account and region in place of the documented ones."""
        text = json.dumps(value).replace(ACCOUNT, self._account)
        for documented, actual in zip(zones(REGION), zones(self._region), strict=True):
            text = text.replace(f'"{documented}"', f'"{actual}"')
        return json.loads(text.replace(REGION, self._region))


def _named(kind: str, name: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]


def _subnet(number: int) -> Piece:
    return Piece(
        "CreateSubnet",
        {
            "VpcId": VPC,
            "CidrBlock": f"10.0.{number * 16}.0/20",
            "AvailabilityZone": zones(REGION)[number],
            "TagSpecifications": _named("subnet", f"sandbox-private-{number + 1}"),
        },
        SUBNETS[number].partition("-")[2],
    )


def _launch_template(identifier: str, kind: str, image: str, gigabytes: int) -> Piece:
    return Piece(
        "CreateLaunchTemplate",
        {
            "LaunchTemplateName": TEMPLATE_NAMES[identifier],
            "LaunchTemplateData": {
                "ImageId": image,
                "InstanceType": kind,
                "IamInstanceProfile": {"Arn": INSTANCE_PROFILE},
                "SecurityGroupIds": [SECURITY_GROUP],
                "UserData": base64.b64encode(USER_DATA.encode()).decode(),
                "BlockDeviceMappings": [
                    {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": gigabytes}}
                ],
            },
        },
        identifier.partition("-")[2],
    )


def _role(name: str, trusted: str, path: str = "/") -> Piece:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": trusted},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    return Piece(
        "CreateRole",
        {"RoleName": name, "Path": path, "AssumeRolePolicyDocument": json.dumps(trust)},
    )


def _service_linked_role(name: str, service: str) -> Piece:
    return _role(name, service, f"/aws-service-role/{service}/")


def image_manifest(repository: str, tag: str) -> str:
    """The manifest of a furnished image; its SHA-256 is the image's digest."""
    size = 12_000_000_000 if repository == "vllm" else 6_000_000_000
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": {
                "mediaType": "application/vnd.docker.container.image.v1+json",
                "size": size,
                "digest": f"sha256:{f'{repository}:{tag}'.encode().hex():0<64}",
            },
            "layers": [],
        }
    )


def image_digest(repository: str, tag: str) -> str:
    """The digest of a furnished image."""
    return f"sha256:{hashlib.sha256(image_manifest(repository, tag).encode()).hexdigest()}"


def _repository(name: str) -> list[Piece]:
    return [
        Piece("CreateRepository", {"repositoryName": name}),
        *(
            Piece(
                "PutImage",
                {
                    "repositoryName": name,
                    "imageTag": tag,
                    "imageManifest": image_manifest(name, tag),
                    # moto's own digest is the same for all images without layers.
                    "imageDigest": image_digest(name, tag),
                },
            )
            for tag in IMAGES[name]
        ),
    ]


def _target_group(arn: str, target_type: str) -> list[Piece]:
    _, name, identifier = arn.split("/")
    return [
        Piece(
            "CreateTargetGroup",
            {
                "Name": name,
                "Protocol": "HTTP",
                "Port": 8000,
                "VpcId": VPC,
                "TargetType": target_type,
                "HealthCheckPath": "/health",
                "HealthCheckIntervalSeconds": 10,
                "HealthCheckTimeoutSeconds": 5,
                "HealthyThresholdCount": 2,
                "UnhealthyThresholdCount": 3,
            },
            identifier,
        ),
        Piece(
            "ModifyTargetGroupAttributes",
            {
                "TargetGroupArn": arn,
                "Attributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "60"}],
            },
        ),
    ]


def _listener(arn: str, port: int) -> Piece:
    return Piece(
        "CreateListener",
        {
            "LoadBalancerArn": LOAD_BALANCER,
            "Port": port,
            "Protocol": "HTTP",
            "DefaultActions": [
                {
                    "Type": "fixed-response",
                    "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"},
                }
            ],
        },
        arn.rpartition("/")[2],
    )


def _rule(listener: str, arn: str, priority: int, path: str, *targets: str) -> Piece:
    """Forward a path; all traffic to the first target group, none yet to the others."""
    weights = [
        {"TargetGroupArn": arn, "Weight": 0 if number else 100}
        for number, arn in enumerate(targets)
    ]
    return Piece(
        "CreateRule",
        {
            "ListenerArn": listener,
            "Priority": priority,
            "Conditions": [{"Field": "path-pattern", "Values": [path]}],
            "Actions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": weights}}],
        },
        arn.rpartition("/")[2],
    )


GLOBAL = frozenset({"iam"})
"""Services whose requests are signed for us-east-1 wherever the caller is."""

_NEEDS: Mapping[str, tuple[str, ...]] = {"elbv2": ("ec2",)}

_PIECES: Mapping[str, tuple[Piece, ...]] = {
    "ec2": (
        # The first question of all brings the account's default VPC, which draws identifiers.
        Piece("DescribeVpcs", {}),
        Piece(
            "CreateVpc",
            {"CidrBlock": "10.0.0.0/16", "TagSpecifications": _named("vpc", "sandbox")},
            VPC.partition("-")[2],
        ),
        *map(_subnet, range(len(SUBNETS))),
        Piece(
            "CreateSecurityGroup",
            {"GroupName": "sandbox", "Description": "Inference services", "VpcId": VPC},
            SECURITY_GROUP.partition("-")[2],
        ),
        _launch_template(GPU_LAUNCH_TEMPLATE, "g5.xlarge", GPU_IMAGE, 200),
        _launch_template(CPU_LAUNCH_TEMPLATE, "m5.large", CPU_IMAGE, 30),
    ),
    "iam": (
        _role("ecsTaskExecutionRole", "ecs-tasks.amazonaws.com"),
        _role("ecsTaskRole", "ecs-tasks.amazonaws.com"),
        _role("ecsInstanceRole", "ec2.amazonaws.com"),
        _role("ecsInfrastructureRole", "ecs.amazonaws.com"),
        Piece("CreateInstanceProfile", {"InstanceProfileName": "ecsInstanceRole"}),
        Piece(
            "AddRoleToInstanceProfile",
            {"InstanceProfileName": "ecsInstanceRole", "RoleName": "ecsInstanceRole"},
        ),
        _service_linked_role("AWSServiceRoleForECS", "ecs.amazonaws.com"),
        _service_linked_role("AWSServiceRoleForAutoScaling", "autoscaling.amazonaws.com"),
        _service_linked_role(
            "AWSServiceRoleForApplicationAutoScaling_ECSService",
            "ecs.application-autoscaling.amazonaws.com",
        ),
    ),
    "ecr": tuple(piece for name in IMAGES for piece in _repository(name)),
    "elbv2": (
        Piece(
            "CreateLoadBalancer",
            {
                "Name": "sandbox-alb",
                "Subnets": list(SUBNETS),
                "SecurityGroups": [SECURITY_GROUP],
                "Scheme": "internal",
            },
            LOAD_BALANCER.rpartition("/")[2],
        ),
        *_target_group(IP_TARGETS, "ip"),
        *_target_group(IP_TARGETS_ALTERNATE, "ip"),
        *_target_group(INSTANCE_TARGETS, "instance"),
        *_target_group(UNATTACHED_TARGETS, "ip"),
        _listener(LISTENER, 80),
        _listener(TEST_LISTENER, 8080),
        _rule(LISTENER, "0a1b2c3d00000003", 1, "/instance/*", INSTANCE_TARGETS),
        _rule(LISTENER, PRODUCTION_RULE, 2, "/*", IP_TARGETS, IP_TARGETS_ALTERNATE),
        _rule(TEST_LISTENER, TEST_RULE, 1, "/*", IP_TARGETS, IP_TARGETS_ALTERNATE),
    ),
    "ssm": (
        Piece(
            "PutParameter",
            {"Name": "/sandbox/model-id", "Value": "sandbox/model-7b", "Type": "String"},
        ),
    ),
    "secretsmanager": (
        Piece(
            "CreateSecret",
            {"Name": "sandbox/hf-token", "SecretString": "not-a-real-token"},
            SECRET.rpartition("-")[2],
        ),
    ),
}
