from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.furniture import CPU_GROUP, SECURITY_GROUP, SUBNETS
from tests.sandbox.ecs.service_world import AWSVPC, CLUSTER, ServiceWorld, refusal


def ids(service: dict[str, Any]) -> list[str]:
    return [deployment["id"] for deployment in service["deployments"]]


# --- create


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
    assert ids(again) == ids(first)


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


# --- update


@pytest.mark.rule("D6")
def test_desired_count_and_settings_do_not_start_a_deployment(services: ServiceWorld) -> None:
    before = services.create()
    after = services.update(
        desiredCount=3,
        deploymentConfiguration={"maximumPercent": 150},
        availabilityZoneRebalancing="DISABLED",
        placementConstraints=[{"type": "distinctInstance"}],
        placementStrategy=[{"type": "binpack", "field": "memory"}],
        healthCheckGracePeriodSeconds=60,
        enableECSManagedTags=True,
        propagateTags="SERVICE",
    )
    assert ids(after) == ids(before)
    assert (after["desiredCount"], after["deployments"][0]["desiredCount"]) == (3, 3)
    assert after["placementStrategy"] == [{"type": "binpack", "field": "memory"}]
    assert after["propagateTags"] == "SERVICE"


OTHER_NETWORK = {
    "awsvpcConfiguration": {"subnets": [SUBNETS[1]], "securityGroups": [SECURITY_GROUP]}
}
CONNECT = {"enabled": True, "namespace": "apps"}


