from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.ecs.service_world import CLUSTER, ServiceWorld, refusal


@pytest.fixture
def task(services: ServiceWorld) -> str:
    """A running task of a service."""
    services.create_on_fargate()
    services.sleep(300)
    return services.running_tasks()[0]


def protect(services: ServiceWorld, task: str, **changes: Any) -> dict[str, Any]:
    request = {"cluster": CLUSTER, "tasks": [task], "protectionEnabled": True, **changes}
    answer: dict[str, Any] = services.ecs.update_task_protection(**request)
    return answer


def protection(services: ServiceWorld, task: str) -> dict[str, Any]:
    answer = services.ecs.get_task_protection(cluster=CLUSTER, tasks=[task])
    found: dict[str, Any] = answer["protectedTasks"][0]
    return found


def test_protection_lasts_two_hours_unless_it_is_said(services: ServiceWorld, task: str) -> None:
    assert protection(services, task) == {"taskArn": task, "protectionEnabled": False}
    for minutes in ({}, {"expiresInMinutes": 10}):
        protected = protect(services, task, **minutes)["protectedTasks"][0]
        expires = services.sandbox.clock.now() + timedelta(
            minutes=minutes.get("expiresInMinutes", 120)
        )
        assert protected["expirationDate"] == expires
    services.sleep(601)
    assert protection(services, task)["protectionEnabled"] is False


def test_protection_can_be_lifted(services: ServiceWorld, task: str) -> None:
    protect(services, task)
    protect(services, task, protectionEnabled=False)
    assert protection(services, task)["protectionEnabled"] is False


def test_a_protected_task_survives_scaling_in(services: ServiceWorld, task: str) -> None:
    services.update(desiredCount=2)
    services.sleep(300)
    protect(services, task)
    services.update(desiredCount=1)
    services.sleep(300)
    assert services.running_tasks() == [task]


@pytest.mark.parametrize("minutes", [0, 2881])
def test_protection_lasts_one_minute_to_two_days(
    services: ServiceWorld, task: str, minutes: int
) -> None:
    code, _ = refusal(protect, services, task, expiresInMinutes=minutes)
    assert code == "InvalidParameterException"


def test_only_tasks_of_services_can_be_protected(services: ServiceWorld) -> None:
    services.add_instance()
    alone = services.ecs.run_task(cluster=CLUSTER, taskDefinition="web")["tasks"][0]["taskArn"]
    missing = services.world.arn(f"task/{CLUSTER}/{'0' * 32}")
    assert protect(services, alone)["failures"] == [{"arn": alone, "reason": "TASK_NOT_VALID"}]
    assert protect(services, missing)["failures"] == [{"arn": missing, "reason": "MISSING"}]


def test_without_names_every_service_task_is_told(services: ServiceWorld, task: str) -> None:
    answer = services.ecs.get_task_protection(cluster=CLUSTER)
    assert [item["taskArn"] for item in answer["protectedTasks"]] == [task]


def test_at_most_ten_tasks_are_protected_at_once(services: ServiceWorld, task: str) -> None:
    code, _ = refusal(protect, services, task, tasks=[task] * 11)
    assert code == "InvalidParameterException"
