"""Eventual consistency: what was created is not to be seen at once."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.scenario import Scenario

LAG = 20
CONTAINER = {"name": "main", "image": "app:1", "memory": 256, "essential": True}


@pytest.fixture
def slow() -> Sandbox:
    """An account whose describe calls trail a create."""
    return Sandbox(Scenario(describe_lag=LAG))


@pytest.fixture
def service(slow: Sandbox) -> Any:
    """An ECS client; the cluster ``c`` is long there, its service ``s`` was just created."""
    ecs: Any = slow.session().client("ecs")
    ecs.create_cluster(clusterName="c")
    slow.clock.sleep(LAG)
    ecs.register_task_definition(family="app", containerDefinitions=[CONTAINER])
    ecs.create_service(cluster="c", serviceName="s", taskDefinition="app", desiredCount=0)
    return ecs


def refusal(call: Any, **params: Any) -> str:
    with pytest.raises(ClientError) as raised:
        call(**params)
    error = raised.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


@pytest.mark.rule("0.9")
def test_a_new_cluster_is_missing_for_a_while(slow: Sandbox) -> None:
    ecs = slow.session().client("ecs")
    arn = ecs.create_cluster(clusterName="c")["cluster"]["clusterArn"]

    answer = ecs.describe_clusters(clusters=["c"])
    assert answer["clusters"] == []
    assert answer["failures"] == [{"arn": arn, "reason": "MISSING"}]
    assert ecs.list_clusters()["clusterArns"] == []
    assert refusal(ecs.list_services, cluster="c") == "ClusterNotFoundException: Cluster not found."

    slow.clock.sleep(LAG)
    assert ecs.describe_clusters(clusters=["c"])["clusters"][0]["clusterArn"] == arn
    assert ecs.list_services(cluster="c")["serviceArns"] == []


@pytest.mark.rule("0.9")
def test_a_new_service_is_missing_for_a_while(slow: Sandbox, service: Any) -> None:
    answer = service.describe_services(cluster="c", services=["s"])
    assert answer["services"] == []
    assert answer["failures"][0]["reason"] == "MISSING"
    assert service.list_services(cluster="c")["serviceArns"] == []
    not_found = "ServiceNotFoundException: Service not found."
    assert refusal(service.update_service, cluster="c", service="s", desiredCount=1) == not_found
    assert refusal(service.delete_service, cluster="c", service="s") == not_found

    slow.clock.sleep(LAG)
    assert len(service.describe_services(cluster="c", services=["s"])["services"]) == 1
    service.update_service(cluster="c", service="s", desiredCount=1)


@pytest.mark.rule("0.9", "E1")
def test_auto_scaling_does_not_know_a_new_service_for_a_while(slow: Sandbox, service: Any) -> None:
    scaling = slow.session().client("application-autoscaling")
    target = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/c/s",
        "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": 0,
        "MaxCapacity": 2,
    }
    assert refusal(scaling.register_scalable_target, **target) == (
        "ValidationException: ECS service doesn't exist: service/c/s"
    )

    slow.clock.sleep(LAG)
    scaling.register_scalable_target(**target)


def test_what_was_there_before_is_not_hidden_by_a_repeated_create(slow: Sandbox) -> None:
    ecs = slow.session().client("ecs")
    ecs.create_cluster(clusterName="c")
    slow.clock.sleep(LAG)

    ecs.create_cluster(clusterName="c")

    assert len(ecs.describe_clusters(clusters=["c"])["clusters"]) == 1


def test_without_lag_everything_is_seen_at_once(ecs: Any) -> None:
    ecs.create_cluster(clusterName="c")

    assert len(ecs.describe_clusters(clusters=["c"])["clusters"]) == 1
