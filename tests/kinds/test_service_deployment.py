"""What is asked of a deployment that goes on, and which of its ends is the wanted one (D24)."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from ecsinfer.errors import PreflightError
from ecsinfer.kinds.service_deployment import (
    ObservedDeployment,
    ServiceDeployment,
    ServiceDeploymentKind,
)
from ecsinfer.model import Failed, Pending, Ready, Verb
from tests.kinds.driving import enum, outline

KIND = ServiceDeploymentKind()
ARN = "arn:aws:ecs:us-east-1:123456789012:service-deployment/c/llm/2"
REVISION = "arn:aws:ecs:us-east-1:123456789012:task-definition/llm:2"


def wanted(want: Literal["stop", "continue", "rollback"]) -> ServiceDeployment:
    return ServiceDeployment("llm", "c", "app", ARN, REVISION, want)


def seen(status: str, *hooks: str, **fields: Any) -> ObservedDeployment:
    service = {
        "serviceName": "llm",
        "status": "ACTIVE",
        "taskDefinition": REVISION,
        "deployments": [{"id": "ecs-svc/2", "status": "PRIMARY"}],
        "tags": [{"key": "ecsinfer:app", "value": "app"}],
    }
    deployment = {
        "serviceDeploymentArn": ARN,
        "status": status,
        "sourceServiceRevisions": [{"arn": "service-revision/c/llm/1"}],
        "lifecycleHookDetails": [{"hookId": hook, "status": "AWAITING_ACTION"} for hook in hooks],
        **fields,
    }
    return ObservedDeployment(service, deployment)


@pytest.mark.rule("D24")
@pytest.mark.parametrize("status", enum("ServiceDeploymentStatus"))
@pytest.mark.parametrize(
    ("want", "goal"),
    [
        ("stop", "ROLLBACK_SUCCESSFUL"),
        ("rollback", "ROLLBACK_SUCCESSFUL"),
        ("continue", "SUCCESSFUL"),
    ],
)
def test_one_end_is_wanted_and_every_other_one_a_failure(
    want: Literal["stop", "continue", "rollback"], goal: str, status: str
) -> None:
    ends = {"SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"}
    expected = Ready if status == goal else Failed if status in ends else Pending
    assert isinstance(KIND.verdict(wanted(want), seen(status), {}), expected)


@pytest.mark.rule("D24")
@pytest.mark.parametrize("status", enum("ServiceDeploymentStatus"))
def test_only_what_goes_on_is_asked_to_stop(status: str) -> None:
    verb, _ = KIND.diff(wanted("stop"), seen(status))
    assert verb is (Verb.UPDATE if status in ("PENDING", "IN_PROGRESS") else Verb.AWAIT)


def test_every_hook_is_let_go_but_one_is_enough_to_go_back() -> None:
    paused = seen("IN_PROGRESS", "one", "other")
    answers = {
        want: outline(KIND.steps(wanted(want), paused, Verb.UPDATE))
        for want in ("continue", "rollback")
    }
    assert answers == {
        "continue": ["ContinueServiceDeployment", "ContinueServiceDeployment", "ready"],
        "rollback": ["ContinueServiceDeployment", "ready"],
    }


def test_without_a_hook_that_waits_the_deployment_is_only_followed() -> None:
    assert KIND.diff(wanted("continue"), seen("IN_PROGRESS")) == (Verb.AWAIT, ())
    assert outline(KIND.steps(wanted("continue"), seen("IN_PROGRESS"), Verb.AWAIT)) == ["ready"]


def test_a_deployment_that_cannot_be_seen_is_refused() -> None:
    with pytest.raises(PreflightError, match="cannot be seen"):
        KIND.diff(wanted("stop"), None)


def test_a_failure_names_the_revision_that_failed() -> None:
    verdict = KIND.verdict(wanted("continue"), seen("ROLLBACK_FAILED"), {})
    assert isinstance(verdict, Failed)
    assert verdict.why.startswith("the deployment of llm:2 failed, and so did its rollback; ")
