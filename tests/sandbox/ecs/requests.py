"""Requests that AWS accepts, to be varied by tests."""

from __future__ import annotations

from typing import Any

from ecsinfer.sandbox.furniture import (
    CPU_GROUP,
    INFRASTRUCTURE_ROLE,
    INSTANCE_PROFILE,
    SECURITY_GROUP,
    SUBNETS,
)

SETTLED = 60
"""Seconds after which no association or provider is busy any more."""


def container(**changes: Any) -> dict[str, Any]:
    """A container definition."""
    return {"name": "web", "image": "nginx", "memory": 128, **changes}


def definition(*containers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A RegisterTaskDefinition request."""
    return {
        "family": "web",
        "containerDefinitions": list(containers) or [container()],
        **changes,
    }


def fargate_definition(*containers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A RegisterTaskDefinition request for Fargate."""
    return definition(
        *containers,
        **{
            "requiresCompatibilities": ["FARGATE"],
            "networkMode": "awsvpc",
            "cpu": "256",
            "memory": "512",
            **changes,
        },
    )


def group_provider(name: str = "cpu", group: str = CPU_GROUP, **changes: Any) -> dict[str, Any]:
    """A CreateCapacityProvider request on a furnished Auto Scaling group."""
    return {
        "name": name,
        "autoScalingGroupProvider": {
            "autoScalingGroupArn": group,
            "managedScaling": {"status": "ENABLED"},
            **changes,
        },
    }


def instances_provider(cluster: str, name: str = "mi", **changes: Any) -> dict[str, Any]:
    """A CreateCapacityProvider request of the Managed Instances kind."""
    return {
        "name": name,
        "cluster": cluster,
        "managedInstancesProvider": {
            "infrastructureRoleArn": INFRASTRUCTURE_ROLE,
            "instanceLaunchTemplate": {
                "ec2InstanceProfileArn": INSTANCE_PROFILE,
                "networkConfiguration": {
                    "subnets": [SUBNETS[0]],
                    "securityGroups": [SECURITY_GROUP],
                },
                **changes,
            },
        },
    }
