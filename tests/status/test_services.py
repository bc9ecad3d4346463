from datetime import UTC, datetime
from typing import Any

import pytest

from ecsinfer.status.facts import Rollout
from ecsinfer.status.services import Details, service, target_groups

BLUE, GREEN = (
    f"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/{name}/0a1b"
    for name in ("blue", "green")
)
CURRENT = "arn:aws:ecs:us-east-1:123456789012:service-deployment/app/llm/22"
SEEN: dict[str, Any] = {
    "serviceName": "llm",
    "clusterArn": "arn:aws:ecs:us-east-1:123456789012:cluster/app",
    "status": "ACTIVE",
    "desiredCount": 2,
    "runningCount": 3,
    "pendingCount": 1,
    "taskDefinition": "arn:aws:ecs:us-east-1:123456789012:task-definition/app-llm:7",
    "currentServiceDeployment": CURRENT,
    "deployments": [
        {
            "id": "ecs-svc/22",
            "status": "PRIMARY",
            "taskDefinition": "arn:aws:ecs:us-east-1:123456789012:task-definition/app-llm:8",
            "desiredCount": 2,
            "runningCount": 1,
            "failedTasks": 1,
            "createdAt": datetime(2026, 11, 24, 1, tzinfo=UTC),
        }
    ],
    "loadBalancers": [
        {"targetGroupArn": BLUE, "advancedConfiguration": {"alternateTargetGroupArn": GREEN}}
    ],
}


@pytest.mark.parametrize("seen", [{}, {"status": "INACTIVE"}])
def test_a_service_that_aws_does_not_show_or_shows_as_deleted_is_absent(
    seen: dict[str, Any],
) -> None:
    assert service("llm", "llm", seen, Details()).status == "ABSENT"


def test_a_rollout_is_told_by_its_service_deployment() -> None:
    deployment = {
        "serviceDeploymentArn": CURRENT,
        "status": "IN_PROGRESS",
        "lifecycleStage": "BAKE_TIME",
        "targetServiceRevision": {"requestedProductionTrafficWeight": 25.0},
        "lifecycleHookDetails": [{"status": "AWAITING_ACTION"}],
    }
    rollout = service(
        "llm", "llm", SEEN, Details(deployments={"serviceDeployments": [deployment]})
    ).rollout
    assert (rollout.state, rollout.stage, rollout.traffic) == ("IN_PROGRESS", "BAKE_TIME", 25.0)
    assert (rollout.desired, rollout.running, rollout.failed) == (2, 1, 1)
    assert rollout.paused


def ended(status: str, reason: str) -> Rollout:
    """What is made of a deployment that ended so."""
    found = {"serviceDeploymentArn": CURRENT, "status": status, "statusReason": reason}
    return service("llm", "llm", SEEN, Details(deployments={"serviceDeployments": [found]})).rollout


def test_a_rollback_tells_who_wanted_it_and_whether_there_was_a_way_back() -> None:
    asked = ended(
        "ROLLBACK_SUCCESSFUL", "Service deployment rolled back because of a user request."
    )
    assert (asked.requested, asked.stranded) == (True, False)
    failed = ended("ROLLBACK_FAILED", "No rollback candidate was found to run the rollback.")
    assert (failed.requested, failed.stranded) == (False, True)


def test_a_pause_tells_until_when_and_what_then() -> None:
    until = datetime(2026, 11, 24, 2, tzinfo=UTC)
    hook = {"status": "AWAITING_ACTION", "expiresAt": until, "timeoutAction": "CONTINUE"}
    found = {
        "serviceDeploymentArn": CURRENT,
        "status": "IN_PROGRESS",
        "lifecycleHookDetails": [{"status": "SUCCEEDED"}, hook],
    }
    seen = service("llm", "llm", SEEN, Details(deployments={"serviceDeployments": [found]})).rollout
    assert (seen.paused, seen.paused_until, seen.paused_then) == (True, until, "CONTINUE")


def test_another_services_deployment_in_the_same_answer_is_not_taken_for_ours() -> None:
    other = {"serviceDeploymentArn": CURRENT.replace("llm", "asr"), "status": "STOPPED"}
    answer = {"serviceDeployments": [other]}
    assert service("llm", "llm", SEEN, Details(deployments=answer)).rollout.state == ""


def test_the_revision_and_the_digests_are_those_of_the_primary_deployment() -> None:
    revisions = {
        "serviceRevisions": [
            {
                "serviceRevisionArn": f"arn:aws:ecs:us-east-1:1:service-revision/app/llm/{number}",
                "containerImages": [{"containerName": "llm", "imageDigest": f"sha256:{number}"}],
            }
            for number in (11, 22)
        ]
    }
    seen = service("llm", "llm", SEEN, Details(revisions=revisions))
    assert (seen.task_definition, seen.images) == ("app-llm:8", {"llm": "sha256:22"})


def test_the_alternate_target_group_is_looked_at_too() -> None:
    assert target_groups(SEEN) == (BLUE, GREEN)


def test_targets_are_counted_by_state_and_the_first_reason_is_kept() -> None:
    health = [
        {"TargetHealth": {"State": "healthy"}},
        {"TargetHealth": {"State": "unhealthy", "Reason": "Target.Timeout", "Description": "slow"}},
    ]
    details = Details(
        health={BLUE: {"TargetHealthDescriptions": health}},
        target_groups={
            BLUE: {
                "TargetGroups": [
                    {
                        "TargetGroupArn": BLUE,
                        "LoadBalancerArns": ["arn:aws:x:y:1:loadbalancer/app/alb/9f"],
                    }
                ]
            }
        },
    )
    blue, green = service("llm", "llm", SEEN, details).target_groups
    assert (blue.name, blue.states) == ("blue", {"healthy": 1, "unhealthy": 1})
    assert blue.reason == "Target.Timeout slow"
    assert (blue.load_balancer, blue.label) == ("app/alb/9f", "targetgroup/blue/0a1b")
    assert (green.total, green.load_balancer) == (0, "")


def test_only_trouble_of_this_deployment_is_quoted() -> None:
    began = SEEN["deployments"][0]["createdAt"]
    events = [
        {"createdAt": began.replace(hour=2), "message": "(service llm) has started 1 tasks"},
        {"createdAt": began.replace(hour=2), "message": "(service llm) was unable to place a task"},
        {"createdAt": began.replace(hour=0), "message": "(service llm) failed long ago"},
    ]
    assert service("llm", "llm", {**SEEN, "events": events}, Details()).event.endswith("a task")
    assert service("llm", "llm", {**SEEN, "events": events[::2]}, Details()).event == ""


def test_the_range_and_the_last_action_of_autoscaling() -> None:
    target = {
        "ResourceId": "service/app/llm",
        "MinCapacity": 2,
        "MaxCapacity": 8,
        "SuspendedState": {"DynamicScalingInSuspended": True},
    }
    activity = {"Description": "Setting desired count to 4.", "StatusCode": "Successful"}
    scaling = service(
        "llm",
        "llm",
        SEEN,
        Details({"ScalableTargets": [target]}, {"ScalingActivities": [activity]}),
    ).scaling
    assert scaling is not None
    assert (scaling.minimum, scaling.maximum, scaling.suspended) == (2, 8, True)
    assert (scaling.last, scaling.last_status) == ("Setting desired count to 4.", "Successful")
