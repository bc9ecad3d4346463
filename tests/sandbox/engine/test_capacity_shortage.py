"""Services whose tasks wait for capacity, among the engine's real neighbours."""

from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.furniture import CPU_GROUP
from ecsinfer.sandbox.scenario import Scenario
from tests.sandbox.ecs.requests import group_provider
from tests.sandbox.ecs.service_world import CLUSTER, ServiceWorld

PATIENCE = 1800
BREAKER = {
    "deploymentCircuitBreaker": {
        "enable": True,
        "rollback": False,
        "thresholdConfiguration": {"type": "COUNT", "value": 1},
    }
}
NONE_LEFT = Scenario(no_capacity=("m5.large",))


class Scarce(ServiceWorld):
    """A provider ``cpu`` with managed scaling, of a group that is empty yet."""

    def __init__(self, scenario: Scenario | None = None) -> None:
        super().__init__(scenario)
        provider = self.ecs.create_capacity_provider(**group_provider("cpu", CPU_GROUP))
        self.arn = provider["capacityProvider"]["capacityProviderArn"]
        self.ecs.put_cluster_capacity_providers(
            cluster=CLUSTER, capacityProviders=["gpu", "cpu"], defaultCapacityProviderStrategy=[]
        )
        self.sleep(60)

    def start(self, provider: str = "cpu", **changes: Any) -> None:
        """Create the service by the provider, by name or ARN."""
        self.create(
            capacityProviderStrategy=[{"capacityProvider": provider, "weight": 1}], **changes
        )

    @property
    def deployment(self) -> dict[str, Any]:
        """The PRIMARY deployment as it is described."""
        deployment: dict[str, Any] = self.describe()["deployments"][0]
        return deployment

    @property
    def breaker(self) -> dict[str, Any]:
        """What the circuit breaker has counted."""
        listed = self.ecs.list_service_deployments(cluster=CLUSTER, service="web")
        arn = listed["serviceDeployments"][0]["serviceDeploymentArn"]
        answer = self.ecs.describe_service_deployments(serviceDeploymentArns=[arn])
        breaker: dict[str, Any] = answer["serviceDeployments"][0]["deploymentCircuitBreaker"]
        return breaker

    def desired_of_group(self) -> int:
        """What managed scaling wants."""
        scaling = self.sandbox.session().client("autoscaling")
        answer = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[CPU_GROUP])
        return int(answer["AutoScalingGroups"][0]["DesiredCapacity"])


@pytest.mark.rule("D19")
def test_a_task_that_waits_for_capacity_is_no_failed_task() -> None:
    scarce = Scarce(NONE_LEFT)
    scarce.start(deploymentConfiguration=BREAKER)
    scarce.sleep(PATIENCE - 600)
    tasks = scarce.ecs.describe_tasks(cluster=CLUSTER, tasks=scarce.running_tasks())["tasks"]
    assert [task["lastStatus"] for task in tasks] == ["PROVISIONING"]
    assert scarce.breaker["failureCount"] == 0
    deployment = scarce.deployment
    assert (deployment["failedTasks"], deployment["rolloutState"]) == (0, "IN_PROGRESS")

    scarce.sandbox.behave(Scenario())
    scarce.sleep(PATIENCE)
    assert scarce.deployment["rolloutState"] == "COMPLETED"
    assert scarce.describe()["runningCount"] == 1


@pytest.mark.rule("D19")
def test_a_task_that_was_given_up_after_half_an_hour_counts() -> None:
    scarce = Scarce(NONE_LEFT)
    scarce.start(deploymentConfiguration=BREAKER)
    scarce.sleep(PATIENCE + 60)
    assert scarce.breaker["failureCount"] >= 1
    stopped = scarce.ecs.list_tasks(cluster=CLUSTER, desiredStatus="STOPPED")["taskArns"]
    [task] = scarce.ecs.describe_tasks(cluster=CLUSTER, tasks=stopped)["tasks"]
    assert task["stopCode"] == "TaskFailedToStart"


@pytest.mark.rule("B19")
def test_a_provider_that_is_named_by_its_arn_brings_no_instances() -> None:
    scarce = Scarce()
    scarce.start(scarce.arn)
    scarce.sleep(900)
    assert scarce.desired_of_group() == 0
    assert scarce.describe()["runningCount"] == 0
    assert any(
        "No Container Instances were found in your capacity provider" in event["message"]
        for event in scarce.describe()["events"]
    )
    scarce.ecs.delete_service(cluster=CLUSTER, service="web", force=True)
    scarce.sleep(60)
    scarce.start()
    scarce.sleep(900)
    assert scarce.describe()["runningCount"] == 1
