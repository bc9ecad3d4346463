"""botocore's own waiters end on the embedded AWS as they do on AWS."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import WaiterError

from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.scenario import Scenario

# Every poll costs simulated time, as the pause between two polls does on AWS.
POLLING = Scenario(latency=15)
AT_ONCE = {"Delay": 0, "MaxAttempts": 100}
NETWORK = {"awsvpcConfiguration": {"subnets": list(furniture.SUBNETS)}}


@pytest.fixture
def ecs() -> Any:
    """A cluster ``c`` and a Fargate task definition for every image tag."""
    client: Any = Sandbox(POLLING).session().client("ecs")
    client.create_cluster(clusterName="c", capacityProviders=["FARGATE"])
    for tag in ("v1", "crash", "missing"):
        client.register_task_definition(
            family=tag,
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            executionRoleArn=furniture.EXECUTION_ROLE,
            containerDefinitions=[{"name": "main", "image": f"{furniture.VLLM}:{tag}"}],
        )
    return client


def wait(ecs: Any, name: str, **params: Any) -> None:
    ecs.get_waiter(name).wait(cluster="c", WaiterConfig=AT_ONCE, **params)


def create_service(ecs: Any, tag: str) -> None:
    ecs.create_service(
        cluster="c",
        serviceName="s",
        taskDefinition=tag,
        desiredCount=2,
        launchType="FARGATE",
        networkConfiguration=NETWORK,
    )


def run_task(ecs: Any, tag: str) -> str:
    task = ecs.run_task(
        cluster="c", taskDefinition=tag, launchType="FARGATE", networkConfiguration=NETWORK
    )["tasks"][0]
    return str(task["taskArn"])


def test_a_service_gets_stable_and_a_deleted_one_inactive(ecs: Any) -> None:
    create_service(ecs, "v1")
    wait(ecs, "services_stable", services=["s"])
    service = ecs.describe_services(cluster="c", services=["s"])["services"][0]
    assert service["runningCount"] == 2

    ecs.delete_service(cluster="c", service="s", force=True)
    wait(ecs, "services_inactive", services=["s"])
    with pytest.raises(WaiterError, match="terminal failure"):
        wait(ecs, "services_stable", services=["s"])


def test_a_service_whose_image_is_missing_never_gets_stable(ecs: Any) -> None:
    create_service(ecs, "missing")

    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        wait(ecs, "services_stable", services=["s"])


def test_a_task_runs_and_stops(ecs: Any) -> None:
    task = run_task(ecs, "v1")
    wait(ecs, "tasks_running", tasks=[task])

    ecs.stop_task(cluster="c", task=task)
    wait(ecs, "tasks_stopped", tasks=[task])


def test_a_task_that_crashes_is_a_failure_to_wait_for_its_running(ecs: Any) -> None:
    task = run_task(ecs, "crash")
    wait(ecs, "tasks_stopped", tasks=[task])

    with pytest.raises(WaiterError, match="terminal failure"):
        wait(ecs, "tasks_running", tasks=[task])


def test_what_is_missing_is_a_failure_to_wait_for(ecs: Any) -> None:
    with pytest.raises(WaiterError, match="terminal failure"):
        wait(ecs, "services_stable", services=["none"])
