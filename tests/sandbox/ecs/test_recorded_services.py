"""What real AWS answered of services and tasks: ours has the same members and defaults."""

from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.furniture import INSTANCE_TARGETS, IP_TARGETS, SECURITY_GROUP, SUBNETS
from ecsinfer.sandbox.scenario import ImageBehaviour, Scenario
from tests.data import recorded
from tests.sandbox.ecs.service_world import CLUSTER, ServiceWorld

CHOSEN = (
    "availabilityZoneRebalancing",
    "capacityProviderStrategy",
    "desiredCount",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "launchType",
    "placementConstraints",
    "placementStrategy",
    "propagateTags",
    "serviceRegistries",
    "tags",
)
"""What the recorded services' owners had chosen, as far as the answer tells."""

SAME = (
    *CHOSEN,
    "deploymentController",
    "loadBalancers",
    "networkConfiguration",
    "platformVersion",
    "platformFamily",
    "schedulingStrategy",
    "serviceName",
    "status",
)


def entries(plural: str, singular: str, *operations: str) -> list[Any]:
    """Every resource in the recorded answers of some operations, as test parameters."""
    found = [
        pytest.param(resource, id=f"{item.name}-{number}")
        for item in recorded(*operations)
        for number, resource in enumerate(item.answer.get(plural, [item.answer.get(singular)]))
    ]
    assert found, f"nothing is recorded of {operations}"
    return found


def absent(theirs: Any, ours: Any, path: str = "") -> list[str]:
    """Members of `theirs` that `ours` has not; of a list, only the first entry counts."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        missing = [f"{path}.{key}" for key in theirs if key not in ours]
        return missing + [
            found
            for key in theirs.keys() & ours.keys()
            for found in absent(theirs[key], ours[key], f"{path}.{key}")
        ]
    if isinstance(theirs, list) and isinstance(ours, list) and theirs and ours:
        return absent(theirs[0], ours[0], f"{path}[]")
    return []


SERVICES = entries(
    "services", "service", "CreateService", "DescribeServices", "UpdateService", "DeleteService"
)
ROLLING = [
    item
    for item in SERVICES
    if not any("loadBalancerName" in found for found in item.values[0]["loadBalancers"])
]
"""Recorded services without a Classic Load Balancer, which the sandbox refuses."""


def request_of(theirs: dict[str, Any]) -> dict[str, Any]:
    """CreateService of a service like this one, on the furnished account's network."""
    request = {key: theirs[key] for key in CHOSEN if theirs.get(key)}
    volumes = theirs["deployments"][0].get("volumeConfigurations")
    if volumes:
        request["volumeConfigurations"] = volumes
    request["deploymentConfiguration"] = {
        key: theirs["deploymentConfiguration"][key]
        for key in ("maximumPercent", "minimumHealthyPercent")
    }
    network = theirs.get("networkConfiguration", {}).get("awsvpcConfiguration")
    if network:
        request["networkConfiguration"] = {
            "awsvpcConfiguration": {
                "subnets": [SUBNETS[0]],
                "securityGroups": [SECURITY_GROUP],
                "assignPublicIp": network["assignPublicIp"],
            }
        }
    group = IP_TARGETS if network else INSTANCE_TARGETS
    request["loadBalancers"] = [
        {"targetGroupArn": group, "containerName": "web", "containerPort": 80}
        for _ in theirs["loadBalancers"]
    ]
    return request


@pytest.mark.rule("D29")
@pytest.mark.parametrize("theirs", ROLLING)
def test_a_service_is_described_as_aws_describes_it(
    services: ServiceWorld, theirs: dict[str, Any]
) -> None:
    services.register_awsvpc()
    request = request_of(theirs)
    family = "vpc" if "networkConfiguration" in request else "web"
    services.create(**{"desiredCount": 0, **request, "taskDefinition": family})
    services.sleep(300)
    ours = services.describe(include=["TAGS"])
    assert absent(theirs, ours) == []
    assert ("roleArn" in theirs) == ("roleArn" in ours)
    assert ("launchType" in theirs) == ("launchType" in ours)
    wanted = {**theirs, **request, "status": "ACTIVE", "serviceName": "web"}
    assert {key: ours[key] for key in SAME if key in theirs} == {
        key: wanted[key] for key in SAME if key in theirs
    }
    configuration = theirs["deploymentConfiguration"]
    breaker = configuration.pop("deploymentCircuitBreaker", {})
    assert configuration.items() <= ours["deploymentConfiguration"].items()
    assert breaker.items() <= ours["deploymentConfiguration"]["deploymentCircuitBreaker"].items()


def test_rollout_reasons_have_the_words_of_aws(services: ServiceWorld) -> None:
    reasons = {
        (
            deployment["rolloutState"],
            deployment["rolloutStateReason"].replace(deployment["id"], "X"),
        )
        for item in SERVICES
        for deployment in item.values[0]["deployments"]
        if "rolloutState" in deployment
    }
    starting = services.create_on_fargate()["deployments"][0]
    services.sleep(300)
    completed = services.describe()["deployments"][0]
    ours = {
        (found["rolloutState"], found["rolloutStateReason"].replace(found["id"], "X"))
        for found in (starting, completed)
    }
    assert reasons <= ours


