from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.sandbox.engine.launching import next_provider
from ecsinfer.sandbox.scenario import Scenario
from ecsinfer.sandbox.state import Task
from tests.sandbox.engine.account import (
    SUBNETS,
    ZONES,
    Account,
    cpu_container,
    gpu_container,
    messages,
    strategy,
)
from tests.sandbox.engine.test_lifecycle import NETWORK, on_fargate


def item(name: str, weight: int, base: int = 0) -> dict[str, Any]:
    return {"capacityProvider": name, "weight": weight, "base": base}


def spread(rules: list[dict[str, Any]], count: int) -> Counter[str]:
    used: Counter[str] = Counter()
    for _ in range(count):
        used[next_provider(rules, used)] += 1
    return used


@pytest.mark.rule("B18")
@pytest.mark.parametrize(
    ("rules", "count", "expected"),
    [
        ([item("od", 1, 2), item("spot", 3)], 2, {"od": 2}),
        ([item("od", 1, 2), item("spot", 3)], 10, {"od": 4, "spot": 6}),
        ([item("od", 0, 2), item("spot", 1)], 6, {"od": 2, "spot": 4}),
        ([item("od", 1)], 3, {"od": 3}),
    ],
)
def test_bases_come_first_and_weights_share_the_rest(
    rules: list[dict[str, Any]], count: int, expected: dict[str, int]
) -> None:
    assert spread(rules, count) == expected


@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 100))
def test_weights_are_kept_within_one_task(left: int, right: int, count: int) -> None:
    used = spread([item("a", left), item("b", right)], count)
    assert abs(used["a"] - count * left / (left + right)) < 1 + 1e-9


def alone(account: Account, number: int = 0, **fields: Any) -> Task:
    """A stand-alone task of the newest definition, not started yet."""
    revisions = account.world.task_definitions["app"]
    return Task(
        arn=account.world.arn(f"task/main/{number:032x}"),
        cluster="main",
        definition=revisions[-1].arn,
        group="family:app",
        created_at=account.world.now(),
        **fields,
    )


@pytest.mark.rule("J7")
def test_run_task_says_why_there_is_no_place() -> None:
    account = Account()
    account.definition(gpu_container())
    nowhere = "No Container Instances were found in your cluster."
    assert account.engine.run_task(alone(account), []) == nowhere
    account.group(desired=1)
    account.run(130)
    assert account.engine.run_task(alone(account, 1), []) == ""
    assert account.engine.run_task(alone(account, 2), []) == "RESOURCE:GPU"
    assert [task.arn[-1] for task in account.tasks()] == ["1"]


def test_run_task_with_a_strategy_waits_for_capacity() -> None:
    account = Account()
    account.provider(account.group())
    account.definition(gpu_container())
    task = alone(account)
    assert account.engine.run_task(task, strategy("asg")) == ""
    assert task.last_status == "PROVISIONING"
    account.run(400)
    assert task.last_status == "RUNNING"


def test_start_task_takes_the_named_instance_or_nothing() -> None:
    account = Account()
    account.group(desired=2)
    account.run(130)
    account.definition(gpu_container())
    second = account.instances()[1].arn
    assert account.engine.run_task(alone(account, 1, container_instance=second), []) == ""
    full = alone(account, 2, container_instance=second)
    assert account.engine.run_task(full, []) == "RESOURCE:GPU"


def test_a_stand_alone_task_that_ends_is_not_replaced() -> None:
    account = Account()
    account.definition(cpu_container("job:crash"), networkMode="awsvpc")
    task = alone(account, launch_type="FARGATE", network=NETWORK)
    account.engine.run_task(task, [])
    account.run(300)
    assert (task.last_status, task.containers[0].exit_code) == ("STOPPED", 1)
    assert account.tasks() == [task]


