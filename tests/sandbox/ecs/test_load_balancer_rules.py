from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.furniture import INSTANCE_TARGETS, IP_TARGETS, UNATTACHED_TARGETS
from tests.sandbox.ecs.service_world import (
    ServiceWorld,
    refusal,
)


def balancer(group: str = INSTANCE_TARGETS, **changes: Any) -> dict[str, Any]:
    return {"targetGroupArn": group, "containerName": "web", "containerPort": 80, **changes}


def refused(services: ServiceWorld, *balancers: dict[str, Any], **changes: Any) -> str:
    code, message = refusal(services.create, loadBalancers=list(balancers), **changes)
    assert code == "InvalidParameterException"
    return message


@pytest.mark.rule("D17")
def test_container_and_port_must_be_in_the_task_definition(services: ServiceWorld) -> None:
    assert "The container api does not exist in the task definition" in refused(
        services, balancer(containerName="api")
    )
    assert "The container web did not have a container port 81 defined" in refused(
        services, balancer(containerPort=81)
    )


@pytest.mark.rule("D17")
def test_a_service_has_at_most_five_target_groups(services: ServiceWorld) -> None:
    assert "at most 5" in refused(services, *[balancer()] * 6)
    assert len(services.create(loadBalancers=[balancer()] * 5)["loadBalancers"]) == 5


@pytest.mark.rule("D17")
def test_a_role_of_its_own_is_for_one_target_group_without_awsvpc(services: ServiceWorld) -> None:
    assert "service linked role" in refused(services, balancer(), balancer(), role="r")
    assert "with a load balancer" in refused(services, role="r")
    service = services.create(loadBalancers=[balancer()], role="r")
    assert service["roleArn"] == "arn:aws:iam::123456789012:role/r"


@pytest.mark.rule("D17", "D29")
def test_a_load_balanced_service_has_the_service_linked_role(services: ServiceWorld) -> None:
    assert services.create(loadBalancers=[balancer()])["roleArn"].endswith("/AWSServiceRoleForECS")


@pytest.mark.rule("G1", "M")
def test_the_target_type_must_fit_the_network_mode(services: ServiceWorld) -> None:
    code, message = refusal(services.create_on_fargate, loadBalancers=[balancer()])
    assert (code, message) == (
        "InvalidParameterException",
        (
            f"The provided target group {INSTANCE_TARGETS} has target type instance, which is "
            "incompatible with the awsvpc network mode specified in the task definition."
        ),
    )
    assert "incompatible with the bridge network mode" in refused(services, balancer(IP_TARGETS))
    assert services.create_on_fargate(loadBalancers=[balancer(IP_TARGETS)])["status"] == "ACTIVE"


@pytest.mark.rule("G2", "M")
def test_a_target_group_needs_a_load_balancer_on_create_and_update(services: ServiceWorld) -> None:
    lonely = [balancer(UNATTACHED_TARGETS)]
    expected = (
        "InvalidParameterException",
        (
            f"The target group with targetGroupArn {UNATTACHED_TARGETS} does not have an associated "
            "load balancer."
        ),
    )
    assert refusal(services.create_on_fargate, loadBalancers=lonely) == expected
    services.create_on_fargate()
    assert refusal(services.update, loadBalancers=lonely) == expected


@pytest.mark.rule("G6")
def test_a_target_group_must_exist(services: ServiceWorld) -> None:
    assert "does not exist" in refused(services, balancer(f"{IP_TARGETS}0"))


def test_classic_load_balancers_are_refused_by_name(services: ServiceWorld) -> None:
    classic = {"loadBalancerName": "old", "containerName": "web", "containerPort": 80}
    code, message = refusal(services.create, loadBalancers=[classic])
    assert code == "UnsupportedFeatureException"
    assert "Classic Load Balancers" in message


@pytest.mark.rule("D6", "D7", "D17")
def test_load_balancers_can_be_added_and_cleared_by_a_new_deployment(
    services: ServiceWorld,
) -> None:
    services.create()
    added = services.update(loadBalancers=[balancer()])
    assert added["loadBalancers"] == [balancer()]
    cleared = services.update(loadBalancers=[])
    assert cleared["loadBalancers"] == []
    first, second = (item["deployments"][0]["id"] for item in (added, cleared))
    assert first != second
