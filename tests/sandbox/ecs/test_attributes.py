from __future__ import annotations

from typing import Any

from tests.sandbox.ecs.service_world import CLUSTER, ServiceWorld, refusal


def listed(services: ServiceWorld, **filters: str) -> list[dict[str, Any]]:
    answer = services.ecs.list_attributes(
        cluster=CLUSTER, targetType="container-instance", **filters
    )
    attributes: list[dict[str, Any]] = answer["attributes"]
    return attributes


def test_custom_attributes_come_and_go(services: ServiceWorld) -> None:
    instance = services.add_instance()
    attribute = {"name": "stack", "value": "production", "targetId": instance.arn}
    put = services.ecs.put_attributes(cluster=CLUSTER, attributes=[attribute])
    assert put["attributes"] == [attribute]
    assert listed(services, attributeName="stack") == [attribute]
    assert listed(services, attributeName="stack", attributeValue="test") == []
    gone = {"name": "stack", "targetId": instance.arn}
    services.ecs.delete_attributes(cluster=CLUSTER, attributes=[gone])
    assert listed(services, attributeName="stack") == []


def test_the_agents_own_attributes_are_reserved(services: ServiceWorld) -> None:
    instance = services.add_instance()
    wrong = {"name": "ecs.instance-type", "value": "x", "targetId": instance.arn}
    code, _ = refusal(services.ecs.put_attributes, cluster=CLUSTER, attributes=[wrong])
    assert code == "InvalidParameterException"


def test_an_instance_has_at_most_ten_custom_attributes(services: ServiceWorld) -> None:
    instance = services.add_instance()

    def attribute(number: int) -> dict[str, str]:
        return {"name": f"a{number}", "value": "x", "targetId": instance.arn}

    services.ecs.put_attributes(
        cluster=CLUSTER, attributes=[attribute(number) for number in range(10)]
    )
    code, _ = refusal(services.ecs.put_attributes, cluster=CLUSTER, attributes=[attribute(10)])
    assert code == "AttributeLimitExceededException"


def test_an_unknown_target_is_not_found(services: ServiceWorld) -> None:
    wrong = {"name": "stack", "value": "x", "targetId": "0" * 32}
    code, _ = refusal(services.ecs.put_attributes, cluster=CLUSTER, attributes=[wrong])
    assert code == "TargetNotFoundException"
