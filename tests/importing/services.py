"""Services that somebody made with plain calls to AWS, in the shapes that people have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecsinfer.sandbox import furniture

CLUSTER = "inference"
NETWORK = {
    "awsvpcConfiguration": {
        "subnets": list(furniture.SUBNETS[:2]),
        "securityGroups": [furniture.SECURITY_GROUP],
    }
}
PUBLIC = {"awsvpcConfiguration": {**NETWORK["awsvpcConfiguration"], "assignPublicIp": "ENABLED"}}
BALANCER = {"targetGroupArn": furniture.IP_TARGETS, "containerName": "web", "containerPort": 8000}
SHIFTED = {
    **BALANCER,
    "advancedConfiguration": {
        "alternateTargetGroupArn": furniture.IP_TARGETS_ALTERNATE,
        "productionListenerRule": furniture.PRODUCTION_RULE,
        "testListenerRule": furniture.TEST_RULE,
        "roleArn": furniture.INFRASTRUCTURE_ROLE,
    },
}
ON_GPUS = [{"capacityProvider": "gpu", "weight": 1, "base": 1}]
ON_FARGATE = {
    "capacityProviderStrategy": [
        {"capacityProvider": "FARGATE", "weight": 1, "base": 1},
        {"capacityProvider": "FARGATE_SPOT", "weight": 3},
    ],
    "networkConfiguration": PUBLIC,
}
CONNECT = {
    "enabled": True,
    "namespace": "apps",
    "services": [{"portName": "http", "clientAliases": [{"port": 80, "dnsName": "web"}]}],
}
VOLUME = {
    "name": "scratch",
    "managedEBSVolume": {
        "roleArn": furniture.INFRASTRUCTURE_ROLE,
        "sizeInGiB": 100,
        "volumeType": "gp3",
        "throughput": 500,
        "tagSpecifications": [{"resourceType": "volume", "propagateTags": "SERVICE"}],
    },
}
REGISTRY = "arn:aws:servicediscovery:us-east-1:123456789012:service/srv-0a1b2c3d4e5f6a7b"
HOOK = {
    "hookTargetArn": "arn:aws:lambda:us-east-1:123456789012:function:approve",
    "roleArn": furniture.INFRASTRUCTURE_ROLE,
    "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
}

SHAPES: dict[str, dict[str, Any]] = {
    "fargate-launch-type": {"launchType": "FARGATE", "networkConfiguration": PUBLIC},
    "fargate-strategy": {
        **ON_FARGATE,
        "platformVersion": "1.4.0",
        "tags": [{"key": "team", "value": "${not interpolated}"}, {"key": "no", "value": "1.10"}],
        "propagateTags": "TASK_DEFINITION",
        "desiredCount": 2,
    },
    "ec2-launch-type": {
        "launchType": "EC2",
        "desiredCount": 0,
        "networkConfiguration": NETWORK,
        "placementStrategy": [{"type": "binpack", "field": "memory"}],
        "placementConstraints": [
            {"type": "memberOf", "expression": "attribute:ecs.instance-type == g5.xlarge"}
        ],
    },
    "group-provider": {
        "capacityProviderStrategy": ON_GPUS,
        "networkConfiguration": NETWORK,
        "loadBalancers": [BALANCER],
        "healthCheckGracePeriodSeconds": 90,
        "availabilityZoneRebalancing": "DISABLED",
        "enableECSManagedTags": True,
        "deploymentConfiguration": {
            "minimumHealthyPercent": 50,
            "maximumPercent": 150,
            "deploymentCircuitBreaker": {"enable": True, "rollback": False},
        },
    },
    "service-connect": {**ON_FARGATE, "serviceConnectConfiguration": CONNECT},
    "ebs": {
        **ON_FARGATE,
        "taskDefinition": "with-volume",
        "volumeConfigurations": [VOLUME],
    },
    "blue-green": {
        **ON_FARGATE,
        "loadBalancers": [SHIFTED],
        "healthCheckGracePeriodSeconds": 600,
        "deploymentConfiguration": {
            "strategy": "BLUE_GREEN",
            "bakeTimeInMinutes": 5,
        },
    },
    "linear": {
        **ON_FARGATE,
        "loadBalancers": [SHIFTED],
        "healthCheckGracePeriodSeconds": 600,
        "deploymentConfiguration": {
            "strategy": "LINEAR",
            "bakeTimeInMinutes": 10,
            "linearConfiguration": {"stepPercent": 12.5, "stepBakeTimeInMinutes": 3},
        },
    },
    "canary": {
        **ON_FARGATE,
        "loadBalancers": [SHIFTED],
        "healthCheckGracePeriodSeconds": 600,
        "deploymentConfiguration": {
            "strategy": "CANARY",
            "bakeTimeInMinutes": 1,
            "canaryConfiguration": {"canaryPercent": 20.0, "canaryBakeTimeInMinutes": 5},
        },
    },
    "several-target-groups": {
        **ON_FARGATE,
        "loadBalancers": [
            BALANCER,
            {**BALANCER, "targetGroupArn": furniture.IP_TARGETS_ALTERNATE},
        ],
        "healthCheckGracePeriodSeconds": 600,
    },
    "guarded": {
        **ON_FARGATE,
        "enableExecuteCommand": True,
        "taskDefinition": "with-role",
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": {
                "enable": True,
                "rollback": True,
                "resetOnHealthyTask": False,
                "thresholdConfiguration": {"type": "COUNT", "value": 4},
            },
            "alarms": {"alarmNames": ["errors"], "enable": True, "rollback": False},
        },
    },
    "watched-closely": {
        **ON_FARGATE,
        "monitoring": {
            "metricConfigurations": [{"metricNames": ["CPUUtilization"], "resolutionSeconds": 20}]
        },
    },
    "registered": {
        **ON_FARGATE,
        "serviceRegistries": [{"registryArn": REGISTRY, "containerName": "web"}],
    },
    "bridge": {
        "capacityProviderStrategy": ON_GPUS,
        "taskDefinition": "bridged",
        "placementStrategy": [
            {"type": "spread", "field": "attribute:ecs.availability-zone"},
            {"type": "binpack", "field": "memory"},
        ],
        "placementConstraints": [{"type": "distinctInstance"}],
    },
    "daemon": {
        "schedulingStrategy": "DAEMON",
        "launchType": "EC2",
        "networkConfiguration": NETWORK,
        "desiredCount": None,
    },
    "no-room-to-roll": {
        **ON_FARGATE,
        "deploymentConfiguration": {"minimumHealthyPercent": 100, "maximumPercent": 100},
        "availabilityZoneRebalancing": "DISABLED",
    },
}


DEFINITIONS: dict[str, dict[str, Any]] = {
    "web": {},
    "with-volume": {"volumes": [{"name": "scratch", "configuredAtLaunch": True}]},
    "with-role": {"taskRoleArn": furniture.TASK_ROLE},
    "bridged": {"networkMode": "bridge"},
}
"""What is particular about the task definitions that the shapes name."""


def furnish(ecs: Any, families: Mapping[str, str] | None = None) -> None:
    """A cluster with capacity of both kinds, and task definitions: family to which it is like."""
    ecs.create_cluster(clusterName=CLUSTER)
    ecs.create_capacity_provider(
        name="gpu",
        autoScalingGroupProvider={
            "autoScalingGroupArn": "gpu-asg",
            "managedScaling": {"status": "ENABLED", "targetCapacity": 100},
        },
    )
    ecs.put_cluster_capacity_providers(
        cluster=CLUSTER,
        capacityProviders=["FARGATE", "FARGATE_SPOT", "gpu"],
        defaultCapacityProviderStrategy=[],
    )
    for family, like in (families or {each: each for each in DEFINITIONS}).items():
        _register(ecs, family, **DEFINITIONS[like])


def _register(ecs: Any, family: str, **more: Any) -> None:
    web = {
        "name": "web",
        "image": f"{furniture.VLLM}:v1",
        "portMappings": [{"containerPort": 8000, "name": "http", "appProtocol": "http"}],
        "environment": [{"name": "MODE", "value": "${env:UNSET}"}],
        "ulimits": [{"name": "nofile", "softLimit": 65536, "hardLimit": 65536}],
    }
    request = {
        "family": family,
        "networkMode": "awsvpc",
        "cpu": "1024",
        "memory": "2048",
        "executionRoleArn": furniture.EXECUTION_ROLE,
        "containerDefinitions": [web],
        "tags": [{"key": "team", "value": "search"}],
        **more,
    }
    ecs.register_task_definition(**request)


def create(ecs: Any, name: str, shape: dict[str, Any]) -> dict[str, Any]:
    """CreateService; None drops a parameter."""
    request = {
        "cluster": CLUSTER,
        "serviceName": name,
        "taskDefinition": "web",
        "desiredCount": 1,
        **shape,
    }
    given = {key: value for key, value in request.items() if value is not None}
    service: dict[str, Any] = ecs.create_service(**given)["service"]
    return service
