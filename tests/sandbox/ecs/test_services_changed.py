from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.furniture import CPU_GROUP, SECURITY_GROUP, SUBNETS
from tests.sandbox.ecs.service_world import CLUSTER, CONNECT, ServiceWorld, deployment_ids, refusal


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
    assert deployment_ids(after) == deployment_ids(before)
    assert (after["desiredCount"], after["deployments"][0]["desiredCount"]) == (3, 3)
    assert after["placementStrategy"] == [{"type": "binpack", "field": "memory"}]
    assert after["propagateTags"] == "SERVICE"


OTHER_NETWORK = {
    "awsvpcConfiguration": {"subnets": [SUBNETS[1]], "securityGroups": [SECURITY_GROUP]}
}


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
    assert deployment_ids(after)[1:] == deployment_ids(before)
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
    assert deployment_ids(after) == deployment_ids(before)


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
    assert deployment_ids(after)[0] not in deployment_ids(before)


@pytest.mark.rule("D4")
def test_the_same_strategy_in_another_order_needs_no_force(services: ServiceWorld) -> None:
    services.add_provider("cpu", CPU_GROUP)
    items = [{"capacityProvider": "gpu", "weight": 1}, {"capacityProvider": "cpu", "weight": 1}]
    before = services.create(capacityProviderStrategy=items)
    after = services.update(capacityProviderStrategy=items[::-1])
    assert deployment_ids(after) == deployment_ids(before)


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
