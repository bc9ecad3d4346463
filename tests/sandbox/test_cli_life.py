"""The real AWS CLI walks a whole life on the embedded AWS, and is refused where AWS refuses."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from ecsinfer.sandbox import furniture
from tests.sandbox.aws_cli import AwsCli, serving

pytestmark = [
    pytest.mark.server,
    pytest.mark.external,
    pytest.mark.skipif(shutil.which("aws") is None, reason="the AWS CLI is not installed"),
]

SERVICE = ("--cluster", "c", "--service", "s")
SERVICES = ("--cluster", "c", "--services", "s")
TARGET = (
    "--service-namespace", "ecs",
    "--resource-id", "service/c/s",
    "--scalable-dimension", "ecs:service:DesiredCount",
)  # fmt: skip


class Aws(AwsCli):
    """The AWS CLI on one server, and its time."""

    def after(self, minutes: float) -> dict[str, Any]:
        """Let simulated time pass; the service then."""
        self.server.sandbox.clock.sleep(60 * minutes)
        service: dict[str, Any] = self("ecs", "describe-services", *SERVICES)["services"][0]
        return service


@pytest.fixture
def aws() -> Iterator[Aws]:
    """The AWS CLI on a furnished account of its own."""
    with serving() as server:
        yield Aws(server)


def test_a_whole_life(aws: Aws) -> None:
    create(aws)
    roll(aws)
    scale_out_and_in(aws)
    break_a_rollout(aws)
    destroy_in_the_wrong_order(aws)
    destroy_in_the_right_order(aws)


def register(aws: Aws, tag: str) -> None:
    container = {
        "name": "main",
        "image": f"{furniture.VLLM}:{tag}",
        "cpu": 512,
        "memory": 1024,
        "portMappings": [{"containerPort": 8000}],
    }
    aws("ecs", "register-task-definition", family="app", containerDefinitions=[container])


def create(aws: Aws) -> None:
    named = ("--auto-scaling-group-names", furniture.CPU_GROUP)
    group = aws("autoscaling", "describe-auto-scaling-groups", *named)["AutoScalingGroups"][0]
    aws("ecs", "create-cluster", "--cluster-name", "c")
    aws(
        "ecs",
        "create-capacity-provider",
        name="cpu",
        autoScalingGroupProvider={
            "autoScalingGroupArn": group["AutoScalingGroupARN"],
            "managedScaling": {"status": "ENABLED", "targetCapacity": 100},
            "managedTerminationProtection": "ENABLED",
        },
    )
    aws(
        "ecs",
        "put-cluster-capacity-providers",
        cluster="c",
        capacityProviders=["cpu"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "cpu", "weight": 1}],
    )
    register(aws, "v1")
    aws(
        "ecs",
        "create-service",
        cluster="c",
        serviceName="s",
        taskDefinition="app",
        desiredCount=2,
        healthCheckGracePeriodSeconds=120,
        loadBalancers=[
            {
                "targetGroupArn": furniture.INSTANCE_TARGETS,
                "containerName": "main",
                "containerPort": 8000,
            }
        ],
        deploymentConfiguration={
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "minimumHealthyPercent": 50,
            "maximumPercent": 200,
        },
    )
    service = aws.after(minutes=15)
    assert (service["runningCount"], service["deployments"][0]["rolloutState"]) == (2, "COMPLETED")
    assert "has reached a steady state." in service["events"][0]["message"]
    aws("ecs", "wait", "services-stable", *SERVICES)
    health = aws(
        "elbv2", "describe-target-health", "--target-group-arn", furniture.INSTANCE_TARGETS
    )
    states = [target["TargetHealth"]["State"] for target in health["TargetHealthDescriptions"]]
    assert states == ["healthy", "healthy"]


def roll(aws: Aws) -> None:
    register(aws, "v2")
    aws("ecs", "update-service", *SERVICE, "--task-definition", "app")
    service = aws.after(minutes=20)
    assert service["taskDefinition"].endswith("app:2")
    assert [d["rolloutState"] for d in service["deployments"]] == ["COMPLETED"]
    assert service["runningCount"] == 2


def scale_out_and_in(aws: Aws) -> None:
    aws(
        "application-autoscaling", "register-scalable-target", *TARGET,
        "--min-capacity", "7", "--max-capacity", "9",
    )  # fmt: skip
    assert aws.after(minutes=15)["runningCount"] == 7
    capacity = instances(aws)
    aws("application-autoscaling", "register-scalable-target", *TARGET, "--min-capacity", "1")
    aws("ecs", "update-service", *SERVICE, "--desired-count", "1")
    assert aws.after(minutes=60)["runningCount"] == 1
    assert instances(aws) < capacity


def instances(aws: Aws) -> int:
    named = ("--auto-scaling-group-names", furniture.CPU_GROUP)
    groups = aws("autoscaling", "describe-auto-scaling-groups", *named)["AutoScalingGroups"]
    return len(groups[0]["Instances"])


def break_a_rollout(aws: Aws) -> None:
    register(aws, "crash")
    aws("ecs", "update-service", *SERVICE, "--task-definition", "app")
    service = aws.after(minutes=60)
    assert service["taskDefinition"].endswith("app:2")
    assert [d["rolloutState"] for d in service["deployments"]] == ["COMPLETED"]
    deployments = aws("ecs", "list-service-deployments", *SERVICE)["serviceDeployments"]
    assert "ROLLBACK_SUCCESSFUL" in [deployment["status"] for deployment in deployments]
    events = " ".join(event["message"] for event in service["events"])
    assert "deployment failed: tasks failed to start." in events


def destroy_in_the_wrong_order(aws: Aws) -> None:
    cluster = aws.refused("ecs", "delete-cluster", "--cluster", "c")
    assert "ClusterContainsServicesException" in cluster
    service = aws.refused("ecs", "delete-service", *SERVICE)
    assert "cannot be stopped while it is scaled above 0" in service
    provider = aws("ecs", "delete-capacity-provider", "--capacity-provider", "cpu")
    assert provider["capacityProvider"]["updateStatus"] == "DELETE_FAILED"


def destroy_in_the_right_order(aws: Aws) -> None:
    aws("application-autoscaling", "deregister-scalable-target", *TARGET)
    aws("ecs", "update-service", *SERVICE, "--desired-count", "0")
    aws.after(minutes=10)
    aws("ecs", "delete-service", *SERVICE)
    assert aws.after(minutes=10)["status"] == "INACTIVE"
    aws("ecs", "wait", "services-inactive", *SERVICES)
    aws.after(minutes=60)
    assert instances(aws) == 0
    aws(
        "ecs",
        "put-cluster-capacity-providers",
        cluster="c",
        capacityProviders=[],
        defaultCapacityProviderStrategy=[],
    )
    aws.after(minutes=1)
    deleting = aws("ecs", "delete-capacity-provider", "--capacity-provider", "cpu")
    assert deleting["capacityProvider"]["updateStatus"] == "DELETE_IN_PROGRESS"
    deleted = aws("ecs", "delete-cluster", "--cluster", "c")
    assert deleted["cluster"]["status"] == "INACTIVE"
