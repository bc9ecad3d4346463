"""``ecsinfer scale``: counts and ranges, and what is said about them."""

from __future__ import annotations

import pytest

from ecsinfer.cli.scale import set_scale
from ecsinfer.errors import EcsInferError, OwnershipError, PreflightError, UsageError
from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.embedded import Sandbox
from tests.cli.operating import CRASH, SCALED, V1, Operator, deployed, operator

NO_ROLLBACK = {"rollout": {"circuit_breaker": {"enable": True, "rollback": False}}}


def limits(someone: Operator) -> tuple[int, int]:
    client = someone.sandbox.session().client("application-autoscaling")
    [found] = client.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    return found["MinCapacity"], found["MaxCapacity"]


def test_a_count_is_set_and_waited_for_and_the_spec_is_said_to_differ(sandbox: Sandbox) -> None:
    someone = deployed(sandbox, V1)
    assert set_scale(someone.session, ["llm=3"]) == 0
    assert someone.writes == ["UpdateService"]
    assert len(sandbox.world.live_tasks("inference", "llm")) == 3
    assert someone.warnings == "the spec still says replicas 2: the next deploy sets it back"


def test_the_count_that_is_there_is_nothing_to_do(sandbox: Sandbox) -> None:
    someone = deployed(sandbox, V1)
    assert set_scale(someone.session, ["llm=2"]) == 0
    assert (someone.writes, someone.warnings) == ([], "")


def test_what_the_auto_scaling_group_cannot_hold_is_said_before(sandbox: Sandbox) -> None:
    someone = deployed(sandbox, V1)
    assert set_scale(someone.session, ["llm=21"], wait=False) == 0
    assert (
        "21 tasks cannot all run, at most 20: Auto Scaling group gpu-asg has a max size of 20, "
        "and g5.xlarge holds 1 of its tasks" in someone.warnings
    )


def test_a_launch_template_that_is_gone_does_not_keep_a_count_from_being_set(
    sandbox: Sandbox,
) -> None:
    someone = deployed(sandbox, V1)
    sandbox.session().client("ec2").delete_launch_template(
        LaunchTemplateId=furniture.GPU_LAUNCH_TEMPLATE
    )
    assert set_scale(someone.session, ["llm=1"]) == 0
    assert someone.service.desired == 1


@pytest.mark.rule("D27")
def test_where_autoscaling_owns_the_count_it_is_clamped_into_the_range(sandbox: Sandbox) -> None:
    someone = deployed(sandbox, V1, **SCALED)
    assert set_scale(someone.session, ["llm=7"]) == 0
    assert someone.writes == ["UpdateService"]
    assert someone.service.desired == 4
    assert "7 is beyond the range of autoscaling, 1..4: set to 4" in someone.warnings
    assert "autoscaling moves the count within 1..4 from here on" in someone.warnings


@pytest.mark.rule("D27")
def test_a_count_is_set_even_where_somebody_else_registered_the_target(sandbox: Sandbox) -> None:
    someone = deployed(sandbox, V1)
    sandbox.session().client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId="service/inference/llm",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=1,
        MaxCapacity=5,
    )
    assert set_scale(someone.session, ["llm=3"]) == 0
    assert someone.service.desired == 3


@pytest.mark.rule("E2")
def test_a_range_is_set_and_the_count_said_to_move_into_it(sandbox: Sandbox) -> None:
    someone = deployed(sandbox, V1, **SCALED)
    assert set_scale(someone.session, ["llm=2..20"]) == 0
    assert someone.writes == ["RegisterScalableTarget"]
    assert limits(someone) == (2, 20)
    assert someone.warnings.splitlines() == [
        "the count moves from 1 into the range, to 2",
        "the spec still says scaling 1..4: the next deploy sets it back",
    ]


def refused(kind: type[EcsInferError], someone: Operator, *assignments: str) -> str:
    with pytest.raises(kind) as caught:
        set_scale(someone.session, assignments)
    assert someone.writes == []
    return f"{caught.value}; {caught.value.hint}"


def test_what_cannot_be_is_refused_before_anything_is_written(sandbox: Sandbox) -> None:
    assert "ecsinfer deploy llm creates it" in refused(PreflightError, operator(sandbox), "llm=3")
    someone = deployed(sandbox, V1)
    other = operator(sandbox)
    assert "`scaling` in the spec" in refused(PreflightError, other, "llm=1..3")
    assert "its services are llm" in refused(UsageError, other, "llm=3", "web=2")
    sandbox.session().client("ecs").untag_resource(
        resourceArn=someone.service.arn, tagKeys=["ecsinfer:app"]
    )
    assert "service llm" in refused(OwnershipError, other, "llm=3")


def test_a_failed_deployment_is_not_scaled(sandbox: Sandbox) -> None:
    deployed(sandbox, V1, CRASH, **NO_ROLLBACK)
    assert "ecsinfer rollback llm" in refused(PreflightError, operator(sandbox), "llm=3")
