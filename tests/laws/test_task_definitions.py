"""Every real task definition that AWS takes is deployed as it is, and then there is nothing to do."""

from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox import furniture
from ecsinfer.spec import Spec
from tests.data import registrable_task_definitions
from tests.laws.world import Account

REAL = registrable_task_definitions()
NETWORK = {"subnets": [furniture.SUBNETS[0]], "security_groups": [furniture.SECURITY_GROUP]}


def spec_of(request: dict[str, Any]) -> Spec:
    """A service of no tasks that runs it: it is the definition that is tried, not its images."""
    fargate = "FARGATE" in request.get("requiresCompatibilities", ())
    mode = request.get("networkMode", "bridge")
    service: dict[str, Any] = {
        "task_definition": request,
        "replicas": 0,
        "capacity": {"FARGATE": {"weight": 1}} if fargate else {"cpu": {"weight": 1}},
        "network": NETWORK if mode == "awsvpc" else {"mode": mode},
    }
    return Spec.model_validate(
        {
            "name": "real",
            "region": furniture.REGION,
            "capacity": {} if fargate else {"cpu": {"auto_scaling_group": furniture.CPU_GROUP}},
            "services": {"app": service},
        }
    )


@pytest.mark.rule("C10", "C1")
@pytest.mark.parametrize("name", REAL)
def test_a_real_task_definition_is_registered_once(name: str) -> None:
    account, spec = Account(), spec_of(REAL[name])
    run = account.deploy(spec)
    assert (run.status, run.error) == ("done", "")
    again = account.deploy(spec)
    assert (again.status, again.writes) == ("nothing-to-do", [])
    assert spec.family("app") == REAL[name]["family"]
    # Without the service's tags it has to be told by its content alone (C10).
    account.client("ecs").untag_resource(
        resourceArn=service_arn(account), tagKeys=["ecsinfer:digest", "ecsinfer:revision"]
    )
    assert account.deploy(spec).writes == ["TagResource"]


def service_arn(account: Account) -> str:
    arns = account.client("ecs").list_services(cluster="real")["serviceArns"]
    return str(arns[0])
