"""A cluster in which services and tasks can be created with few words."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.engine import EcsEngine, registration
from ecsinfer.sandbox.furniture import GPU_GROUP, SECURITY_GROUP, SUBNETS
from ecsinfer.sandbox.scenario import Scenario
from ecsinfer.sandbox.state import (
    ContainerInstance,
    Service,
    World,
)
from tests.sandbox.ecs.requests import group_provider

CLUSTER = "inference"
AWSVPC = {"awsvpcConfiguration": {"subnets": [SUBNETS[0]], "securityGroups": [SECURITY_GROUP]}}
CONNECT = {"enabled": True, "namespace": "apps"}
ZONE_SPREAD = {"type": "spread", "field": "attribute:ecs.availability-zone"}


class ServiceWorld:
    """One ACTIVE cluster with a provider each of Fargate and of an Auto Scaling group."""

    def __init__(self, scenario: Scenario | None = None) -> None:
        self.sandbox = Sandbox(scenario)
        self.ecs = self.sandbox.session().client("ecs")
        self.ecs.create_cluster(clusterName=CLUSTER)
        self.world.clusters[CLUSTER].capacity_providers += ["FARGATE", "FARGATE_SPOT"]
        self.add_provider("gpu", GPU_GROUP)
        self.register("web")

    @property
    def world(self) -> World:
        return self.sandbox.world

    def record(self, name: str = "web") -> Service:
        """What the world knows of a service."""
        return self.world.services[CLUSTER, name]

    def sleep(self, seconds: float) -> None:
        self.sandbox.clock.sleep(seconds)

    def add_provider(self, name: str, group: str) -> None:
        """A provider of a furnished Auto Scaling group, associated with the cluster."""
        self.ecs.create_capacity_provider(
            **group_provider(name, group, managedScaling={"status": "DISABLED"})
        )
        self.ecs.put_cluster_capacity_providers(
            cluster=CLUSTER,
            capacityProviders=[*self.world.clusters[CLUSTER].capacity_providers, name],
            defaultCapacityProviderStrategy=[],
        )
        self.sleep(60)

    def add_instance(self, kind: str = "g5.xlarge", provider: str = "gpu") -> ContainerInstance:
        """A registered container instance."""
        engine = self.world.engine
        assert isinstance(engine, EcsEngine)
        number = len(self.world.container_instances)
        zone = f"us-east-1{'abc'[number % 3]}"
        instance = registration.container_instance(
            engine, CLUSTER, f"i-{number:017x}", kind, zone, SUBNETS[0]
        )
        instance.capacity_provider = provider
        registration.register(engine, instance)
        return instance

    def register(self, family: str, **changes: Any) -> str:
        """Register a small task definition; the ARN."""
        container = {
            "name": "web",
            "image": "web:1",
            "memory": 128,
            "portMappings": [{"containerPort": 80}],
        }
        container.update(changes.pop("container", {}))
        answer = self.ecs.register_task_definition(
            family=family, containerDefinitions=[container], **changes
        )
        arn: str = answer["taskDefinition"]["taskDefinitionArn"]
        return arn

    def register_awsvpc(self, family: str = "vpc", **changes: Any) -> str:
        """Register a small task definition that Fargate and EC2 can run."""
        sizes = {"networkMode": "awsvpc", "cpu": "256", "memory": "512"}
        return self.register(family, **{**sizes, **changes})

    def create(self, name: str = "web", **changes: Any) -> dict[str, Any]:
        """CreateService of an EC2 service of one task; None drops a parameter."""
        request = {
            "cluster": CLUSTER,
            "serviceName": name,
            "taskDefinition": "web",
            "desiredCount": 1,
            **changes,
        }
        given = {key: value for key, value in request.items() if value is not None}
        service: dict[str, Any] = self.ecs.create_service(**given)["service"]
        return service

    def create_many(self, count: int) -> list[str]:
        """Create services and describe them by tens: their names, as they are described."""
        names = [f"s{number}" for number in range(count)]
        for name in names:
            self.create(name, launchType="EC2")
        return [
            service["serviceName"]
            for first in range(0, count, 10)
            for service in self.ecs.describe_services(
                cluster=CLUSTER, services=names[first : first + 10]
            )["services"]
        ]

    def create_on_fargate(self, name: str = "web", **changes: Any) -> dict[str, Any]:
        """CreateService of a Fargate service of one task."""
        if "vpc" not in self.world.task_definitions:
            self.register_awsvpc()
        fargate = {
            "taskDefinition": "vpc",
            "launchType": "FARGATE",
            "networkConfiguration": AWSVPC,
        }
        return self.create(name, **{**fargate, **changes})

    def update(self, name: str = "web", **changes: Any) -> dict[str, Any]:
        answer = self.ecs.update_service(cluster=CLUSTER, service=name, **changes)
        service: dict[str, Any] = answer["service"]
        return service

    def describe(self, name: str = "web", **changes: Any) -> dict[str, Any]:
        answer = self.ecs.describe_services(cluster=CLUSTER, services=[name], **changes)
        service: dict[str, Any] = answer["services"][0]
        return service

    def running_tasks(self, name: str = "web") -> list[str]:
        arns: list[str] = self.ecs.list_tasks(cluster=CLUSTER, serviceName=name)["taskArns"]
        return arns


def deployment_ids(service: dict[str, Any]) -> list[str]:
    """The ids of a described service's deployments, the PRIMARY one first."""
    return [deployment["id"] for deployment in service["deployments"]]


def refusal(call: Any, /, *args: Any, **parameters: Any) -> tuple[str, str]:
    """The code and message with which AWS refuses a call."""
    with pytest.raises(ClientError) as caught:
        call(*args, **parameters)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def case(rule: str, request: dict[str, Any], message: str) -> Any:
    """A request, as a test parameter, that AWS refuses with this message by this rule."""
    name = f"{rule}: {message[:60]}"
    return pytest.param(request, message, id=name, marks=pytest.mark.rule(rule))
