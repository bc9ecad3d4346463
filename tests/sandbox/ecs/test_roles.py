from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ecsinfer.sandbox.furniture import INFRASTRUCTURE_ROLE, TASK_ROLE
from ecsinfer.sandbox.scenario import Scenario
from tests.sandbox.ecs.requests import definition, instances_provider
from tests.sandbox.ecs.service_world import CLUSTER, ServiceWorld, refusal

WITHHELD = Scenario(roles_withheld=("ecsTaskRole", INFRASTRUCTURE_ROLE))

REQUESTS: dict[str, Callable[[ServiceWorld], tuple[Any, dict[str, Any]]]] = {
    "RegisterTaskDefinition": lambda services: (
        services.ecs.register_task_definition,
        definition(taskRoleArn=TASK_ROLE),
    ),
    "CreateService": lambda services: (services.create, {"role": "ecsTaskRole"}),
    "RunTask": lambda services: (
        services.ecs.run_task,
        {"cluster": CLUSTER, "taskDefinition": "web", "overrides": {"executionRoleArn": TASK_ROLE}},
    ),
    "CreateCapacityProvider": lambda services: (
        services.ecs.create_capacity_provider,
        instances_provider(CLUSTER),
    ),
}


@pytest.mark.rule("H3")
@pytest.mark.parametrize("operation", REQUESTS)
def test_a_role_that_the_caller_may_not_pass_is_denied_where_it_is_named(operation: str) -> None:
    services = ServiceWorld(WITHHELD)
    call, request = REQUESTS[operation](services)
    code, message = refusal(call, **request)
    role = INFRASTRUCTURE_ROLE if operation == "CreateCapacityProvider" else TASK_ROLE
    assert code == "AccessDeniedException"
    assert message == (
        "User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: iam:PassRole "
        f"on resource: {role} because no identity-based policy allows the iam:PassRole action"
    )


@pytest.mark.rule("H3")
def test_a_role_that_may_be_passed_is(services: ServiceWorld) -> None:
    call, request = REQUESTS["RegisterTaskDefinition"](services)
    assert call(**request)["taskDefinition"]["taskRoleArn"] == TASK_ROLE


@pytest.mark.rule("H3")
def test_a_label_that_is_called_like_a_role_is_none() -> None:
    services = ServiceWorld(WITHHELD)
    labelled = services.register("labelled", container={"dockerLabels": {"role": "ecsTaskRole"}})
    assert labelled.endswith("task-definition/labelled:1")
