"""What was forgotten is found by its tag, and nothing is asked where nothing can have been."""

from __future__ import annotations

from typing import Any

from ecsinfer.kinds import forgotten
from ecsinfer.kinds.forgotten import Named
from tests.kinds.driving import drive, rounds

NAMED = Named("app", "inference", ("llm",), frozenset({"gpu"}))
OURS = [{"key": "ecsinfer:app", "value": "app"}]


def service(name: str, tags: list[dict[str, str]], status: str = "ACTIVE") -> dict[str, Any]:
    arn = f"arn:aws:ecs:r:a:task-definition/app-{name}:3"
    return {"serviceName": name, "status": status, "tags": tags, "taskDefinition": arn}


def world(*services: dict[str, Any], providers: tuple[str, ...] = ("gpu",)) -> dict[str, Any]:
    active = [each for each in services if each["status"] == "ACTIVE"]
    cluster = {
        "clusterName": "inference",
        "status": "ACTIVE",
        "activeServicesCount": len(active),
        "capacityProviders": list(providers),
    }
    return {
        "DescribeClusters": {"clusters": [cluster]},
        "DescribeServices": {"services": list(services)},
        "ListServices": {"serviceArns": [f"arn:s/{each['serviceName']}" for each in active]},
    }


def test_an_application_alone_in_its_cluster_is_asked_nothing_more() -> None:
    answers = world(service("llm", OURS), providers=("gpu", "FARGATE"))
    found, asked = rounds(forgotten.services(NAMED, closely=False), answers)
    assert (found, len(asked)) == ({}, 1)
    found, asked = rounds(forgotten.providers(NAMED, closely=False), answers)
    assert (found, len(asked)) == ({}, 1)


def test_of_the_services_that_are_not_named_those_with_our_tag_are_forgotten() -> None:
    answers = world(service("llm", OURS), service("old", OURS), service("theirs", []))
    assert drive(forgotten.services(NAMED, closely=False), answers) == {"old": "app-old"}


def test_a_service_that_drains_is_found_by_its_tasks() -> None:
    answers = {
        **world(service("llm", OURS), service("old", OURS, "DRAINING")),
        "ListTasks": {"taskArns": ["arn:t/1"]},
        "DescribeTasks": {"tasks": [{"taskArn": "arn:t/1", "group": "service:old"}]},
    }
    assert drive(forgotten.services(NAMED, closely=False), answers) == {}
    assert drive(forgotten.services(NAMED, closely=True), answers) == {"old": "app-old"}


def test_providers_of_both_kinds_are_forgotten_and_another_clusters_are_not() -> None:
    def described(read: Any) -> dict[str, Any]:
        group = {"autoScalingGroupProvider": {"autoScalingGroupArn": "arn:g"}}
        here = [
            {"name": "mi", "tags": OURS, "managedInstancesProvider": {}},
            {"name": "old", "tags": OURS, **group},
            {"name": "theirs", "tags": [], **group},
        ]
        everywhere = [{"name": name, "tags": OURS, **group} for name in ("gpu", "loose", "there")]
        return {"capacityProviders": here if "cluster" in read.params else everywhere}

    def clusters(read: Any) -> dict[str, Any]:
        elsewhere = {"clusterName": "else", "status": "ACTIVE", "capacityProviders": ["there"]}
        answer = world(providers=("gpu", "mi", "old", "theirs"))["DescribeClusters"]["clusters"]
        return {"clusters": [*answer, elsewhere]}

    answers = {
        "DescribeClusters": clusters,
        "DescribeCapacityProviders": described,
        "ListClusters": {"clusterArns": ["arn:c/inference", "arn:c/else"]},
    }
    near = {"mi": "", "old": "arn:g"}
    assert drive(forgotten.providers(NAMED, closely=False), answers) == near
    assert drive(forgotten.providers(NAMED, closely=True), answers) == {**near, "loose": "arn:g"}
