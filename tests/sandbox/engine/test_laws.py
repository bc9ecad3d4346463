"""What holds whatever happens: in random lives of a service on a small fleet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecsinfer.capacity.rollout import bounds
from ecsinfer.sandbox.state import ContainerInstance, Service, Task
from tests.sandbox.engine.account import Account, breaking, gpu_container, strategy

IMAGES = ("model:1", "model:2", "model:3", "model:crash", "model:missing", "model:unhealthy")


@dataclass(frozen=True)
class Act:
    """Something a user or the world does, and how long it is left alone afterwards."""

    kind: str
    value: int
    seconds: int


ACTS = st.lists(
    st.builds(
        Act,
        kind=st.sampled_from(["scale", "deploy", "stop", "drain", "group", "lose"]),
        value=st.integers(0, 6),
        seconds=st.integers(1, 400),
    ),
    max_size=8,
)
PERCENTS = st.tuples(st.integers(0, 100), st.integers(100, 200))


def begin(desired: int, percents: tuple[int, int], *, breaker: bool) -> tuple[Account, Service]:
    account = Account()
    account.provider(
        account.group(instance_type="g5.12xlarge", desired=1, maximum=3),
        managedDraining="DISABLED",
    )
    configuration = breaking(rollback=True) if breaker else {}
    configuration |= {"minimumHealthyPercent": percents[0], "maximumPercent": percents[1]}
    service = account.service(
        account.definition(),
        desired=desired,
        capacityProviderStrategy=strategy("asg"),
        deploymentConfiguration=configuration,
    )
    return account, service


def act(account: Account, service: Service, what: Act) -> None:
    tasks, instances = account.running(service), account.instances()
    if what.kind == "scale":
        service.desired = what.value
        account.engine.service_changed(service)
    elif what.kind == "deploy":
        image = IMAGES[what.value % len(IMAGES)]
        account.deploy(service, account.definition(gpu_container(image)))
    elif what.kind == "stop" and tasks:
        account.engine.stop_task(tasks[what.value % len(tasks)], "test", "UserInitiated")
    elif what.kind == "drain" and instances:
        instance = instances[what.value % len(instances)]
        instance.status = "DRAINING" if instance.status == "ACTIVE" else "ACTIVE"
        account.engine.instance_status_changed(instance)
    elif what.kind == "group":
        account.fleet.set_desired("gpu", what.value % 4, "test")
    elif what.kind == "lose" and instances:
        account.fleet.terminate(
            instances[what.value % len(instances)].ec2_id, "test", decrement=True
        )


def live(account: Account, instance: ContainerInstance) -> list[Task]:
    return [
        task for task in account.world.live_tasks("main") if task.container_instance == instance.arn
    ]


def check_instances(account: Account) -> None:
    """No task without room, no GPU twice, and no GPU for the dead."""
    for instance in account.instances():
        tasks = live(account, instance)
        assert sum(1024 for _ in tasks) <= instance.cpu
        assert sum(4096 for _ in tasks) <= instance.memory
        pinned = [gpu for task in tasks for gpu in task.containers[0].gpu_ids]
        assert len(pinned) == len(set(pinned)) == len(tasks)
        held = {gpu.id: gpu.task for gpu in instance.gpus if gpu.task}
        assert set(held) == set(pinned)
        assert set(held.values()) == {task.arn for task in tasks}


def check_index(account: Account, service: Service) -> None:
    """The engine's own index is what the records say."""
    indexed = {run.task.arn for run in account.engine.ledger.of_service(service)}
    assert indexed == {task.arn for task in account.world.live_tasks("main", "web")}


def story(account: Account, service: Service, acts: list[Act]) -> list[Any]:
    """Everything a user could see of a life, in one value."""
    for what in acts:
        act(account, service, what)
        account.run(what.seconds)
    return [
        [(event.id, event.created_at, event.message) for event in service.events],
        [(task.arn, task.last_status, task.stopped_reason) for task in account.tasks()],
        [(item.number, item.state, item.rollout) for item in service.history],
        account.fleet.causes,
    ]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 6), PERCENTS, st.booleans(), ACTS)
def test_instances_are_never_overfilled_and_the_index_is_true(
    desired: int, percents: tuple[int, int], breaker: bool, acts: list[Act]
) -> None:
    account, service = begin(desired, percents, breaker=breaker)
    account.run(300)
    for what in acts:
        act(account, service, what)
        for _ in range(what.seconds // 20 + 1):
            account.run(20)
            check_instances(account)
            check_index(account, service)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6), PERCENTS, st.lists(st.integers(0, 5), max_size=3))
def test_deployments_keep_the_percents_by_their_own_doing(
    desired: int, percents: tuple[int, int], images: list[int]
) -> None:
    account, service = begin(desired, percents, breaker=False)
    account.run(1200)
    limits = bounds(desired, *percents)
    floor = min(limits.lower, len(account.running(service)))

    def watch() -> None:
        assert len(account.world.live_tasks("main", "web")) <= max(limits.upper, desired)
        good = [task for task in account.running(service) if task.stopped_reason == ""]
        assert len(good) >= floor

    for index in images:
        image = ("model:2", "model:3", "model:missing")[index % 3]
        account.deploy(service, account.definition(gpu_container(image)))
        account.run(200, watch)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 6), PERCENTS, st.booleans(), ACTS)
def test_two_runs_of_the_same_life_are_identical_and_in_order(
    desired: int, percents: tuple[int, int], breaker: bool, acts: list[Act]
) -> None:
    first, second = (story(*begin(desired, percents, breaker=breaker), acts) for _ in range(2))
    assert first == second
    moments = [moment for _, moment, _ in first[0]]
    assert moments == sorted(moments, reverse=True)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 6), st.booleans(), ACTS)
def test_a_healthy_service_recovers_from_whatever_befell_it(
    desired: int, breaker: bool, acts: list[Act]
) -> None:
    account, service = begin(desired, (50, 200), breaker=breaker)
    account.run(300)
    for what in acts:
        act(account, service, what)
        account.run(what.seconds)
    for instance in account.instances():
        instance.status = "ACTIVE"
        account.engine.instance_status_changed(instance)
    service.desired = desired
    account.deploy(service, account.definition(gpu_container("model:9")))
    account.run(3600)
    assert len(account.running(service)) == desired
    assert {task.containers[0].image for task in account.running(service)} == {"model:9"}
    assert [item.state for item in service.deployments] == ["SUCCESSFUL"]


@pytest.mark.parametrize("services", [300])
def test_idle_services_cost_no_time(services: int) -> None:
    account = Account()
    definition = account.definition()
    for number in range(services):
        account.service(definition, name=f"s{number}", desired=0, launchType="EC2")
    account.run(60)
    clock = account.world.clock
    steps = 0
    for _, _, timer in list(clock._queue):
        steps += not timer.cancelled
    assert steps <= services  # the steady state told again every six hours, and nothing else
