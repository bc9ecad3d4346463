from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.furniture import INSTANCE_TARGETS, SUBNETS
from ecsinfer.sandbox.scenario import Scenario
from tests.sandbox.ecs.service_world import (
    AWSVPC,
    CLUSTER,
    ZONE_SPREAD,
    ServiceWorld,
    case,
    refusal,
)

GPU = [{"capacityProvider": "gpu", "weight": 1}]


REFUSED = [
    case("D27", {"desiredCount": None}, "DesiredCount is missing"),
    case("D27", {"desiredCount": -1}, "DesiredCount can not be lesser than 0"),
    case("D1", {"serviceName": "a b"}, "Invalid service name."),
    case(
        "D13",
        {"schedulingStrategy": "DAEMON"},
        "The daemon scheduling strategy does not support a desired count for services.",
    ),
    case(
        "D13",
        {"schedulingStrategy": "DAEMON", "desiredCount": None, "placementStrategy": [ZONE_SPREAD]},
        "The daemon scheduling strategy does not support placement strategies.",
    ),
    case(
        "D13",
        {
            "schedulingStrategy": "DAEMON",
            "desiredCount": None,
            "deploymentConfiguration": {"maximumPercent": 150},
        },
        "The daemon scheduling strategy does not support values above 100 for maximumPercent.",
    ),
    case(
        "D13",
        {
            "schedulingStrategy": "DAEMON",
            "desiredCount": None,
            "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}],
        },
        "The daemon scheduling strategy does not support the FARGATE launch type.",
    ),
    case(
        "D12",
        {"platformVersion": "1.4.0"},
        "The platform version must be null when specifying an EC2 launch type",
    ),
    case(
        "D12",
        {"platformVersion": "1.4.0", "capacityProviderStrategy": GPU},
        "The platform version must be null when specifying an EC2 launch type",
    ),
    case("B23", {"launchType": "MANAGED_INSTANCES"}, "Specify a capacity provider strategy"),
    case("C11", {"launchType": "FARGATE"}, "Task definition does not support launch_type FARGATE."),
    case(
        "C14",
        {"networkConfiguration": AWSVPC},
        "Network Configuration is not valid for the given networkMode of this task definition.",
    ),
    case(
        "D15",
        {
            "schedulingStrategy": "DAEMON",
            "desiredCount": None,
            "availabilityZoneRebalancing": "ENABLED",
        },
        "Availability Zone Rebalancing does not support DAEMON services",
    ),
    case(
        "D15",
        {
            "placementStrategy": [{"type": "binpack", "field": "memory"}],
            "availabilityZoneRebalancing": "ENABLED",
        },
        "Availability Zone Rebalancing does not support placement strategies",
    ),
    case(
        "D15",
        {
            "placementConstraints": [
                {"type": "memberOf", "expression": "attribute:ecs.availability-zone == us-east-1a"}
            ],
            "availabilityZoneRebalancing": "ENABLED",
        },
        "Availability Zone Rebalancing does not support placement constraints",
    ),
    case(
        "D15",
        {"deploymentConfiguration": {"maximumPercent": 100}},
        "Availability Zone Rebalancing does not support maximumPercent <= 100 % as deployment "
        "configuration.",
    ),
    case(
        "D30",
        {"enableExecuteCommand": True},
        "a valid taskRoleArn is not being used",
    ),
    case(
        "D9",
        {"healthCheckGracePeriodSeconds": -1},
        "healthCheckGracePeriodSeconds must be between 0 and 2147483647",
    ),
]


@pytest.mark.parametrize(("changes", "message"), REFUSED)
def test_aws_refuses(services: ServiceWorld, changes: dict[str, Any], message: str) -> None:
    code, text = refusal(services.create, **changes)
    assert code == "InvalidParameterException"
    assert message in text
    assert services.ecs.list_services(cluster=CLUSTER)["serviceArns"] == []


