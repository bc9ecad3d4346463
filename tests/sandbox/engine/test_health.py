from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.scenario import Scenario, Timings
from ecsinfer.sandbox.state import Service
from tests.sandbox.engine.account import Account, breaking, cpu_container, messages
from tests.sandbox.engine.test_lifecycle import TARGETS, on_fargate

BALANCER = {"targetGroupArn": TARGETS, "containerName": "app", "containerPort": 8000}


def check(**values: int) -> dict[str, Any]:
    return {"command": ["CMD", "true"], "interval": 10, "retries": 3, **values}


def loading(seconds: float) -> Account:
    return Account(Scenario(timings=Timings(load=seconds)))


def images(service: Service, account: Account) -> set[str]:
    return {task.containers[0].image for task in account.running(service)}


def test_a_task_without_checks_counts_forty_seconds_after_running() -> None:
    account = Account()
    service = on_fargate(account, cpu_container())
    account.run(120)
    [task] = account.running(service)
    assert service.deployments[0].rollout == "IN_PROGRESS"
    account.run(30)
    assert service.deployments[0].rollout == "COMPLETED"
    assert task.health == "UNKNOWN"


def test_a_container_check_is_waited_for() -> None:
    account = loading(100)
    service = on_fargate(account, cpu_container(healthCheck=check(startPeriod=300)))
    account.run(170)
    assert service.deployments[0].rollout == "IN_PROGRESS"
    account.run(60)
    [task] = account.running(service)
    assert (task.health, task.containers[0].health) == ("HEALTHY", "HEALTHY")
    assert service.deployments[0].rollout == "COMPLETED"


def test_the_check_of_a_container_that_is_not_essential_is_no_check_of_the_task() -> None:
    account = loading(1000)
    side = cpu_container(name="side", essential=False, healthCheck=check())
    service = on_fargate(account, cpu_container(), side)
    account.run(200)
    [task] = account.running(service)
    assert [each.health for each in task.containers] == ["UNKNOWN", "UNHEALTHY"]
    assert (task.health, service.deployments[0].rollout) == ("UNKNOWN", "COMPLETED")


def test_a_load_longer_than_the_start_period_is_a_kill_loop() -> None:
    account = loading(100)
    service = on_fargate(account, cpu_container(healthCheck=check()))
    account.run(400)
    reasons = {task.stopped_reason for task in account.tasks(service, "STOPPED")}
    assert reasons == {"Task failed container health checks"}
    assert any("failed container health checks." in item for item in messages(service))


@pytest.mark.rule("G7")
def test_load_balancer_checks_kill_what_loads_longer_than_the_grace_period() -> None:
    account = loading(100)
    box = cpu_container()
    service = on_fargate(account, box, loadBalancers=[BALANCER], healthCheckGracePeriodSeconds=20)
    account.run(600)
    stopped = account.tasks(service, "STOPPED")
    assert stopped[0].stopped_reason == (
        f"Task failed ELB health checks in (target-group {TARGETS})"
    )
    assert any("is unhealthy in (target-group" in item for item in messages(service))


def test_a_long_enough_grace_period_lets_it_load() -> None:
    account = loading(100)
    box = cpu_container()
    service = on_fargate(account, box, loadBalancers=[BALANCER], healthCheckGracePeriodSeconds=200)
    account.run(600)
    assert service.deployments[0].rollout == "COMPLETED"
    assert account.tasks(service, "STOPPED") == []


@pytest.mark.rule("G7")
def test_health_failures_trip_the_breaker() -> None:
    account = loading(5)
    service = on_fargate(
        account, cpu_container(), loadBalancers=[BALANCER], deploymentConfiguration=breaking()
    )
    account.run(300)
    definition = account.definition(cpu_container("web:unhealthy"), networkMode="awsvpc")
    bad = account.deploy(service, definition)
    account.run(1800)
    assert bad.state == "ROLLBACK_SUCCESSFUL"
    assert images(service, account) == {"web:1"}


@pytest.mark.rule("G6")
def test_a_target_group_that_is_gone_keeps_the_task_from_being_healthy() -> None:
    account = loading(5)
    gone = {**BALANCER, "targetGroupArn": "arn:aws:elasticloadbalancing:gone"}
    service = on_fargate(account, cpu_container(), loadBalancers=[gone])
    account.run(300)
    assert service.deployments[0].rollout == "IN_PROGRESS"
    assert any("TARGET GROUP IS NOT FOUND" in item for item in messages(service))


def test_targets_are_drained_before_the_task_stops() -> None:
    account = loading(5)
    service = on_fargate(account, cpu_container(), desired=2, loadBalancers=[BALANCER])
    account.run(300)
    assert f"registered 2 targets in (target-group {TARGETS})" in messages(service)
    service.desired = 1
    account.engine.service_changed(service)
    account.run(20)
    assert [task.last_status for task in account.tasks(service)].count("DEACTIVATING") == 1
    assert len(account.elb.targets) == 1
    told = messages(service)
    assert f"deregistered 1 targets in (target-group {TARGETS})" in told
    assert "has begun draining connections on 1 tasks." in told
    account.run(60)
    assert len(account.tasks(service, "STOPPED")) == 1