def test_fargate_needs_no_instance_and_spreads_over_subnets() -> None:
    account = Account()
    definition = account.definition(cpu_container(), networkMode="awsvpc")
    service = account.service(
        definition,
        desired=6,
        capacityProviderStrategy=strategy("FARGATE"),
        networkConfiguration=NETWORK,
    )
    account.run(200)
    assert Counter(task.zone for task in account.running(service)) == {
        "us-east-1a": 2,
        "us-east-1b": 2,
        "us-east-1c": 2,
    }
    assert {task.launch_type for task in account.running(service)} == {"FARGATE"}


@pytest.mark.rule("J6")
def test_interfaces_limit_awsvpc_tasks_on_an_instance() -> None:
    account = Account()
    account.group(instance_type="m5.large", desired=1)
    account.run(130)
    definition = account.definition(cpu_container(memory=128), networkMode="awsvpc")
    service = account.service(definition, desired=4, launchType="EC2", networkConfiguration=NETWORK)
    account.run(200)
    assert len(account.running(service)) == 2
    assert 'encountered error "RESOURCE:ENI"' in service.events[0].message


def test_a_fixed_host_port_is_used_once_per_instance() -> None:
    account = Account()
    account.group(instance_type="m5.large", desired=2)
    account.run(130)
    box = cpu_container(portMappings=[{"containerPort": 80, "hostPort": 80}])
    service = account.service(account.definition(box), desired=3, launchType="EC2")
    account.run(200)
    assert len({task.container_instance for task in account.running(service)}) == 2
    assert "already using a port required by your task" in service.events[0].message


def test_dynamic_host_ports_differ() -> None:
    account = Account()
    account.group(instance_type="m5.large", desired=1)
    account.run(130)
    box = cpu_container(portMappings=[{"containerPort": 80, "hostPort": 0}])
    service = account.service(account.definition(box), desired=3, launchType="EC2")
    account.run(200)
    ports = {task.containers[0].bindings[0]["hostPort"] for task in account.running(service)}
    assert len(ports) == 3


SCARCE = (
    "Capacity is unavailable at this time. Please try again later or in a different availability "
    "zone"
)


@pytest.mark.rule("J7")
@pytest.mark.parametrize(
    ("scarce", "capacity"),
    [
        (("FARGATE",), {"launchType": "FARGATE"}),
        (tuple(f"FARGATE@{zone}" for zone in ZONES), {"launchType": "FARGATE"}),
        (("FARGATE_SPOT",), {"capacityProviderStrategy": strategy("FARGATE_SPOT")}),
    ],
)
def test_a_service_tells_that_fargate_has_no_host_and_tries_again(
    scarce: tuple[str, ...], capacity: dict[str, Any]
) -> None:
    account = located(Scenario(no_capacity=scarce))
    definition = account.definition(cpu_container(), networkMode="awsvpc")
    service = account.service(definition, networkConfiguration=NETWORK, **capacity)
    account.run(600)
    assert account.tasks(service) == []
    assert any(f"was unable to place a task. Reason: {SCARCE}." in it for it in messages(service))
    account.world.scenario = Scenario()
    account.run(300)
    assert len(account.running(service)) == 1


@pytest.mark.rule("J7")
def test_fargate_tasks_go_to_the_zones_that_have_hosts() -> None:
    account = located(Scenario(no_capacity=(f"FARGATE@{ZONES[0]}",)))
    service = on_fargate(account, cpu_container(), desired=4)
    account.run(300)
    assert Counter(task.zone for task in account.running(service)) == {ZONES[1]: 2, ZONES[2]: 2}


@pytest.mark.rule("J7")
def test_run_task_fails_where_fargate_has_no_host() -> None:
    account = Account(Scenario(no_capacity=("FARGATE",)))
    account.definition(cpu_container(), networkMode="awsvpc")
    task = alone(account, launch_type="FARGATE", network=NETWORK)
    assert account.engine.run_task(task, []) == SCARCE
    assert account.world.tasks == {}


def located(scenario: Scenario) -> Account:
    """An account that knows the zones of its subnets."""
    account = Account(scenario)
    zones = {subnet: zone for zone, subnet in SUBNETS.items()}
    account.engine.zone_of_subnet = zones.__getitem__
    return account
