from __future__ import annotations

from typing import Any, Literal

import pytest

from ecsinfer.sandbox.scenario import Scenario
from tests.sandbox.ecs.service_world import (
    AWSVPC,
    CLUSTER,
    CONNECT,
    ServiceWorld,
    deployment_ids,
    refusal,
)


@pytest.mark.rule("D1", "I7")
def test_a_name_is_taken_while_its_service_is_active(services: ServiceWorld) -> None:
    services.create()
    assert refusal(services.create) == (
        "InvalidParameterException",
        "Creation of service was not idempotent.",
    )


@pytest.mark.rule("D1")
def test_a_name_is_taken_while_its_service_drains(services: ServiceWorld) -> None:
    services.create_on_fargate()
    services.sleep(300)
    services.ecs.delete_service(cluster=CLUSTER, service="web", force=True)
    assert refusal(services.create) == (
        "InvalidParameterException",
        "Unable to Start a service that is still Draining.",
    )


@pytest.mark.rule("D1")
def test_the_name_of_an_inactive_service_is_free_and_its_tags_are_gone(
    services: ServiceWorld,
) -> None:
    first = services.create(tags=[{"key": "team", "value": "a"}])
    services.ecs.delete_service(cluster=CLUSTER, service="web", force=True)
    services.sleep(60)
    assert services.describe()["status"] == "INACTIVE"
    second = services.create()
    assert second["status"] == "ACTIVE"
    assert second["createdAt"] > first["createdAt"]
    assert second["tags"] == []


@pytest.mark.rule("D2", "I7")
def test_the_same_token_and_arguments_return_the_existing_service(services: ServiceWorld) -> None:
    first = services.create(clientToken="token-1")
    again = services.create(clientToken="token-1")
    assert again["createdAt"] == first["createdAt"]
    assert deployment_ids(again) == deployment_ids(first)


@pytest.mark.rule("D2")
@pytest.mark.parametrize(
    "changes",
    [{"clientToken": "token-2"}, {"clientToken": "token-1", "desiredCount": 2}],
    ids=["another token", "other arguments"],
)
def test_another_token_or_other_arguments_are_not_idempotent(
    services: ServiceWorld, changes: dict[str, Any]
) -> None:
    services.create(clientToken="token-1")
    code, message = refusal(services.create, **changes)
    assert (code, message) == (
        "InvalidParameterException",
        "Creation of service was not idempotent.",
    )


@pytest.mark.rule("D2")
def test_a_token_has_at_most_36_characters(services: ServiceWorld) -> None:
    code, message = refusal(services.create, clientToken="x" * 37)
    assert code == "InvalidParameterException"
    assert "idempotency token longer than 36" in message


@pytest.mark.rule("0.9", "A3")
def test_a_service_needs_an_active_cluster(services: ServiceWorld) -> None:
    assert refusal(services.create, cluster="nowhere")[0] == "ClusterNotFoundException"
    services.ecs.create_cluster(clusterName="gone")
    services.ecs.delete_cluster(cluster="gone")
    assert refusal(services.create, cluster="gone") == (
        "ClientException",
        "Cluster was not ACTIVE.",
    )


@pytest.mark.rule("A14")
def test_without_launch_type_and_strategy_the_cluster_default_is_copied_once(
    services: ServiceWorld,
) -> None:
    services.world.clusters[CLUSTER].default_strategy = [
        {"capacityProvider": "gpu", "weight": 1, "base": 0}
    ]
    service = services.create()
    services.world.clusters[CLUSTER].default_strategy = []
    assert service["capacityProviderStrategy"] == [
        {"capacityProvider": "gpu", "weight": 1, "base": 0}
    ]
    assert services.describe()["capacityProviderStrategy"] == service["capacityProviderStrategy"]


@pytest.mark.rule("D3", "M")
def test_launch_type_and_strategy_exclude_each_other(services: ServiceWorld) -> None:
    code, message = refusal(
        services.create,
        launchType="EC2",
        capacityProviderStrategy=[{"capacityProvider": "gpu", "weight": 1}],
    )
    assert code == "InvalidParameterException"
    assert message == (
        "Specifying both a launch type and capacity provider strategy is not supported. "
        "Remove one and try again."
    )


@pytest.mark.rule("D3")
def test_describing_omits_whichever_of_launch_type_and_strategy_is_not_in_use(
    services: ServiceWorld,
) -> None:
    by_type = services.create("by-type")
    by_strategy = services.create(
        "by-strategy", capacityProviderStrategy=[{"capacityProvider": "gpu", "weight": 1}]
    )
    assert by_type["launchType"] == "EC2"
    assert "capacityProviderStrategy" not in by_type
    assert "launchType" not in by_strategy
    assert by_strategy["capacityProviderStrategy"] == [
        {"capacityProvider": "gpu", "weight": 1, "base": 0}
    ]


