from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from ecsinfer.sandbox.state import Service
from tests.sandbox.engine.account import (
    Account,
    breaking,
    cpu_container,
    messages,
)
from tests.sandbox.engine.test_lifecycle import on_fargate


def settled(**spec: Any) -> tuple[Account, Service]:
    account = Account()
    service = on_fargate(account, cpu_container(), desired=2, **spec)
    account.run(300)
    return account, service


def broken(account: Account, image: str = "web:crash") -> Any:
    return account.definition(cpu_container(image), networkMode="awsvpc")


@pytest.mark.rule("D18", "D21", "D23")
def test_the_breaker_rolls_back_to_the_last_completed_revision() -> None:
    account, service = settled(deploymentConfiguration=breaking())
    [good] = service.deployments
    bad = account.deploy(service, broken(account))
    account.run(900)
    assert (bad.rollout, bad.state) == ("FAILED", "ROLLBACK_SUCCESSFUL")
    assert bad.rollout_reason == "ECS deployment circuit breaker: tasks failed to start."
    assert bad.rollback["serviceRevisionArn"] == good.revision.arn
    [primary] = service.deployments
    assert primary.number not in {good.number, bad.number}
    assert (primary.rollout, primary.revision) == ("COMPLETED", good.revision)
    assert service.task_definition == good.revision.task_definition
    assert len(account.running(service)) == 2
    told = messages(service)
    failed = f"(deployment ecs-svc/{bad.number}) deployment failed: tasks failed to start."
    assert told.index(failed) < told.index(f"rolling back to deployment ecs-svc/{good.number}.")


@pytest.mark.rule("D24")
def test_the_first_deployment_has_nothing_to_roll_back_to() -> None:
    account = Account()
    box = cpu_container("web:missing")
    service = on_fargate(account, box, desired=2, deploymentConfiguration=breaking())
    account.run(900)
    [only] = service.deployments
    assert (only.rollout, only.state) == ("FAILED", "ROLLBACK_FAILED")
    assert "No rollback candidate was found" in only.state_reason
    count = len(account.tasks(service))
    account.run(3600)
    assert len(account.tasks(service)) <= count


def test_without_rollback_the_deployment_fails_and_old_tasks_stay() -> None:
    account, service = settled(deploymentConfiguration=breaking(rollback=False))
    bad = account.deploy(service, broken(account))
    account.run(900)
    assert (bad.rollout, bad.state) == ("FAILED", "STOPPED")
    assert bad.stopped_at is not None
    assert {task.containers[0].image for task in account.running(service)} == {"web:1"}


@pytest.mark.rule("D18")
def test_a_count_threshold_trips_at_that_count() -> None:
    threshold = {"type": "COUNT", "value": 7}
    configuration = breaking(thresholdConfiguration=threshold)
    account, service = settled(deploymentConfiguration=configuration)
    bad = account.deploy(service, broken(account))
    account.run(3600)
    assert bad.breaker == "TRIGGERED"
    assert bad.failures == 7


@pytest.mark.rule("D21")
def test_a_healthy_task_forgives_the_failures_before_it() -> None:
    account, service = settled(deploymentConfiguration=breaking())
    deployment = service.deployments[0]
    deployment.failed_tasks, deployment.failures = 2, 2
    account.engine.stop_task(account.running(service)[0], "test", "UserInitiated")
    account.run(300)
    assert (deployment.failed_tasks, deployment.failures) == (0, 0)


@pytest.mark.rule("J7")
def test_restarts_are_spaced_out_up_to_a_quarter_of_an_hour_and_told() -> None:
    account = Account()
    service = on_fargate(account, cpu_container("web:missing"))
    starts: dict[str, Any] = {}

    def watch() -> None:
        for task in account.tasks(service):
            starts.setdefault(task.arn, task.created_at)

    account.run(3 * 3600, watch)
    moments = list(starts.values())
    gaps = [(b - a).total_seconds() for a, b in pairwise(moments)]
    assert gaps[0] < 60
    assert 900 <= gaps[-1] < 1000
    assert any("unable to consistently start tasks" in item for item in messages(service))


def test_an_update_resets_the_spacing() -> None:
    account = Account()
    service = on_fargate(account, cpu_container("web:missing"))
    account.run(3600)
    assert service.throttled_until is not None
    account.deploy(service, broken(account, "web:2"))
    account.run(120)
    assert len(account.running(service)) == 1


@pytest.mark.rule("D24")
def test_a_stopped_deployment_rolls_back_on_request() -> None:
    account, service = settled()
    new = account.deploy(service, broken(account, "web:slow"))
    account.run(20)
    account.engine.stop_deployment(service, new, "ROLLBACK")
    assert new.state == "ROLLBACK_REQUESTED"
    account.run(300)
    assert new.state == "ROLLBACK_SUCCESSFUL"
    assert {task.containers[0].image for task in account.running(service)} == {"web:1"}


def test_an_aborted_deployment_stays_where_it_is() -> None:
    account, service = settled()
    new = account.deploy(service, broken(account, "web:slow"))
    account.run(20)
    account.engine.stop_deployment(service, new, "ABORT")
    assert new.state == "STOP_REQUESTED"
    account.run(300)
    assert new.state == "STOPPED"
    assert service.deployments[0] is new
