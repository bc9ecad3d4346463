from __future__ import annotations

import pytest

from tests.sandbox.ecs.service_world import CLUSTER, ServiceWorld, refusal

ROLE = "arn:aws:iam::123456789012:role/ecsTaskRole"


def execute(services: ServiceWorld, task: str, **changes: str) -> tuple[str, str]:
    return refusal(
        services.ecs.execute_command,
        cluster=CLUSTER,
        task=task,
        command="sh",
        interactive=True,
        **changes,
    )


@pytest.mark.rule("D30")
def test_a_task_run_without_execute_command_has_no_agent(services: ServiceWorld) -> None:
    services.create_on_fargate()
    services.sleep(300)
    code, message = execute(services, services.running_tasks()[0])
    assert code == "InvalidParameterException"
    assert "execute command was not enabled when the task was run" in message


@pytest.mark.rule("D30")
def test_the_agent_of_a_simulated_task_never_connects(services: ServiceWorld) -> None:
    services.register_awsvpc(taskRoleArn=ROLE)
    services.create_on_fargate(enableExecuteCommand=True)
    services.sleep(2)
    task = services.running_tasks()[0]
    assert execute(services, task)[0] == "InvalidParameterException"  # it does not run yet
    services.sleep(300)
    assert execute(services, task)[0] == "TargetNotConnectedException"
    assert execute(services, task, container="other")[0] == "InvalidParameterException"


def test_an_unknown_task_is_an_invalid_parameter(services: ServiceWorld) -> None:
    assert execute(services, "0" * 32)[0] == "InvalidParameterException"