@pytest.mark.rule("B20", "M")
def test_a_strategy_names_only_providers_of_the_cluster(services: ServiceWorld) -> None:
    code, message = refusal(
        services.create, capacityProviderStrategy=[{"capacityProvider": "other", "weight": 1}]
    )
    assert code == "InvalidParameterException"
    assert "not associated with the cluster" in message


@pytest.mark.rule("C5", "0.2", "M")
def test_a_service_cannot_start_an_inactive_or_unknown_task_definition(
    services: ServiceWorld,
) -> None:
    services.ecs.deregister_task_definition(taskDefinition="web:1")
    assert refusal(services.create, taskDefinition="web:1") == (
        "ClientException",
        "TaskDefinition is inactive",
    )
    assert refusal(services.create) == ("ClientException", "TaskDefinition not found.")


@pytest.mark.rule("C4", "D29")
def test_a_bare_family_means_its_latest_active_revision_and_is_described_as_an_arn(
    services: ServiceWorld,
) -> None:
    second = services.register("web")
    assert services.create()["taskDefinition"] == second


@pytest.mark.rule("C8", "C9")
def test_tags_of_a_create_may_not_be_empty_or_reserved(services: ServiceWorld) -> None:
    assert refusal(services.create, tags=[]) == ("ClientException", "Tags can not be empty.")
    code, _ = refusal(services.create, tags=[{"key": "aws:x", "value": "y"}])
    assert code == "InvalidParameterException"


@pytest.mark.rule("D1")
def test_a_refused_create_leaves_nothing_behind(services: ServiceWorld) -> None:
    refusal(services.create, tags=[])
    assert services.create()["status"] == "ACTIVE"


@pytest.mark.rule("0.7", "0.8")
def test_describing_takes_ten_names_and_reports_what_is_missing(services: ServiceWorld) -> None:
    services.create()
    answer = services.ecs.describe_services(cluster=CLUSTER, services=["web", "nothing"])
    assert [item["serviceName"] for item in answer["services"]] == ["web"]
    arn = services.world.arn(f"service/{CLUSTER}/nothing")
    assert answer["failures"] == [{"arn": arn, "reason": "MISSING"}]
    eleven = [f"s{number}" for number in range(11)]
    code, _ = refusal(services.ecs.describe_services, cluster=CLUSTER, services=eleven)
    assert code == "InvalidParameterException"


@pytest.mark.rule("0.8")
def test_describing_in_an_unknown_cluster_is_an_error(services: ServiceWorld) -> None:
    code, _ = refusal(services.ecs.describe_services, cluster="nowhere", services=["web"])
    assert code == "ClusterNotFoundException"


def test_the_arn_of_another_cluster_is_refused(services: ServiceWorld) -> None:
    arn = services.world.arn("service/elsewhere/web")
    code, message = refusal(services.ecs.describe_services, cluster=CLUSTER, services=[arn])
    assert code == "InvalidParameterException"
    assert message.startswith("Invalid identifier: Identifier is for cluster elsewhere.")


@pytest.mark.rule("D28")
def test_tags_are_described_only_where_asked_for(services: ServiceWorld) -> None:
    tags = [{"key": "team", "value": "a"}]
    assert services.create(tags=tags)["tags"] == tags
    assert "tags" not in services.describe()
    assert services.describe(include=["TAGS"])["tags"] == tags


@pytest.mark.rule("D22")
def test_botocore_waits_until_a_service_is_stable_and_inactive(services: ServiceWorld) -> None:
    services.create_on_fargate()
    services.sleep(300)
    once = {"Delay": 0, "MaxAttempts": 1}
    request = {"cluster": CLUSTER, "services": ["web"], "WaiterConfig": once}
    services.ecs.get_waiter("services_stable").wait(**request)
    services.ecs.delete_service(cluster=CLUSTER, service="web", force=True)
    services.sleep(120)
    services.ecs.get_waiter("services_inactive").wait(**request)


def test_listing_pages_by_ten_and_filters(services: ServiceWorld) -> None:
    for number in range(11):
        services.create(f"s{number}")
    services.create_on_fargate("on-fargate")
    services.create("daemon", schedulingStrategy="DAEMON", desiredCount=None)
    pages = list(services.ecs.get_paginator("list_services").paginate(cluster=CLUSTER))
    assert [len(page["serviceArns"]) for page in pages] == [10, 3]

    def listed(**filters: str) -> list[str]:
        arns = services.ecs.list_services(cluster=CLUSTER, maxResults=100, **filters)["serviceArns"]
        return [arn.rpartition("/")[2] for arn in arns]

    assert listed(launchType="FARGATE") == ["on-fargate"]
    assert listed(schedulingStrategy="DAEMON") == ["daemon"]
    assert listed(resourceManagementType="ECS") == []
    assert len(listed(resourceManagementType="CUSTOMER")) == 13


