from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.state import ContainerInstance
from tests.sandbox.ecs.service_world import CLUSTER, ServiceWorld, refusal


def described(
    services: ServiceWorld, instance: ContainerInstance, **changes: Any
) -> dict[str, Any]:
    answer = services.ecs.describe_container_instances(
        cluster=CLUSTER, containerInstances=[instance.arn], **changes
    )
    found: dict[str, Any] = answer["containerInstances"][0]
    return found


def amounts(resources: list[dict[str, Any]]) -> dict[str, Any]:
    """Resources by name: a number, or a list of ports or GPU ids."""
    return {
        item["name"]: item["stringSetValue"]
        if item["type"] == "STRINGSET"
        else item["integerValue"]
        for item in resources
    }


def listed(services: ServiceWorld, **filters: Any) -> list[str]:
    answer = services.ecs.list_container_instances(cluster=CLUSTER, **filters)
    arns: list[str] = answer["containerInstanceArns"]
    return arns


def test_an_instance_shows_what_it_has_and_what_is_left(services: ServiceWorld) -> None:
    instance = services.add_instance("g5.xlarge")
    gpu = {"resourceRequirements": [{"type": "GPU", "value": "1"}]}
    ports = {"portMappings": [{"containerPort": 80, "hostPort": 8080}]}
    services.register("gpu", container={"cpu": 1024, **gpu, **ports})
    services.create(taskDefinition="gpu")
    services.sleep(120)
    view = described(services, instance)
    had, left = amounts(view["registeredResources"]), amounts(view["remainingResources"])
    assert had["GPU"] == [instance.gpus[0].id]
    assert left["GPU"] == []
    assert had["CPU"] - left["CPU"] == 1024
    assert had["MEMORY"] - left["MEMORY"] == 128
    assert set(left["PORTS"]) - set(had["PORTS"]) == {"8080"}
    assert (view["runningTasksCount"], view["pendingTasksCount"]) == (1, 0)
    assert (view["status"], view["agentConnected"]) == ("ACTIVE", True)
    assert view["capacityProviderName"] == "gpu"
    names = {item["name"]: item.get("value") for item in view["attributes"]}
    assert names["ecs.instance-type"] == "g5.xlarge"
    assert names["ecs.availability-zone"] == instance.zone


def test_health_and_tags_are_described_where_asked_for(services: ServiceWorld) -> None:
    instance = services.add_instance()
    assert "healthStatus" not in described(services, instance)
    view = described(services, instance, include=["TAGS", "CONTAINER_INSTANCE_HEALTH"])
    assert view["healthStatus"]["overallStatus"] == "OK"
    assert view["tags"] == []


@pytest.mark.rule("0.8")
def test_what_is_not_there_is_a_failure(services: ServiceWorld) -> None:
    arn = services.world.arn(f"container-instance/{CLUSTER}/{'0' * 32}")
    answer = services.ecs.describe_container_instances(cluster=CLUSTER, containerInstances=[arn])
    assert answer["failures"] == [{"arn": arn, "reason": "MISSING"}]
    names = [f"{number:032x}" for number in range(101)]
    for wrong in ([], names):
        code, _ = refusal(
            services.ecs.describe_container_instances, cluster=CLUSTER, containerInstances=wrong
        )
        assert code == "InvalidParameterException"


def test_instances_are_listed_by_status_and_query(services: ServiceWorld) -> None:
    gpu = services.add_instance("g5.xlarge")
    cpu = services.add_instance("m5.large", provider="")
    cpu.status = "DRAINING"
    assert listed(services) == [gpu.arn, cpu.arn]
    assert listed(services, status="DRAINING") == [cpu.arn]
    assert listed(services, filter="attribute:ecs.instance-type =~ g5.*") == [gpu.arn]
    code, _ = refusal(
        services.ecs.list_container_instances, cluster=CLUSTER, filter="attribute:x ~~ y"
    )
    assert code == "InvalidParameterException"


def test_a_query_is_read_even_where_there_is_no_instance(services: ServiceWorld) -> None:
    code, message = refusal(
        services.ecs.list_container_instances, cluster=CLUSTER, filter="attribute:x =="
    )
    assert (code, message) == (
        "InvalidParameterException",
        "Invalid filter expression: the expression ends too early.",
    )


def test_a_draining_instance_loses_its_service_tasks(services: ServiceWorld) -> None:
    first, second = services.add_instance(), services.add_instance()
    services.create()
    services.sleep(120)
    busy, idle = (
        (first, second) if described(services, first)["runningTasksCount"] else (second, first)
    )
    answer = services.ecs.update_container_instances_state(
        cluster=CLUSTER, containerInstances=[busy.arn], status="DRAINING"
    )
    assert [item["status"] for item in answer["containerInstances"]] == ["DRAINING"]
    services.sleep(600)
    assert described(services, busy)["runningTasksCount"] == 0
    assert described(services, idle)["runningTasksCount"] == 1


@pytest.mark.parametrize("status", ["DEREGISTERING", "REGISTERING"])
def test_the_state_is_set_to_active_or_draining_only(services: ServiceWorld, status: str) -> None:
    instance = services.add_instance()
    code, _ = refusal(
        services.ecs.update_container_instances_state,
        cluster=CLUSTER,
        containerInstances=[instance.arn],
        status=status,
    )
    assert code == "InvalidParameterException"


@pytest.mark.rule("F4")
def test_an_instance_with_tasks_is_deregistered_by_force_only(services: ServiceWorld) -> None:
    instance = services.add_instance()
    services.create()
    services.sleep(120)
    request = {"cluster": CLUSTER, "containerInstance": instance.arn}
    code, _ = refusal(services.ecs.deregister_container_instance, **request)
    assert code == "InvalidParameterException"
    view = services.ecs.deregister_container_instance(**request, force=True)["containerInstance"]
    assert view["status"] == "INACTIVE"
    assert listed(services) == []
    services.sleep(60)
    assert services.describe()["runningCount"] == 0


def test_an_unknown_instance_cannot_be_deregistered(services: ServiceWorld) -> None:
    code, _ = refusal(
        services.ecs.deregister_container_instance, cluster=CLUSTER, containerInstance="0" * 32
    )
    assert code == "ClientException"
