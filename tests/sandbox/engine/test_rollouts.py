from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ecsinfer.sandbox.state import Service
from tests.sandbox.engine.account import (
    SUBNETS,
    ZONES,
    Account,
    cpu_container,
    deploying,
    gpu_container,
    long_rollout,
    messages,
    strategy,
)


def fleet_of(size: int, **spec: Any) -> tuple[Account, Service]:
    """A settled service of `size` one-GPU tasks on as many one-GPU instances."""
    account = Account()
    account.provider(account.group(desired=size, maximum=size))
    account.run(130)
    definition = account.definition()
    service = account.service(
        definition, desired=size, capacityProviderStrategy=strategy("asg"), **spec
    )
    account.run(300)
    assert len(account.running(service)) == size
    return account, service


def test_the_first_deployment_reaches_a_steady_state_and_says_so() -> None:
    _, service = fleet_of(2)
    [deployment] = service.deployments
    assert (deployment.status, deployment.rollout) == ("PRIMARY", "COMPLETED")
    assert deployment.state == "SUCCESSFUL"
    number = deployment.number
    assert deployment.rollout_reason == f"ECS deployment ecs-svc/{number} completed."
    assert messages(service)[-2:] == [
        f"(deployment ecs-svc/{number}) deployment completed.",
        "has reached a steady state.",
    ]


def test_a_surge_replaces_every_task_and_leaves_one_deployment() -> None:
    account, service = fleet_of(2)
    account.fleet.groups["gpu"].maximum = 4
    new = account.deploy(service, account.definition(gpu_container("model:2")))
    assert [item.status for item in service.deployments] == ["PRIMARY", "ACTIVE"]
    account.run(900)
    assert service.deployments == [new]
    assert new.state == "SUCCESSFUL"
    assert {task.containers[0].image for task in account.running(service)} == {"model:2"}


def test_in_place_stops_one_task_at_a_time() -> None:
    account, service = fleet_of(4, deploymentConfiguration=deploying(75, 100))
    account.deploy(service, account.definition(gpu_container("model:2")))
    counts: list[int] = []
    account.run(1200, lambda: counts.append(len(account.running(service))))
    assert min(counts) == 3
    assert len(service.deployments) == 1
    assert {task.containers[0].image for task in account.running(service)} == {"model:2"}


@pytest.mark.rule("D14")
@pytest.mark.parametrize(("minimum", "maximum"), [(100, 100), (100, 125)])
def test_a_deadlock_moves_nothing_and_is_told(minimum: int, maximum: int) -> None:
    account, service = fleet_of(3, deploymentConfiguration=deploying(minimum, maximum))
    new = account.deploy(service, account.definition(gpu_container("model:2")))
    account.run(3600)
    assert new.rollout == "IN_PROGRESS"
    assert {task.containers[0].image for task in account.running(service)} == {"model:1"}
    assert any("was unable to stop or start tasks during" in item for item in messages(service))


@pytest.mark.rule("D14")
def test_a_surge_without_a_spare_gpu_waits_for_ever() -> None:
    account, service = fleet_of(2)
    new = account.deploy(service, account.definition(gpu_container("model:2")))
    account.run(1500)
    assert new.rollout == "IN_PROGRESS"
    waiting = [task for task in account.tasks(service) if task.last_status == "PROVISIONING"]
    assert len(waiting) == 2
    assert len(account.running(service)) == 2


@pytest.mark.rule("D21")
def test_a_bad_deployment_without_a_breaker_stays_in_progress() -> None:
    account, service = fleet_of(2, deploymentConfiguration=deploying(50, 100))
    new = account.deploy(service, account.definition(gpu_container("model:crash")))
    account.run(7200)
    assert (new.rollout, new.state) == ("IN_PROGRESS", "IN_PROGRESS")
    assert new.failed_tasks > 3


def test_a_newer_deployment_takes_the_place_of_one_in_progress() -> None:
    account, service = fleet_of(2, deploymentConfiguration=deploying(50, 100))
    first = account.deploy(service, account.definition(gpu_container("model:2")))
    account.run(5)
    second = account.deploy(service, account.definition(gpu_container("model:3")))
    account.run(900)
    assert first.state == "STOPPED"
    assert second.state == "SUCCESSFUL"
    assert {task.containers[0].image for task in account.running(service)} == {"model:3"}


def test_scaling_in_keeps_zones_in_balance() -> None:
    account = Account()
    account.group(instance_type="m5.large", desired=3)
    account.run(130)
    service = account.service(account.definition(cpu_container()), launchType="EC2", desired=6)
    account.run(200)
    service.desired = 3
    account.engine.service_changed(service)
    account.run(100)
    assert len({task.zone for task in account.running(service)}) == 3


