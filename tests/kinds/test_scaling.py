"""Scaling is registered for the service that is there, and only ours is pruned."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ecsinfer.errors import PreflightError
from ecsinfer.kinds.scalable_target import ScalableTarget, ScalableTargetKind
from ecsinfer.kinds.scaling_policy import REQUESTS, ScalingPolicies, ScalingPoliciesKind
from ecsinfer.kinds.scheduled_action import ScheduledActions, ScheduledActionsKind
from ecsinfer.model import Verb
from tests.kinds.driving import Answers, calls, drive, outline

TARGET = ScalableTarget("inference", "llm", "inference", minimum=2, maximum=20)
ID = "service/inference/llm"
BORN = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 1, 2, tzinfo=UTC)
POLICY = "TargetTrackingScalingPolicyConfiguration"
GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/llm/cd34"
BALANCER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/front/ab12"


def world(
    policies: dict[str, Any] | None = None, actions: dict[str, Any] | None = None, **target: Any
) -> Answers:
    registered = {
        "ResourceId": ID,
        "MinCapacity": 2,
        "MaxCapacity": 20,
        "CreationTime": LATER,
        **target,
    }
    service = {
        "serviceName": "llm",
        "status": "ACTIVE",
        "createdAt": BORN,
        "tags": [{"key": "ecsinfer:app", "value": "inference"}],
    }
    named = [{"PolicyName": name, POLICY: value} for name, value in (policies or {}).items()]
    balanced = {"TargetGroupArn": GROUP, "LoadBalancerArns": [BALANCER]}
    return {
        "DescribeScalableTargets": {"ScalableTargets": [registered]},
        "DescribeServices": {"services": [service]},
        "DescribeScalingPolicies": {"ScalingPolicies": named},
        "DescribeTargetGroups": {"TargetGroups": [balanced]},
        "DescribeScheduledActions": {
            "ScheduledActions": [
                {"ScheduledActionName": name, **value} for name, value in (actions or {}).items()
            ]
        },
    }


def decide(kind: Any, desired: Any, answers: Answers) -> tuple[Verb, list[str], Any]:
    found = drive(kind.observe(desired, {}), answers)
    verb, changes = kind.diff(desired, found)
    return verb, outline(kind.steps(desired, found, verb)), changes


def test_bounds_as_declared_are_kept_and_others_registered_anew() -> None:
    kind = ScalableTargetKind()
    assert decide(kind, TARGET, world()) == (Verb.KEEP, [], ())
    verb, steps, changes = decide(kind, TARGET, world(MaxCapacity=10))
    assert (verb, steps) == (Verb.UPDATE, ["RegisterScalableTarget", "ready"])
    assert [each.path for each in changes] == ["MaxCapacity"]


@pytest.mark.rule("E3", "E4")
def test_registering_never_sends_tags_or_a_role() -> None:
    kind = ScalableTargetKind()
    (register,) = calls(kind.steps(TARGET, None, Verb.CREATE))
    assert not {"Tags", "RoleARN"} & set(register.params)


@pytest.mark.rule("E5")
def test_what_an_operator_suspended_stays_suspended() -> None:
    suspended = {"DynamicScalingInSuspended": True}
    assert decide(ScalableTargetKind(), TARGET, world(SuspendedState=suspended))[0] is Verb.KEEP


@pytest.mark.rule("E12")
def test_a_target_of_a_service_that_is_gone_or_goes_is_registered_anew() -> None:
    kind = ScalableTargetKind()
    before = datetime(2025, 12, 31, tzinfo=UTC)
    anew = ["DeregisterScalableTarget", "RegisterScalableTarget", "ready"]
    assert decide(kind, TARGET, world(CreationTime=before)) == (Verb.CREATE, anew, ())
    going = replace(TARGET, params={"schedulingStrategy": "DAEMON"})
    assert decide(kind, going, world()) == (Verb.CREATE, anew[1:], ())  # the service takes it along


@pytest.mark.rule("E12", "E13")
def test_a_target_of_a_service_that_is_gone_stays_while_others_use_it() -> None:
    before = datetime(2025, 12, 31, tzinfo=UTC)
    _, steps, _ = decide(ScalableTargetKind(), TARGET, world({"by-hand": {}}, CreationTime=before))
    assert steps == ["RegisterScalableTarget", "ready"]


@pytest.mark.rule("E13")
def test_a_target_that_nobody_declares_goes_if_it_is_ours() -> None:
    kind = ScalableTargetKind()
    undeclared = replace(TARGET, minimum=None, maximum=None)
    own = world({"ecsinfer.inference.cpu": {}})
    assert decide(kind, undeclared, own)[:2] == (Verb.DELETE, ["DeregisterScalableTarget", "gone"])
    assert decide(kind, undeclared, world({"by-hand": {}}))[0] is Verb.KEEP
    scheduled = world(actions={"ecsinfer.inference.night": {}})
    assert decide(kind, undeclared, scheduled)[0] is Verb.DELETE


@pytest.mark.rule("E11", "E13")
def test_a_target_that_others_use_stays_and_only_what_is_ours_goes_from_it() -> None:
    kind = ScalableTargetKind()
    undeclared = replace(TARGET, minimum=None, maximum=None)
    both: dict[str, Any] = {"ecsinfer.inference.cpu": {}, "by-hand": {}}
    answers = world(both, {"ecsinfer.inference.night": {}})
    found = drive(kind.observe(undeclared, {}), answers)
    verb, _ = kind.diff(undeclared, found)
    policy, action = calls(kind.steps(undeclared, found, verb))
    assert policy.params["PolicyName"] == "ecsinfer.inference.cpu"
    assert action.params["ScheduledActionName"] == "ecsinfer.inference.night"
    scheduled = world({"ecsinfer.inference.cpu": {}}, {"by-hand": {}})
    assert decide(kind, undeclared, scheduled)[:2] == (Verb.UPDATE, ["DeleteScalingPolicy"])


@pytest.mark.rule("E11", "E12")
def test_a_destroy_deregisters_and_leaves_policies_to_that() -> None:
    kind = ScalableTargetKind()
    found = drive(kind.observe(TARGET, {}), world())
    verb, _, steps = kind.teardown(TARGET, found)
    assert (verb, outline(steps)) == (Verb.DELETE, ["DeregisterScalableTarget", "gone"])
    assert ScalingPoliciesKind().teardown(policies(), None)[0] is Verb.KEEP


def policies(**declared: Any) -> ScalingPolicies:
    return ScalingPolicies("inference", "llm", "inference", declared, target_group=GROUP)


def tracking(metric: str, value: float, **fields: Any) -> dict[str, Any]:
    specification = {"PredefinedMetricType": metric, **fields.pop("metric", {})}
    return {"TargetValue": value, "PredefinedMetricSpecification": specification, **fields}


CPU = tracking("ECSServiceAverageCPUUtilization", 60)
FILLED = {"ScaleInCooldown": 300, "ScaleOutCooldown": 300, "DisableScaleIn": False}


@pytest.mark.rule("E10")
def test_a_policy_with_the_defaults_filled_in_is_the_same() -> None:
    answers = world({"ecsinfer.inference.cpu": {**CPU, **FILLED, "TargetValue": 60.0}})
    assert decide(ScalingPoliciesKind(), policies(cpu=CPU), answers) == (Verb.KEEP, [], ())


@pytest.mark.rule("E6", "E13")
def test_changed_policies_are_put_whole_and_only_ours_are_pruned() -> None:
    answers = world({
        "ecsinfer.inference.cpu": {**CPU, **FILLED, "TargetValue": 90.0},
        "ecsinfer.inference.memory": {},
        "by-hand": {},
    })  # fmt: skip
    kind, desired = ScalingPoliciesKind(), policies(cpu=CPU)
    found = drive(kind.observe(desired, {}), answers)
    verb, _ = kind.diff(desired, found)
    put, prune = calls(kind.steps(desired, found, verb))
    assert put.params[POLICY] == {**CPU, **FILLED}
    assert (prune.operation, prune.params["PolicyName"]) == (
        "DeleteScalingPolicy", "ecsinfer.inference.memory",
    )  # fmt: skip


@pytest.mark.rule("E7")
def test_a_second_policy_for_a_metric_is_refused_before_aws_does() -> None:
    kind, answers = ScalingPoliciesKind(), world({"by-hand": {**CPU, "TargetValue": 80.0}})
    with pytest.raises(PreflightError, match="policy by-hand does already") as refusal:
        decide(kind, policies(cpu=CPU), answers)
    assert "policy_names" in refusal.value.hint
    named = replace(
        policies(), named={"by-hand": {"PolicyType": "TargetTrackingScaling", POLICY: CPU}}
    )
    assert decide(kind, named, answers)[:2] == (Verb.UPDATE, ["PutScalingPolicy"])


@pytest.mark.rule("E8")
def test_the_label_of_request_scaling_follows_from_the_target_group() -> None:
    kind, desired = ScalingPoliciesKind(), policies(requests=tracking(REQUESTS, 600))
    found = drive(kind.observe(desired, {}), world())
    (put,) = calls(kind.steps(desired, found, kind.diff(desired, found)[0]))
    label = "app/front/ab12/targetgroup/llm/cd34"
    configuration = put.params[POLICY]
    assert configuration["PredefinedMetricSpecification"]["ResourceLabel"] == label
    # Once it is there nobody asks for the target group again.
    answers = {**world({"ecsinfer.inference.requests": configuration}), "DescribeTargetGroups": {}}
    assert decide(kind, desired, answers) == (Verb.KEEP, [], ())


@pytest.mark.rule("E8")
def test_request_scaling_without_load_balancer_is_refused_before_aws_does() -> None:
    answers = {**world(), "DescribeTargetGroups": {}}
    with pytest.raises(PreflightError, match="no Application Load Balancer"):
        decide(ScalingPoliciesKind(), policies(requests=tracking(REQUESTS, 600)), answers)


def test_scheduled_actions_are_put_and_pruned_like_policies() -> None:
    night = {"Schedule": "cron(0 20 * * ? *)", "ScalableTargetAction": {"MinCapacity": 0}}
    desired = ScheduledActions("inference", "llm", "inference", {"night": night})
    kind = ScheduledActionsKind()
    assert decide(kind, desired, world())[:2] == (Verb.CREATE, ["PutScheduledAction"])
    assert decide(kind, desired, world(actions={"ecsinfer.inference.night": night}))[0] is Verb.KEEP
    verb, steps, _ = decide(
        kind, replace(desired, actions={}), world(actions={"ecsinfer.inference.day": night})
    )
    assert (verb, steps) == (Verb.UPDATE, ["DeleteScheduledAction"])