def test_services_are_found_by_the_namespace_they_name_or_their_cluster_has(
    services: ServiceWorld,
) -> None:
    cluster = services.ecs.create_cluster(
        clusterName="second", serviceConnectDefaults={"namespace": "defaults"}
    )["cluster"]
    named = services.create_on_fargate(serviceConnectConfiguration=CONNECT)
    unnamed = services.create(cluster="second", serviceConnectConfiguration={"enabled": True})
    services.create("plain", serviceConnectConfiguration={"enabled": False})

    def listed(namespace: str) -> list[str]:
        arns: list[str] = services.ecs.list_services_by_namespace(namespace=namespace)[
            "serviceArns"
        ]
        return arns

    assert listed("apps") == [named["serviceArn"]]
    assert listed(cluster["serviceConnectDefaults"]["namespace"]) == [unnamed["serviceArn"]]


@pytest.mark.rule("D29")
@pytest.mark.parametrize("form", ["given", "arn", "name"])
def test_a_namespace_is_shown_in_the_form_of_the_scenario_and_is_the_same_in_both(
    form: Literal["given", "arn", "name"],
) -> None:
    services = ServiceWorld(Scenario(namespaces=form))
    cloud_map = services.sandbox.session().client("servicediscovery")
    cloud_map.create_http_namespace(Name="apps")
    arn = cloud_map.list_namespaces()["Namespaces"][0]["Arn"]
    shown = {"given": "apps", "arn": arn, "name": "apps"}[form]
    service = services.create_on_fargate(serviceConnectConfiguration=CONNECT)
    assert service["deployments"][0]["serviceConnectConfiguration"]["namespace"] == shown
    for namespace in ("apps", arn):
        found = services.ecs.list_services_by_namespace(namespace=namespace)["serviceArns"]
        assert found == [service["serviceArn"]]
    if form != "given":
        again = {**CONNECT, "namespace": arn}
        after = services.update(serviceConnectConfiguration=again)
        assert deployment_ids(after) == deployment_ids(service)


@pytest.mark.rule("D29")
def test_describing_fills_what_was_not_said(services: ServiceWorld) -> None:
    service = services.create()
    role = "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
    expected = {
        "deploymentController": {"type": "ECS"},
        "schedulingStrategy": "REPLICA",
        "enableExecuteCommand": False,
        "enableECSManagedTags": False,
        "propagateTags": "NONE",
        "placementConstraints": [],
        "placementStrategy": [],
        "loadBalancers": [],
        "serviceRegistries": [],
        "healthCheckGracePeriodSeconds": 0,
        "resourceManagementType": "CUSTOMER",
    }
    assert expected.items() <= services.describe().items()
    assert "roleArn" not in service
    assert "platformVersion" not in service
    on_fargate = services.create_on_fargate("on-fargate")
    assert on_fargate["roleArn"] == role
    assert (on_fargate["platformVersion"], on_fargate["platformFamily"]) == ("LATEST", "Linux")
    assert on_fargate["deployments"][0]["platformVersion"] == "1.4.0"
    network = on_fargate["networkConfiguration"]["awsvpcConfiguration"]
    assert network == {**AWSVPC["awsvpcConfiguration"], "assignPublicIp": "DISABLED"}


@pytest.mark.rule("D29")
def test_what_is_not_a_services_own_shows_in_its_deployments(services: ServiceWorld) -> None:
    volumes = [{"name": "models", "managedEBSVolume": {"roleArn": "arn:aws:iam::1:role/r"}}]
    service = services.create_on_fargate(
        serviceConnectConfiguration=CONNECT, volumeConfigurations=volumes
    )
    assert not {"serviceConnectConfiguration", "volumeConfigurations"} & service.keys()
    assert service["deployments"][0]["serviceConnectConfiguration"] == CONNECT
    assert service["deployments"][0]["volumeConfigurations"] == volumes


def test_counts_are_the_tasks(services: ServiceWorld) -> None:
    services.create_on_fargate(desiredCount=3)
    services.sleep(2)
    starting = services.describe()
    assert (starting["runningCount"], starting["pendingCount"]) == (0, 3)
    assert starting["deployments"][0]["pendingCount"] == 3
    services.sleep(300)
    running = services.describe()
    assert (running["runningCount"], running["pendingCount"]) == (3, 0)
    assert running["deployments"][0]["runningCount"] == len(services.running_tasks()) == 3


def test_at_most_a_hundred_events_are_shown_newest_first(services: ServiceWorld) -> None:
    services.create()
    for _ in range(70):
        services.update(forceNewDeployment=True)
        services.sleep(10)
    events = services.describe()["events"]
    assert len(events) <= 100
    moments = [event["createdAt"] for event in events]
    assert moments == sorted(moments, reverse=True)
