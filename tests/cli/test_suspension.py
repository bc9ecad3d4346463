"""``ecsinfer suspend`` and ``ecsinfer resume``."""

from __future__ import annotations

import pytest

from ecsinfer.cli.suspension import suspend_scaling
from ecsinfer.errors import OwnershipError, PreflightError, UsageError
from ecsinfer.sandbox.embedded import Sandbox
from tests.cli.operating import SCALED, V1, Operator, deployed, operator


def suspended(someone: Operator) -> set[bool]:
    client = someone.sandbox.session().client("application-autoscaling")
    [found] = client.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert (found["MinCapacity"], found["MaxCapacity"]) == (1, 4)
    return set(found["SuspendedState"].values())


@pytest.mark.rule("E2", "E5")
def test_autoscaling_is_suspended_survives_a_deploy_and_is_resumed(sandbox: Sandbox) -> None:
    someone = deployed(sandbox, V1, **SCALED)

    assert suspend_scaling(someone.session, suspended=True) == 0
    assert suspended(someone) == {True}
    assert operator(sandbox, **SCALED).deploy().status == "nothing-to-do"
    assert suspend_scaling(someone.session, suspended=True) == 0
    assert someone.writes == ["RegisterScalableTarget"]

    assert suspend_scaling(someone.session, ("llm",), suspended=False) == 0
    assert suspended(someone) == {False}


def test_what_nothing_scales_cannot_be_suspended(sandbox: Sandbox) -> None:
    someone = deployed(sandbox, V1)
    with pytest.raises(UsageError, match="declares scaling"):
        suspend_scaling(someone.session, suspended=True)
    with pytest.raises(PreflightError, match="has no autoscaling"):
        suspend_scaling(someone.session, ("llm",), suspended=True)
    assert someone.writes == []


def test_somebody_elses_autoscaling_is_left_alone(sandbox: Sandbox) -> None:
    someone = deployed(sandbox, V1, **SCALED)
    sandbox.session().client("ecs").untag_resource(
        resourceArn=someone.service.arn, tagKeys=["ecsinfer:app"]
    )
    with pytest.raises(OwnershipError):
        suspend_scaling(someone.session, suspended=True)
    assert suspended(someone) == {False}