@pytest.mark.rule("D6", "D21", "L")
@pytest.mark.parametrize(
    "change",
    [
        {"forceNewDeployment": True},
        {"taskDefinition": "vpc:2"},
        {"networkConfiguration": OTHER_NETWORK},
        {"platformVersion": "1.3.0"},
        {"serviceRegistries": [{"registryArn": "arn:aws:servicediscovery:us-east-1:1:service/s"}]},
        {"serviceConnectConfiguration": CONNECT},
        {"volumeConfigurations": [{"name": "models"}]},
        {"vpcLatticeConfigurations": [{"roleArn": "r", "targetGroupArn": "t", "portName": "p"}]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_of_what_tasks_are_starts_a_deployment(
    services: ServiceWorld, change: dict[str, Any]
) -> None:
    before = services.create_on_fargate()
    services.sleep(300)
    services.register_awsvpc()
    after = services.update(**change)
    assert [item["status"] for item in after["deployments"]] == ["PRIMARY", "ACTIVE"]
    assert ids(after)[1:] == ids(before)
    assert after["deployments"][0]["rolloutState"] == "IN_PROGRESS"


@pytest.mark.rule("I7", "D7")
def test_an_update_that_changes_nothing_starts_no_deployment(services: ServiceWorld) -> None:
    def network(*subnets: str) -> dict[str, Any]:
        return {"awsvpcConfiguration": {"subnets": subnets, "securityGroups": [SECURITY_GROUP]}}

    before = services.create_on_fargate(networkConfiguration=network(SUBNETS[0], SUBNETS[1]))
    after = services.update(
        taskDefinition="vpc:1",
        networkConfiguration=network(SUBNETS[1], SUBNETS[0]),
        platformVersion="LATEST",
        loadBalancers=[],
    )
    assert ids(after) == ids(before)


@pytest.mark.rule("D7")
def test_what_an_update_omits_stays_and_an_empty_list_clears(services: ServiceWorld) -> None:
    services.create(
        placementStrategy=[{"type": "spread", "field": "host"}],
        placementConstraints=[{"type": "distinctInstance"}],
        healthCheckGracePeriodSeconds=30,
    )
    kept = services.update(desiredCount=2)
    assert kept["placementStrategy"] == [{"type": "spread", "field": "instanceId"}]
    assert kept["healthCheckGracePeriodSeconds"] == 30
    cleared = services.update(placementStrategy=[], placementConstraints=[])
    assert cleared["placementStrategy"] == []
    assert cleared["placementConstraints"] == []


@pytest.mark.rule("D4", "M")
@pytest.mark.parametrize("capacity", [{}, {"strategy": 2}], ids=["launch type", "strategy"])
def test_a_change_of_the_strategy_must_be_forced(
    services: ServiceWorld, capacity: dict[str, int]
) -> None:
    given = [{"capacityProvider": "gpu", "weight": 2}] if capacity else None
    before = services.create(capacityProviderStrategy=given)
    wanted = [{"capacityProvider": "gpu", "weight": 1}]
    code, message = refusal(services.update, capacityProviderStrategy=wanted)
    assert code == "InvalidParameterException"
    assert message.endswith("you must force a new deployment.")
    after = services.update(capacityProviderStrategy=wanted, forceNewDeployment=True)
    assert after["capacityProviderStrategy"] == [
        {"capacityProvider": "gpu", "weight": 1, "base": 0}
    ]
    assert "launchType" not in after
    assert ids(after)[0] not in ids(before)


@pytest.mark.rule("D4")
def test_the_same_strategy_in_another_order_needs_no_force(services: ServiceWorld) -> None:
    services.add_provider("cpu", CPU_GROUP)
    items = [{"capacityProvider": "gpu", "weight": 1}, {"capacityProvider": "cpu", "weight": 1}]
    before = services.create(capacityProviderStrategy=items)
    after = services.update(capacityProviderStrategy=items[::-1])
    assert ids(after) == ids(before)


@pytest.mark.rule("D4")
def test_an_empty_strategy_moves_back_to_the_launch_type(services: ServiceWorld) -> None:
    services.create(capacityProviderStrategy=[{"capacityProvider": "gpu", "weight": 1}])
    after = services.update(capacityProviderStrategy=[], forceNewDeployment=True)
    assert after["launchType"] == "EC2"
    assert "capacityProviderStrategy" not in after


@pytest.mark.rule("D4")
def test_a_service_moves_between_fargate_and_an_auto_scaling_group(services: ServiceWorld) -> None:
    services.create_on_fargate()
    on_group = services.update(
        capacityProviderStrategy=[{"capacityProvider": "gpu", "weight": 1}],
        forceNewDeployment=True,
    )
    assert "platformVersion" not in on_group
    back = services.update(
        capacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}],
        forceNewDeployment=True,
    )
    assert back["platformVersion"] == "LATEST"


@pytest.mark.rule("D5")
def test_what_cannot_be_updated_is_no_parameter_of_an_update(services: ServiceWorld) -> None:
    model = services.ecs.meta.service_model.operation_model("UpdateService").input_shape
    fixed = {"serviceName", "launchType", "schedulingStrategy", "role", "tags", "clientToken"}
    assert not fixed & model.members.keys()


@pytest.mark.rule("C5")
def test_a_service_keeps_scaling_when_its_task_definition_is_deregistered(
    services: ServiceWorld,
) -> None:
    services.create()
    services.ecs.deregister_task_definition(taskDefinition="web:1")
    assert services.update(desiredCount=2)["desiredCount"] == 2
    assert refusal(services.update, taskDefinition="web:1")[1] == "TaskDefinition is inactive"


@pytest.mark.rule("D26", "M")
def test_a_service_that_is_not_active_cannot_be_updated(services: ServiceWorld) -> None:
    services.create_on_fargate()
    services.sleep(300)
    services.ecs.delete_service(cluster=CLUSTER, service="web", force=True)
    expected = ("ServiceNotActiveException", "Service was not ACTIVE.")
    assert services.describe()["status"] == "DRAINING"
    assert refusal(services.update, desiredCount=1) == expected
    services.sleep(120)
    assert services.describe()["status"] == "INACTIVE"
    assert refusal(services.update, desiredCount=1) == expected


@pytest.mark.rule("D26")
def test_an_unknown_service_cannot_be_updated(services: ServiceWorld) -> None:
    assert refusal(services.update, "nothing", desiredCount=1)[0] == "ServiceNotFoundException"


def test_a_refused_update_changes_nothing(services: ServiceWorld) -> None:
    services.create()
    before = services.describe()
    refusal(services.update, desiredCount=5, placementStrategy=[{"type": "binpack", "field": "x"}])
    assert services.describe() == before


# --- delete


@pytest.mark.rule("D25", "M")
def test_a_service_above_zero_is_not_deleted_without_force(services: ServiceWorld) -> None:
    services.create()
    assert refusal(services.ecs.delete_service, cluster=CLUSTER, service="web") == (
        "InvalidParameterException",
        "The service cannot be stopped while it is scaled above 0.",
    )


@pytest.mark.rule("D25", "M")
def test_a_service_is_not_deleted_while_an_old_deployment_has_tasks(services: ServiceWorld) -> None:
    services.create_on_fargate()
    services.sleep(300)
    services.update(desiredCount=0, forceNewDeployment=True)
    assert refusal(services.ecs.delete_service, cluster=CLUSTER, service="web") == (
        "InvalidParameterException",
        "The service cannot be stopped while deployments are active.",
    )


@pytest.mark.rule("D25", "D26")
def test_a_deleted_service_drains_unlisted_and_becomes_inactive(services: ServiceWorld) -> None:
    services.create_on_fargate()
    services.sleep(300)
    answer = services.ecs.delete_service(cluster=CLUSTER, service="web", force=True)["service"]
    assert answer["status"] == "DRAINING"
    assert (answer["desiredCount"], answer["runningCount"]) == (0, 1)
    assert [item["desiredCount"] for item in answer["deployments"]] == [0]
    assert services.ecs.list_services(cluster=CLUSTER)["serviceArns"] == []
    services.sleep(120)
    gone = services.describe()
    assert gone["status"] == "INACTIVE"
    assert (gone["runningCount"], gone["deployments"]) == (0, [])


@pytest.mark.rule("D25")
def test_deleting_again_is_safe_and_the_unknown_is_not_found(services: ServiceWorld) -> None:
    services.create_on_fargate()
    services.sleep(300)
    services.ecs.delete_service(cluster=CLUSTER, service="web", force=True)
    again = services.ecs.delete_service(cluster=CLUSTER, service="web")["service"]
    assert again["status"] == "DRAINING"
    services.sleep(120)
    for name in ("web", "nothing"):
        code, _ = refusal(services.ecs.delete_service, cluster=CLUSTER, service=name, force=True)
        assert code == "ServiceNotFoundException"


@pytest.mark.rule("E12")
def test_deleting_a_service_takes_its_scalable_target_along(services: ServiceWorld) -> None:
    services.create()
    scaling = services.sandbox.session().client("application-autoscaling")
    scaling.register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=f"service/{CLUSTER}/web",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=1,
        MaxCapacity=2,
    )
    services.ecs.delete_service(cluster=CLUSTER, service="web", force=True)
    services.sleep(120)
    assert scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"] == []


# --- describe and list


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
