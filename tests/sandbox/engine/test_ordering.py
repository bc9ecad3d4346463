from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.sandbox.engine import ordering
from ecsinfer.sandbox.scenario import ImageBehaviour, Scenario, Timings
from ecsinfer.sandbox.state import Container, Service, Task
from tests.sandbox.engine.account import Account, cpu_container
from tests.sandbox.engine.test_lifecycle import on_fargate

CHECK = {"command": ["CMD", "true"], "interval": 10, "retries": 10}


def account(**images: ImageBehaviour) -> Account:
    """Images are pulled in no time, and those named do something else than run."""
    behaviours = tuple((f"{name}:1", behaviour) for name, behaviour in images.items())
    return Account(Scenario(timings=Timings(fargate=0, eni=0, pull=1, load=60), images=behaviours))


def first(name: str, **more: Any) -> dict[str, Any]:
    """A container that another one waits for."""
    return cpu_container(f"{name}:1", name=name, essential=False, **more)


def then(other: str, condition: str) -> dict[str, Any]:
    """A container that waits for another one."""
    return cpu_container(dependsOn=[{"containerName": other, "condition": condition}])


def task_of(world: Account, service: Service, status: str = "RUNNING") -> Task:
    return world.tasks(service, status)[0]


def status_of(task: Task) -> dict[str, str]:
    return {container.name: container.status for container in task.containers}


def seconds_until_running(world: Account, *containers: dict[str, Any]) -> float:
    """From the end of the pull until the task is RUNNING."""
    service = on_fargate(world, *containers)
    world.run(300)
    task = task_of(world, service)
    assert task.started_at
    assert task.pull_stopped_at
    return (task.started_at - task.pull_stopped_at).total_seconds()


@pytest.mark.rule("C16")
def test_a_container_may_wait_for_the_start_of_another_which_takes_no_time() -> None:
    assert seconds_until_running(account(), then("side", "START"), first("side")) == 1


@pytest.mark.rule("C16")
@pytest.mark.parametrize("condition", ["COMPLETE", "SUCCESS"])
def test_a_container_waits_for_one_that_initialises(condition: str) -> None:
    world = account(init=ImageBehaviour(after=40))
    assert seconds_until_running(world, then("init", condition), first("init")) == 41


@pytest.mark.rule("C16")
def test_a_task_is_pending_while_a_container_waits_and_runs_on_without_the_one_that_ended() -> None:
    world = account(init=ImageBehaviour(after=40))
    service = on_fargate(world, then("init", "SUCCESS"), first("init"))
    world.run(20)
    task = task_of(world, service, "PENDING")
    assert (task.last_status, status_of(task)) == ("PENDING", {"app": "PENDING", "init": "RUNNING"})
    world.run(100)
    assert (task.last_status, status_of(task)) == ("RUNNING", {"app": "RUNNING", "init": "STOPPED"})
    assert {container.name: container.exit_code for container in task.containers} == {
        "app": None,
        "init": 0,
    }


@pytest.mark.rule("C16")
def test_one_that_fails_completes_and_does_not_succeed() -> None:
    failing = ImageBehaviour("crash", exit_code=3, after=10)
    assert (
        seconds_until_running(account(init=failing), then("init", "COMPLETE"), first("init")) == 11
    )

    world = account(init=failing)
    service = on_fargate(world, then("init", "SUCCESS"), first("init"))
    world.run(60)
    task = task_of(world, service, "STOPPED")
    assert task.stop_code == "TaskFailedToStart"
    assert task.stopped_reason == (
        "CannotStartContainerError: dependency graph: failed to resolve container ordering "
        "dependency [init(init:1) (STOPPED->RUNNING) - Exit: 3] for target [app(web:1) "
        "(NONE->RUNNING)] as dependency did not exit successfully."
    )
    assert [each.exit_code for each in task.containers] == [143, 3]
    assert task.started_at is None


@pytest.mark.rule("C16")
def test_a_container_waits_until_another_one_is_healthy() -> None:
    world = account()
    side = first("side", healthCheck=CHECK)
    assert seconds_until_running(world, then("side", "HEALTHY"), side) == 61


@pytest.mark.rule("C16")
def test_a_start_time_out_ends_the_wait_and_the_task() -> None:
    world = account(side=ImageBehaviour("slow", load=90))
    side = first("side", healthCheck=CHECK, startTimeout=30)
    service = on_fargate(world, then("side", "HEALTHY"), side)
    world.run(40)
    task = task_of(world, service, "STOPPED")
    assert task.stopped_reason == (
        "CannotStartContainerError: dependency graph: container ordering dependency [side(side:1) "
        "(RUNNING->RUNNING)] for target [app(web:1) (NONE->RUNNING)] has timed out."
    )


@pytest.mark.rule("C16")
def test_a_start_time_out_that_is_kept_ends_nothing() -> None:
    side = first("side", healthCheck=CHECK, startTimeout=70)
    assert seconds_until_running(account(), then("side", "HEALTHY"), side) == 61


@pytest.mark.rule("C16")
def test_a_container_stops_before_the_one_it_has_waited_for() -> None:
    world = account()
    service = on_fargate(world, then("side", "START"), first("side"))
    world.run(60)
    task = task_of(world, service)
    service.desired = 0
    world.engine.service_changed(service)
    stop = world.scenario.timings.stop
    world.run(stop + 2)
    assert (task.last_status, status_of(task)) == (
        "STOPPING",
        {"app": "STOPPED", "side": "RUNNING"},
    )
    world.run(stop)
    assert (task.last_status, status_of(task)) == ("STOPPED", {"app": "STOPPED", "side": "STOPPED"})


@pytest.mark.rule("C12")
@pytest.mark.parametrize(
    ("sizes", "what"),
    [({"memory": 5}, "limit"), ({"memory": 64, "memoryReservation": 5}, "reservation")],
)
def test_less_than_six_mib_is_refused_by_the_docker_daemon(
    sizes: dict[str, int], what: str
) -> None:
    world = account()
    service = on_fargate(world, {"image": "web:1", **sizes})
    world.run(10)
    assert task_of(world, service, "STOPPED").stopped_reason == (
        "CannotCreateContainerError: Error response from daemon: Minimum memory "
        f"{what} allowed is 6MB"
    )


CONDITIONS = st.sampled_from(["START", "COMPLETE", "SUCCESS", "HEALTHY"])


@given(st.lists(st.lists(st.tuples(st.integers(0, 7), CONDITIONS), max_size=3), max_size=8))
def test_containers_start_once_and_only_after_what_they_wait_for(
    wanted: list[list[tuple[int, str]]],
) -> None:
    containers = []
    for number, waits in enumerate(wanted):
        earlier = [(other, condition) for other, condition in waits if other < number]
        depends = [{"containerName": str(each), "condition": what} for each, what in earlier]
        containers.append(Container(str(number), "", "", definition={"dependsOn": depends}))
    task = Task("", "", "", "", Account().world.now(), containers=containers)
    began: list[str] = []
    while chosen := ordering.ready(task):
        for container in chosen:
            began.append(container.name)
            container.status, container.health = "RUNNING", "HEALTHY"
            if ordering.must_end(task, container):
                container.status, container.exit_code = "STOPPED", 0

    assert ordering.started(task)
    assert sorted(began) == [container.name for container in containers]
    for container in containers:
        for dependency in container.definition["dependsOn"]:
            assert began.index(dependency["containerName"]) < began.index(container.name)
