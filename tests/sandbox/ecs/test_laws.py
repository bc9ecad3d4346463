"""What holds of a described service whatever is done to it, and how many there may be."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.ecs.service_world import CLUSTER, ServiceWorld

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["scale", "deploy", "break", "stop", "wait"]),
        st.integers(0, 5),
        st.sampled_from([1, 7, 40, 200]),
    ),
    min_size=1,
    max_size=6,
)


def act(services: ServiceWorld, kind: str, value: int) -> None:
    running = services.running_tasks()
    if kind == "scale":
        services.update(desiredCount=value)
    elif kind in ("deploy", "break"):
        image = "web:crash" if kind == "break" else f"web:{value}"
        services.update(taskDefinition=services.register_awsvpc(container={"image": image}))
    elif kind == "stop" and running:
        services.ecs.stop_task(cluster=CLUSTER, task=running[value % len(running)])


def described_tasks(services: ServiceWorld) -> list[dict[str, Any]]:
    arns = [
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in services.ecs.list_tasks(cluster=CLUSTER, desiredStatus=status)["taskArns"]
    ]
    found: list[dict[str, Any]] = (
        services.ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"] if arns else []
    )
    return found


def check(services: ServiceWorld) -> None:
    """Running counts are the tasks, by service and by deployment; events are in order of time."""
    service = services.describe()
    running = Counter(
        task["startedBy"] for task in described_tasks(services) if task["lastStatus"] == "RUNNING"
    )
    assert service["runningCount"] == running.total()
    for deployment in service["deployments"]:
        assert deployment["runningCount"] == running[deployment["id"]]
    moments = [event["createdAt"] for event in service["events"]]
    assert moments == sorted(moments, reverse=True)


@settings(max_examples=8, deadline=None)
@given(STEPS)
def test_running_counts_are_the_tasks_and_events_are_in_order(
    steps: list[tuple[str, int, int]],
) -> None:
    services = ServiceWorld()
    services.create_on_fargate(desiredCount=3)
    for kind, value, seconds in steps:
        act(services, kind, value)
        check(services)
        services.sleep(seconds)
        check(services)


def test_a_thousand_services_are_created_and_described() -> None:
    assert ServiceWorld().create_many(1000) == [f"s{number}" for number in range(1000)]