@pytest.mark.parametrize(
    "theirs",
    entries("serviceDeployments", "", "DescribeServiceDeployments", "ListServiceDeployments"),
)
def test_a_service_deployment_has_every_member(
    services: ServiceWorld, theirs: dict[str, Any]
) -> None:
    services.create_on_fargate()
    services.sleep(300)
    brief = services.ecs.list_service_deployments(cluster=CLUSTER, service="web")
    arns = [brief["serviceDeployments"][0]["serviceDeploymentArn"]]
    full = services.ecs.describe_service_deployments(serviceDeploymentArns=arns)
    answer = brief if "targetServiceRevisionArn" in theirs else full
    ours = answer["serviceDeployments"][0]
    assert absent(theirs, ours) == []
    assert ours["status"] == theirs["status"]


@pytest.mark.parametrize("theirs", entries("serviceRevisions", "", "DescribeServiceRevisions"))
def test_a_service_revision_has_every_member(
    services: ServiceWorld, theirs: dict[str, Any]
) -> None:
    service = services.create_on_fargate(
        launchType=None,
        capacityProviderStrategy=theirs["capacityProviderStrategy"],
        serviceConnectConfiguration=theirs["serviceConnectConfiguration"],
    )
    arns = [service["currentServiceRevisions"][0]["arn"]]
    answer = services.ecs.describe_service_revisions(serviceRevisionArns=arns)
    ours = answer["serviceRevisions"][0]
    assert absent(theirs, ours) == []
    same = ("capacityProviderStrategy", "platformFamily", "platformVersion", "guardDutyEnabled")
    assert {key: ours[key] for key in same} == {key: theirs[key] for key in same}


@pytest.mark.parametrize("theirs", entries("tasks", "task", "DescribeTasks", "StopTask"))
def test_a_task_has_every_member(theirs: dict[str, Any]) -> None:
    """The same stage of a task's life; what never starts, starts not for want of its image."""
    failed = theirs.get("stopCode") == "TaskFailedToStart"
    behaviour = ImageBehaviour("missing" if failed else "run")
    services = ServiceWorld(Scenario(images=(("*", behaviour),)))
    sizes = {"memory": 256, "memoryReservation": 128}
    services.register_awsvpc(container=sizes)
    services.create_on_fargate(
        launchType=None, capacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}]
    )
    services.sleep({"PROVISIONING": 3, "PENDING": 40}.get(theirs["lastStatus"], 120))
    status = "STOPPED" if failed else "RUNNING"
    arns = services.ecs.list_tasks(cluster=CLUSTER, desiredStatus=status)["taskArns"]
    if theirs["desiredStatus"] == "STOPPED" and not failed:
        services.ecs.stop_task(cluster=CLUSTER, task=arns[0], reason="custodian policy")
    ours = services.ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"][0]
    lacking = absent(theirs, ours)
    if theirs["lastStatus"] == "PROVISIONING":
        # A simulated interface is there at the end of PROVISIONING, its address with it.
        lacking = [path for path in lacking if "networkInterface" not in path]
    assert lacking == []
    same = ("healthStatus", "launchType", "desiredStatus")
    assert {key: ours[key] for key in same if key in theirs} == {
        key: theirs[key] for key in same if key in theirs
    }


@pytest.mark.parametrize(
    "theirs",
    entries(
        "containerInstances",
        "containerInstance",
        "DescribeContainerInstances",
        "UpdateContainerInstancesState",
        "DeregisterContainerInstance",
    ),
)
def test_a_container_instance_has_every_member(
    services: ServiceWorld, theirs: dict[str, Any]
) -> None:
    instance = services.add_instance()
    answer = services.ecs.describe_container_instances(
        cluster=CLUSTER, containerInstances=[instance.arn]
    )
    ours = answer["containerInstances"][0]
    assert absent(theirs, ours) == []
    kinds = {item["name"]: item["type"] for item in ours["registeredResources"]}
    assert {item["name"]: item["type"] for item in theirs["registeredResources"]}.items() <= (
        kinds.items()
    )


@pytest.mark.parametrize(
    "theirs", entries("protectedTasks", "", "GetTaskProtection", "UpdateTaskProtection")
)
def test_task_protection_has_every_member(services: ServiceWorld, theirs: dict[str, Any]) -> None:
    services.create_on_fargate()
    services.sleep(300)
    answer = services.ecs.update_task_protection(
        cluster=CLUSTER,
        tasks=services.running_tasks(),
        protectionEnabled=theirs["protectionEnabled"],
    )
    assert answer["protectedTasks"][0].keys() == theirs.keys()


@pytest.mark.parametrize("theirs", entries("attributes", "", "PutAttributes", "ListAttributes"))
def test_an_attribute_has_every_member(services: ServiceWorld, theirs: dict[str, Any]) -> None:
    instance = services.add_instance()
    attribute = {**theirs, "targetId": instance.arn}
    put = services.ecs.put_attributes(cluster=CLUSTER, attributes=[attribute])
    listed = services.ecs.list_attributes(
        cluster=CLUSTER, targetType="container-instance", attributeName=theirs["name"]
    )
    assert put["attributes"] == listed["attributes"] == [attribute]
