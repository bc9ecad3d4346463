"""A rollout succeeded only if our own deployment did, whatever AWS answers (D21 to D24)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.kinds.service_verdict import Rollout, verdict
from ecsinfer.model import Failed, Pending, Ready
from tests.kinds.driving import enum

OURS = "arn:aws:ecs:us-east-1:123456789012:task-definition/llm:2"
OLD = "arn:aws:ecs:us-east-1:123456789012:task-definition/llm:1"
REVISIONS = "arn:aws:ecs:us-east-1:123456789012:service-revision/c/llm"


def deployment(number: str = "2", **fields: Any) -> dict[str, Any]:
    return {
        "id": f"ecs-svc/{number}",
        "status": "PRIMARY",
        "taskDefinition": OURS,
        "rolloutState": "IN_PROGRESS",
        "desiredCount": 3,
        "runningCount": 1,
        **fields,
    }


def rollout(*deployments: dict[str, Any], status: str = "", **fields: Any) -> Rollout:
    """Of our deployment 2, as the service deployment `status` and `deployments` show it."""
    first = deployments[0] if deployments else deployment()
    service = {
        "serviceName": "llm",
        "status": "ACTIVE",
        "desiredCount": 3,
        "runningCount": 3,
        "taskDefinition": first["taskDefinition"],
        "deployments": list(deployments or (first,)),
        "events": [{"message": "(service llm) has started 1 tasks"}],
        **fields.pop("service", {}),
    }
    found = {"status": status, "targetServiceRevisionArn": f"{REVISIONS}/2"} if status else {}
    return Rollout(service, OURS, **{"ours": "ecs-svc/2", "deployment": found, **fields})


@pytest.mark.rule("D23")
@pytest.mark.parametrize("status", enum("ServiceDeploymentStatus"))
def test_every_status_of_a_service_deployment_has_a_verdict(status: str) -> None:
    expected: dict[str, type] = {
        "SUCCESSFUL": Ready,
        "STOPPED": Failed,
        "ROLLBACK_SUCCESSFUL": Failed,
        "ROLLBACK_FAILED": Failed,
    }
    assert isinstance(verdict(rollout(status=status)), expected.get(status, Pending))


@pytest.mark.rule("D22")
def test_a_healthy_service_after_a_rollback_is_a_failure() -> None:
    back = deployment("3", taskDefinition=OLD, rolloutState="COMPLETED")
    seen = verdict(rollout(back, status="ROLLBACK_SUCCESSFUL"))
    assert isinstance(seen, Failed)
    assert "rolled back" in seen.why
    assert not seen.superseded


@pytest.mark.rule("D23")
def test_a_rollback_is_told_even_where_service_deployments_may_not_be_read() -> None:
    back = deployment("3", taskDefinition=OLD, rolloutState="IN_PROGRESS")
    gone = deployment("2", status="ACTIVE", rolloutState="FAILED", rolloutStateReason="breaker")
    seen = verdict(rollout(back, gone))
    assert isinstance(seen, Failed)
    assert not seen.superseded
    assert "breaker" in seen.evidence


@pytest.mark.rule("I8")
def test_somebody_elses_deployment_supersedes_ours() -> None:
    theirs = deployment("9", taskDefinition=OLD)
    for status in ("", "STOPPED"):
        seen = verdict(rollout(theirs, status=status))
        assert isinstance(seen, Failed)
        assert seen.superseded


@pytest.mark.rule("D24")
def test_a_deployment_that_was_stopped_is_not_superseded() -> None:
    seen = verdict(rollout(deployment("2"), status="STOPPED"))
    assert isinstance(seen, Failed)
    assert not seen.superseded


@pytest.mark.rule("D22")
def test_success_with_another_revision_is_not_ours() -> None:
    seen = verdict(rollout(deployment("2", taskDefinition=OLD), status="SUCCESSFUL"))
    assert isinstance(seen, Failed)


@pytest.mark.rule("D21")
@pytest.mark.parametrize("state", [*enum("DeploymentRolloutState"), None])
def test_without_service_deployments_the_primary_one_tells(state: str | None) -> None:
    expected: dict[str | None, type] = {"COMPLETED": Ready, "FAILED": Failed, None: Ready}
    seen = verdict(rollout(deployment(rolloutState=state)))
    assert isinstance(seen, expected.get(state, Pending))


def test_tasks_that_are_missing_are_waited_for() -> None:
    few: dict[str, Any] = {"service": {"runningCount": 1}}
    done = deployment(rolloutState="COMPLETED")
    assert isinstance(verdict(rollout(done, **few)), Pending)
    assert isinstance(verdict(rollout(done, scaled=True, **few)), Ready)


@pytest.mark.rule("D20")
def test_a_pause_is_said_instead_of_waited_out_in_silence() -> None:
    paused = {
        "status": "IN_PROGRESS",
        "lifecycleStage": "BAKE_TIME",
        "lifecycleHookDetails": [
            {
                "status": "AWAITING_ACTION",
                "hookId": "hook-7",
                "expiresAt": datetime(2026, 11, 25, 21, 47, tzinfo=UTC),
                "timeoutAction": "ROLLBACK",
            }
        ],
        "targetServiceRevision": {
            "arn": f"{REVISIONS}/2",
            "requestedProductionTrafficWeight": 10.0,
        },
    }
    seen = verdict(rollout(deployment=paused))
    assert isinstance(seen, Pending)
    assert "the new revision has 10 % of the traffic" in seen.why
    assert (
        "paused at BAKE_TIME until 2026-11-25 21:47 UTC, then ROLLBACK (answer it by "
        "`ecsinfer continue`)" in seen.why
    )


def went(status: str, reason: str, **fields: Any) -> dict[str, Any]:
    """The service deployment of ours, as it ended."""
    return {
        "status": status,
        "statusReason": reason,
        "targetServiceRevisionArn": f"{REVISIONS}/2",
        **fields,
    }


@pytest.mark.rule("D24")
@pytest.mark.parametrize(
    ("reason", "hook", "asked"),
    [
        ("Service deployment rolled back because of a user request.", None, True),
        ("Service deployment rolled back because a lifecycle hook asked for it.", "FAILED", True),
        ("Service deployment rolled back because a lifecycle hook asked for it.", "TIMED_OUT", False),
        ("Service deployment rolled back because the circuit breaker threshold was exceeded.",
         "FAILED", False),
    ],
)  # fmt: skip
def test_a_rollback_that_somebody_asked_for_is_told_as_that(
    reason: str, hook: str | None, asked: bool
) -> None:
    hooks = [{"targetType": "PAUSE", "status": hook}] if hook else None
    back = deployment("3", taskDefinition=OLD)
    ended = went("ROLLBACK_SUCCESSFUL", reason, lifecycleHookDetails=hooks)
    seen = verdict(rollout(back, deployment=ended))
    assert isinstance(seen, Failed)
    what = "was rolled back, as somebody asked" if asked else "failed and was rolled back"
    assert seen.why == f"the deployment of llm:2 {what}; 3 of 3 tasks run llm:1"
    assert bool(seen.hint) == asked


def test_a_deployment_that_was_stopped_is_not_told_as_rolled_back() -> None:
    stopped = went("STOPPED", "Stopped by a user request.")
    seen = verdict(rollout(deployment("2"), deployment=stopped))
    assert isinstance(seen, Failed)
    assert seen.why == "the deployment of llm:2 was stopped; 3 of 3 tasks run"
    assert seen.hint == ""


@pytest.mark.rule("D24")
def test_a_first_deployment_that_fails_has_nowhere_to_go_back_to() -> None:
    ended = went(
        "ROLLBACK_FAILED", "It failed. No rollback candidate was found to run the rollback."
    )
    seen = verdict(rollout(deployment=ended))
    assert isinstance(seen, Failed)
    assert "failed, and there is no earlier revision to go back to" in seen.why
    other = verdict(rollout(deployment=went("ROLLBACK_FAILED", "It failed.")))
    assert isinstance(other, Failed)
    assert "and so did its rollback" in other.why


def test_what_ecs_said_is_of_this_deployment_oldest_first_and_without_the_ordinary() -> None:
    began = datetime(2026, 11, 25, 12, tzinfo=UTC)
    newest_first = [
        "(service llm) has reached a steady state.",
        "(service llm) (deployment ecs-svc/3) deployment completed.",
        "(service llm) (deployment ecs-svc/3) was unable to assume a role.",
        "(service llm) second trouble",
        "(service llm) (deployment ecs-svc/2) first trouble",
        "(service llm) has started 2 tasks: (task a).",
        "(service llm) trouble of long ago",
    ]
    events = [
        {"message": text, "createdAt": began + timedelta(minutes=5 - at)}
        for at, text in enumerate(newest_first)
    ]
    back = deployment("3", taskDefinition=OLD, rolloutStateReason="3 is in progress")
    gone = deployment("2", status="ACTIVE", rolloutState="FAILED", rolloutStateReason="breaker")
    ended = went("ROLLBACK_SUCCESSFUL", "It failed.", createdAt=began)
    seen = verdict(rollout(back, gone, deployment=ended, service={"events": events}))
    assert isinstance(seen, Failed)
    assert seen.evidence == (
        "It failed.",
        "breaker",
        "(service llm) (deployment ecs-svc/2) first trouble",
        "(service llm) second trouble",
    )


def test_tasks_beyond_those_wanted_are_waited_for_in_words_that_can_be_true() -> None:
    gone = {"desiredCount": 0, "runningCount": 2}
    seen = verdict(rollout(deployment(rolloutState="COMPLETED"), service=gone))
    assert seen == Pending("tasks that have to stop: 2 of 2")


statuses = st.sampled_from([*enum("ServiceDeploymentStatus"), "A_STATUS_OF_NEXT_YEAR", ""])
deployments = st.lists(
    st.builds(
        deployment,
        st.sampled_from("123"),
        status=st.sampled_from(["PRIMARY", "ACTIVE", "INACTIVE"]),
        taskDefinition=st.sampled_from([OURS, OLD]),
        rolloutState=st.sampled_from([*enum("DeploymentRolloutState"), None, "NEW"]),
    ),
    max_size=3,
)


@given(
    statuses,
    deployments,
    st.sampled_from(["ACTIVE", "DRAINING", "INACTIVE"]),
    st.sampled_from(["", "ecs-svc/2"]),
)
def test_the_verdict_is_total_and_never_calls_a_foreign_revision_ready(
    status: str, shown: list[dict[str, Any]], service: str, ours: str
) -> None:
    running = shown[0]["taskDefinition"] if shown else OLD
    fields = {"status": service, "deployments": shown, "taskDefinition": running}
    seen = verdict(rollout(status=status, ours=ours, service=fields))
    assert isinstance(seen, Ready | Pending | Failed)
    if isinstance(seen, Ready):
        assert running == OURS
        assert service == "ACTIVE"