def test_binpack_scale_in_empties_an_instance() -> None:
    account = Account()
    account.group(instance_type="m5.large", desired=2)
    account.run(130)
    binpack = [{"type": "binpack", "field": "memory"}]
    box = cpu_container(memory=2048)
    service = account.service(
        account.definition(box), launchType="EC2", desired=5, placementStrategy=binpack
    )
    account.run(200)
    service.desired = 3
    account.engine.service_changed(service)
    account.run(100)
    assert len({task.container_instance for task in account.running(service)}) == 1


def test_a_protected_task_outlives_the_rollout_until_its_protection_ends() -> None:
    account, service = fleet_of(2, deploymentConfiguration=deploying(0, 200))
    kept = account.running(service)[0]
    kept.protected_until = account.world.now() + timedelta(minutes=30)
    new = account.deploy(service, account.definition(gpu_container("model:2")))
    account.run(1700)
    assert kept.last_status == "RUNNING"
    assert new.rollout == "IN_PROGRESS"
    account.run(600)
    assert kept.last_status == "STOPPED"
    assert new.rollout == "COMPLETED"


@pytest.mark.rule("D18")
def test_early_success_with_deferred_cleanup_does_not_wait_for_old_tasks() -> None:
    account, service = fleet_of(2)
    account.fleet.groups["gpu"].maximum = 4
    early = {"enable": True, "healthyPercent": 100, "sourceServiceRevisionCleanup": "DEFERRED"}
    service.spec["deploymentConfiguration"] = deploying(100, 200, earlySuccessCriteria=early)
    kept = account.running(service)[0]
    kept.protected_until = account.world.now() + timedelta(hours=2)
    new = account.deploy(service, account.definition(gpu_container("model:2")))
    account.run(900)
    assert new.state == "SUCCESSFUL"
    assert kept.last_status == "RUNNING"
    assert len(service.deployments) == 2


@pytest.mark.rule("D15")
def test_a_task_moves_to_a_zone_that_was_empty() -> None:
    account = Account()
    account.group(instance_type="m5.large", desired=1)
    account.run(130)
    service = account.service(
        account.definition(cpu_container()),
        launchType="EC2",
        desired=2,
        availabilityZoneRebalancing="ENABLED",
    )
    account.run(200)
    assert len({task.zone for task in account.running(service)}) == 1
    account.fleet.set_desired("gpu", 2, "more")
    account.run(600)
    assert len(account.running(service)) == 2
    assert len({task.zone for task in account.running(service)}) == 2
    assert any("AZ Rebalancing in progress" in item for item in messages(service))


@pytest.mark.rule("D15")
def test_no_task_moves_for_a_zone_that_its_subnets_are_not_in() -> None:
    account = Account()
    account.group(instance_type="m5.large", desired=3)  # one in every zone
    account.run(130)
    subnets = [SUBNETS[zone] for zone in ZONES[:2]]
    service = account.service(
        account.definition(cpu_container(), networkMode="awsvpc"),
        launchType="EC2",
        desired=3,
        networkConfiguration={"awsvpcConfiguration": {"subnets": subnets}},
        availabilityZoneRebalancing="ENABLED",
    )
    account.run(900)
    assert {task.zone for task in account.running(service)} == set(ZONES[:2])
    assert not any("AZ Rebalancing" in item for item in messages(service))


@pytest.mark.rule("D25")
def test_a_deleted_service_drains_before_it_is_inactive() -> None:
    account, service = fleet_of(2)
    account.engine.service_deleted(service)
    account.run(2)
    assert service.status == "DRAINING"
    account.run(60)
    assert service.status == "INACTIVE"
    assert service.deployments == []
    assert not account.world.live_tasks("main")


def test_no_desired_tasks_complete_at_once() -> None:
    account = Account()
    service = account.service(account.definition(), desired=0, launchType="EC2")
    account.run(2)
    assert service.deployments[0].state == "SUCCESSFUL"


def test_launch_type_ec2_waits_outside_of_tasks_until_there_is_room() -> None:
    account = Account()
    service = account.service(account.definition(), launchType="EC2")
    account.run(60)
    assert account.tasks(service) == []
    assert "No Container Instances were found in your cluster" in messages(service)[0]
    account.group(desired=1)
    account.run(300)
    assert len(account.running(service)) == 1


def test_a_rollout_of_forty_five_minutes_costs_few_steps() -> None:
    account, service = long_rollout(tasks=8)
    clock = account.world.clock
    end = clock.now() + timedelta(minutes=45)
    steps = 0
    while clock._queue and clock._queue[0][0] <= end:
        steps += 1
        clock.advance_to(clock._queue[0][0])
    assert len(service.deployments) == 1
    assert steps < 600
