"""A service is created once, updated with one call, and never mistaken for another's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ecsinfer.errors import OwnershipError, PreflightError
from ecsinfer.kinds.service import ObservedService, Service, ServiceKind
from ecsinfer.model import Call, Pending, Read, Ref, Settle, Verb
from tests.kinds.driving import calls, drive, outline, rounds

KIND = ServiceKind()
ARN = "arn:aws:ecs:us-east-1:123456789012:service/inference/llm"
REVISION = "arn:aws:ecs:us-east-1:123456789012:task-definition/llm:2"
GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/llm/0123456789abcdef"
TAGS = {
    "ecsinfer:app": "inference",
    "ecsinfer:digest": "sha256:2",
    "ecsinfer:revision": REVISION,
}
PARAMS: dict[str, Any] = {
    "capacityProviderStrategy": [{"capacityProvider": "gpu", "weight": 1, "base": 1}],
    "networkConfiguration": {
        "awsvpcConfiguration": {"subnets": ["subnet-2", "subnet-1"], "securityGroups": ["sg-1"]}
    },
    "loadBalancers": [{"targetGroupArn": GROUP, "containerName": "llm", "containerPort": 8000}],
    "deploymentConfiguration": {
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
    },
    "availabilityZoneRebalancing": "ENABLED",
    "healthCheckGracePeriodSeconds": 600,
    "placementStrategy": [],
    "serviceRegistries": [],
    "serviceConnectConfiguration": {"enabled": False},
}
DESIRED = Service(
    name="llm",
    cluster="inference",
    application="inference",
    task_definition=REVISION,
    params=PARAMS,
    tags=TAGS,
    token=Ref.to("task-definition/llm", "token"),
    count=3,
)


def as_aws_describes(**fields: Any) -> dict[str, Any]:
    """The service that DESIRED made, with everything that AWS adds and reorders."""
    rules = {
        **PARAMS["deploymentConfiguration"],
        "strategy": "ROLLING",
        "bakeTimeInMinutes": 0,
        "alarms": {"alarmNames": [], "enable": False, "rollback": False},
    }
    return {
        "serviceName": "llm",
        "serviceArn": ARN,
        "clusterArn": "arn:aws:ecs:us-east-1:123456789012:cluster/inference",
        "status": "ACTIVE",
        "desiredCount": 3,
        "runningCount": 3,
        "pendingCount": 0,
        "taskDefinition": REVISION,
        "createdAt": datetime(2026, 1, 1, tzinfo=UTC),
        "capacityProviderStrategy": [{"capacityProvider": "gpu", "weight": 1, "base": 1}],
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": ["subnet-1", "subnet-2"],
                "securityGroups": ["sg-1"],
                "assignPublicIp": "DISABLED",
            }
        },
        "loadBalancers": PARAMS["loadBalancers"],
        "serviceRegistries": [],
        "deploymentConfiguration": rules,
        "availabilityZoneRebalancing": "ENABLED",
        "healthCheckGracePeriodSeconds": 600,
        "schedulingStrategy": "REPLICA",
        "placementConstraints": [],
        "placementStrategy": [],
        "propagateTags": "NONE",
        "tags": [{"key": key, "value": value} for key, value in TAGS.items()],
        "deployments": [
            {
                "id": "ecs-svc/1",
                "status": "PRIMARY",
                "taskDefinition": REVISION,
                "rolloutState": "COMPLETED",
                "desiredCount": 3,
                "runningCount": 3,
            }
        ],
        **fields,
    }


def seen(**fields: Any) -> ObservedService:
    return ObservedService(as_aws_describes(**fields))


def update(desired: Service, observed: ObservedService) -> list[Call]:
    verb, _ = KIND.diff(desired, observed)
    assert verb is Verb.UPDATE
    return calls(KIND.steps(desired, observed, verb))


def with_params(**changes: Any) -> Service:
    return replace(DESIRED, params={**PARAMS, **changes})


def test_what_aws_fills_in_is_no_difference() -> None:
    assert KIND.diff(DESIRED, seen()) == (Verb.KEEP, ())


def test_a_settled_service_is_one_round_of_two_questions() -> None:
    answers = {"DescribeServices": {"services": [as_aws_describes()]}}
    found, asked = rounds(KIND.observe(DESIRED, {}), answers)
    assert found == seen()
    assert [[read.operation for read in each] for each in asked] == [
        ["DescribeServices", "DescribeScalableTargets"]
    ]


@pytest.mark.rule("D1")
def test_an_inactive_service_is_absent_and_a_draining_one_is_waited_for() -> None:
    def observed(status: str) -> Any:
        answers = {"DescribeServices": {"services": [as_aws_describes(status=status)]}}
        return drive(KIND.observe(DESIRED, {}), answers)

    assert observed("INACTIVE") is None
    draining = observed("DRAINING")
    verb, _ = KIND.diff(DESIRED, draining)
    assert outline(KIND.steps(DESIRED, draining, verb)) == ["gone", "CreateService", "ready"]


@pytest.mark.rule("D2", "D15")
def test_a_create_carries_a_token_and_says_what_aws_would_else_choose() -> None:
    verb, _ = KIND.diff(DESIRED, None)
    (create,) = calls(KIND.steps(DESIRED, None, verb))
    assert create.params["clientToken"] == DESIRED.token
    assert create.params["availabilityZoneRebalancing"] == "ENABLED"
    assert create.params["desiredCount"] == 3
    assert "placementStrategy" not in create.params


@pytest.mark.rule("D4")
def test_a_changed_strategy_forces_a_deployment_and_nothing_else_does() -> None:
    strategy = [{"capacityProvider": "gpu", "weight": 2, "base": 1}]
    (call,) = update(with_params(capacityProviderStrategy=strategy), seen())
    assert call.params["forceNewDeployment"] is True
    assert call.params["capacityProviderStrategy"] == strategy
    (call,) = update(with_params(healthCheckGracePeriodSeconds=60), seen())
    assert call.params == {
        "cluster": "inference", "service": "llm", "healthCheckGracePeriodSeconds": 60,
    }  # fmt: skip


@pytest.mark.rule("B19")
def test_a_provider_by_arn_is_the_provider_by_name() -> None:
    arn = "arn:aws:ecs:us-east-1:123456789012:capacity-provider/gpu"
    strategy = [{"capacityProvider": arn, "weight": 1, "base": 1}]
    assert KIND.diff(DESIRED, seen(capacityProviderStrategy=strategy)) == (Verb.KEEP, ())


@pytest.mark.rule("D7")
def test_what_the_spec_dropped_is_cleared_in_so_many_words() -> None:
    desired = with_params(loadBalancers=[])
    (call,) = update(desired, seen())
    assert call.params["loadBalancers"] == []


@pytest.mark.rule("D6")
def test_everything_that_differs_is_one_update() -> None:
    rules = {**PARAMS["deploymentConfiguration"], "maximumPercent": 100}
    desired = replace(
        with_params(deploymentConfiguration=rules, availabilityZoneRebalancing="DISABLED"),
        task_definition=Ref.to("task-definition/llm", "arn"),
        count=5,
    )
    (call,) = update(desired, seen())
    assert set(call.params) == {
        "cluster", "service", "deploymentConfiguration", "availabilityZoneRebalancing",
        "taskDefinition", "desiredCount",
    }  # fmt: skip
    effects = {change.path: change.effect for change in KIND.diff(desired, seen())[1]}
    assert effects["taskDefinition"] == "rollout"
    assert effects["desiredCount"] == "in-place"


@pytest.mark.rule("D5")
def test_a_fixed_field_is_replaced_only_when_that_is_allowed() -> None:
    desired = with_params(schedulingStrategy="DAEMON")
    with pytest.raises(PreflightError, match="schedulingStrategy"):
        KIND.diff(desired, seen())
    allowed = replace(desired, allow_replace=True)
    verb, _ = KIND.diff(allowed, seen())
    assert verb is Verb.REPLACE
    assert outline(KIND.steps(allowed, seen(), verb)) == [
        "DeleteService", "gone", "CreateService", "ready",
    ]  # fmt: skip


@pytest.mark.rule("D5", "E12")
def test_the_scaling_of_a_service_goes_before_it_is_replaced() -> None:
    desired = replace(with_params(schedulingStrategy="DAEMON"), scaled=True, allow_replace=True)
    steps = outline(KIND.steps(desired, seen(), Verb.REPLACE))
    assert steps == [
        "DeregisterScalableTarget", "DeleteService", "gone", "CreateService", "ready",
    ]  # fmt: skip
    unscaled = replace(seen(), unscaled=True)
    assert outline(KIND.steps(desired, unscaled, Verb.REPLACE)) == steps[1:]


@pytest.mark.rule("D27")
def test_the_count_is_left_to_whoever_scales() -> None:
    moved = {"desiredCount": 7, "runningCount": 7}
    assert KIND.diff(DESIRED, seen(**moved))[0] is Verb.UPDATE
    for scaled in (True, False):
        desired = replace(DESIRED, scaled=scaled)
        answers: dict[str, Any] = {"DescribeServices": {"services": [as_aws_describes(**moved)]}}
        if not scaled:
            target = {"ResourceId": "service/inference/llm"}
            answers["DescribeScalableTargets"] = {"ScalableTargets": [target]}
        found = drive(KIND.observe(desired, {}), answers)
        assert KIND.diff(desired, found) == (Verb.KEEP, ())


def test_the_tags_follow_alone_when_only_they_differ() -> None:
    old = [{"key": "ecsinfer:app", "value": "inference"}]
    (call,) = update(DESIRED, seen(tags=old))
    assert call.operation == "TagResource"


def test_a_namesake_is_refused_until_it_is_adopted() -> None:
    with pytest.raises(OwnershipError, match="service llm"):
        KIND.diff(DESIRED, seen(tags=[], desiredCount=7))
    with pytest.raises(OwnershipError, match="service llm"):
        KIND.diff(replace(DESIRED, scaled=True), replace(seen(tags=[]), unscaled=True))
    foreign = [{"key": "ecsinfer:app", "value": "other"}]
    with pytest.raises(OwnershipError, match="'other'"):
        KIND.diff(DESIRED, seen(tags=foreign))
    adopted = replace(DESIRED, adopt=True)
    assert [call.operation for call in update(adopted, seen(tags=[]))] == ["TagResource"]
    assert KIND.teardown(DESIRED, seen(tags=[]))[0] is Verb.RETAIN


def test_a_service_of_nobody_that_is_as_wanted_is_not_touched() -> None:
    assert KIND.diff(DESIRED, seen(tags=[])) == (Verb.KEEP, ())
    assert KIND.diff(replace(DESIRED, scaled=True), seen(tags=[])) == (Verb.KEEP, ())


def test_an_interrupted_rollout_is_awaited_not_forgotten() -> None:
    rolling = as_aws_describes()["deployments"][0] | {"rolloutState": "IN_PROGRESS"}
    verb, changes = KIND.diff(DESIRED, seen(deployments=[rolling]))
    assert (verb, changes) == (Verb.AWAIT, ())
    assert outline(KIND.steps(DESIRED, seen(), verb)) == ["ready"]


def test_a_deployment_that_ecs_gave_up_is_started_again() -> None:
    failed = as_aws_describes()["deployments"][0] | {"rolloutState": "FAILED"}
    (call,) = update(DESIRED, seen(deployments=[failed]))
    assert call.params == {"cluster": "inference", "service": "llm", "forceNewDeployment": True}


@pytest.mark.rule("D23")
def test_our_own_deployment_is_found_by_the_number_in_its_revision() -> None:
    rolling = as_aws_describes()["deployments"][0] | {"rolloutState": "IN_PROGRESS"}
    revisions = "arn:aws:ecs:us-east-1:123456789012:service-revision/inference/llm"
    briefs = [
        {"status": "STOPPED", "targetServiceRevisionArn": f"{revisions}/2"},
        {"status": "IN_PROGRESS", "targetServiceRevisionArn": f"{revisions}/1"},
    ]
    answers = {
        "DescribeServices": {"services": [as_aws_describes(deployments=[rolling])]},
        "ListServiceDeployments": {"serviceDeployments": briefs},
    }
    found = drive(KIND.observe(DESIRED, {"deployment": "ecs-svc/1"}), answers)
    assert found.deployment == briefs[1]


@pytest.mark.rule("D25", "G3")
def test_a_drain_may_take_as_long_as_its_target_group_makes_it() -> None:
    def attributes(read: Read) -> dict[str, Any]:
        key = "deregistration_delay.timeout_seconds"
        assert read.params == {"TargetGroupArn": GROUP}
        return {"Attributes": [{"Key": key, "Value": "1800"}]}

    desired = replace(DESIRED, destroying=True, stop_timeout=120)
    answers = {
        "DescribeServices": {"services": [as_aws_describes()]},
        "DescribeTargetGroupAttributes": attributes,
    }
    found = drive(KIND.observe(desired, {}), answers)
    verb, _, steps = KIND.teardown(desired, found)
    assert verb is Verb.DELETE
    assert outline(steps) == ["DeleteService", "gone"]
    assert steps[-1] == Settle("gone", 1200 + 1800 + 120)


@pytest.mark.rule("D25")
def test_destroying_twice_has_nothing_to_do_and_a_drain_is_picked_up() -> None:
    assert KIND.teardown(DESIRED, None) == (Verb.KEEP, "", ())
    draining = seen(status="DRAINING")
    assert outline(KIND.teardown(DESIRED, draining)[2]) == ["gone"]
    assert isinstance(KIND.verdict(DESIRED, draining, {}), Pending)


@pytest.mark.rule("D6", "D29")
def test_what_only_the_revision_shows_is_asked_for_where_it_is_declared() -> None:
    fine = {"metricConfigurations": [{"metricNames": ["CPUUtilization"], "resolutionSeconds": 20}]}
    answers = {
        "DescribeServices": {"services": [as_aws_describes()]},
        "DescribeServiceRevisions": {"serviceRevisions": [{"monitoring": fine}]},
    }
    observed, asked = rounds(KIND.observe(with_params(monitoring=fine), {}), answers)
    (revision,) = [each for each in asked[1] if each.operation == "DescribeServiceRevisions"]
    arn = ARN.replace(":service/", ":service-revision/")
    assert revision.params == {"serviceRevisionArns": [f"{arn}/1"]}
    assert KIND.diff(with_params(monitoring=fine), observed) == (Verb.KEEP, ())
    coarse = with_params(monitoring={"metricConfigurations": []})
    (change,) = KIND.diff(coarse, observed)[1]
    assert (change.path, change.effect) == ("monitoring.metricConfigurations", "rollout")
    _, asked = rounds(KIND.observe(DESIRED, {}), answers)
    assert "DescribeServiceRevisions" not in {each.operation for round_ in asked for each in round_}