@pytest.mark.rule("C14", "M")
def test_awsvpc_needs_a_network_configuration(services: ServiceWorld) -> None:
    services.register_awsvpc()
    assert refusal(services.create, taskDefinition="vpc") == (
        "InvalidParameterException",
        "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    )


@pytest.mark.rule("D10", "M")
def test_only_fargate_tasks_get_public_addresses(services: ServiceWorld) -> None:
    services.register_awsvpc()
    public = {"awsvpcConfiguration": {"subnets": [SUBNETS[0]], "assignPublicIp": "ENABLED"}}
    for capacity in ({"launchType": "EC2"}, {"capacityProviderStrategy": GPU}):
        assert refusal(
            services.create, taskDefinition="vpc", networkConfiguration=public, **capacity
        ) == (
            "InvalidParameterException",
            "Assign public IP is not supported for this launch type.",
        )
    service = services.create_on_fargate(networkConfiguration=public)
    assert service["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "ENABLED"


@pytest.mark.rule("D9")
def test_a_grace_period_without_health_checks_is_unused_but_accepted(
    services: ServiceWorld,
) -> None:
    # The decision follows AWS's API model; when that says something else, it is due again.
    request = services.ecs.meta.service_model.operation_model("CreateService").input_shape
    documented = request.members["healthCheckGracePeriodSeconds"].documentation
    assert "<code>healthCheckGracePeriodSeconds</code> is unused" in documented
    assert services.create(healthCheckGracePeriodSeconds=30)["healthCheckGracePeriodSeconds"] == 30


@pytest.mark.rule("D15")
def test_rebalancing_is_on_unless_the_service_cannot_be_rebalanced(services: ServiceWorld) -> None:
    binpack = [{"type": "binpack", "field": "cpu"}]

    def rebalancing(name: str, **changes: Any) -> str:
        return str(services.create(name, **changes)["availabilityZoneRebalancing"])

    assert rebalancing("plain") == "ENABLED"
    assert rebalancing("spread", placementStrategy=[ZONE_SPREAD]) == "ENABLED"
    assert rebalancing("packed", placementStrategy=binpack) == "DISABLED"
    assert rebalancing("daemon", schedulingStrategy="DAEMON", desiredCount=None) == "DISABLED"
    assert rebalancing("off", availabilityZoneRebalancing="DISABLED") == "DISABLED"


@pytest.mark.rule("D15")
def test_an_update_keeps_rebalancing_and_may_turn_it_off_with_a_lower_maximum(
    services: ServiceWorld,
) -> None:
    services.create()
    lower = {"maximumPercent": 100, "minimumHealthyPercent": 0}
    _, message = refusal(services.update, deploymentConfiguration=lower)
    assert "does not support maximumPercent <= 100 %" in message
    after = services.update(deploymentConfiguration=lower, availabilityZoneRebalancing="DISABLED")
    assert after["availabilityZoneRebalancing"] == "DISABLED"
    assert services.update(desiredCount=2)["availabilityZoneRebalancing"] == "DISABLED"


@pytest.mark.parametrize("controller", ["CODE_DEPLOY", "EXTERNAL"])
def test_other_deployment_controllers_are_refused_by_name(
    services: ServiceWorld, controller: str
) -> None:
    code, message = refusal(services.create, deploymentController={"type": controller})
    assert code == "UnsupportedFeatureException"
    assert controller in message


def test_a_service_of_task_sets_is_refused_as_such_not_for_its_missing_task_definition(
    services: ServiceWorld,
) -> None:
    code, _ = refusal(
        services.create, deploymentController={"type": "EXTERNAL"}, taskDefinition=None
    )
    assert code == "UnsupportedFeatureException"


def test_a_service_keeps_the_deployment_controller_that_is_simulated(
    services: ServiceWorld,
) -> None:
    services.create()
    code, _ = refusal(services.update, deploymentController={"type": "CODE_DEPLOY"})
    assert code == "UnsupportedFeatureException"


@pytest.mark.rule("D30")
def test_execute_command_needs_a_task_role_on_create_and_update(services: ServiceWorld) -> None:
    services.create()
    code, message = refusal(services.update, enableExecuteCommand=True)
    assert code == "InvalidParameterException"
    assert "a valid taskRoleArn is not being used" in message
    services.register("web", taskRoleArn="arn:aws:iam::123456789012:role/task")
    assert services.update(taskDefinition="web", enableExecuteCommand=True)["enableExecuteCommand"]


@pytest.mark.rule("H2", "M")
def test_a_role_that_ecs_cannot_assume_is_refused() -> None:
    services = ServiceWorld(Scenario(roles_denied=("lb-role",)))
    balancer = {"targetGroupArn": INSTANCE_TARGETS, "containerName": "web", "containerPort": 80}
    code, message = refusal(services.create, role="lb-role", loadBalancers=[balancer])
    assert code == "InvalidParameterException"
    assert "verify that the ECS service role being passed has the proper permissions" in message
