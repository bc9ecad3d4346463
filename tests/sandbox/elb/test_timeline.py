"""When a target becomes healthy: the arithmetic alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.sandbox.clock import EPOCH
from ecsinfer.sandbox.elb.records import TargetGroup
from ecsinfer.sandbox.elb.timeline import (
    FAILED,
    FIRST_CHECK,
    NOT_IN_USE,
    TIMED_OUT,
    ZONE_NOT_ENABLED,
    transitions,
    unused,
)

GROUP = TargetGroup(
    arn="arn",
    name="targets",
    target_type="ip",
    vpc="vpc",
    port=8000,
    load_balancers=("balancer",),
    zones=("us-east-1a",),
    deregistration_delay=300,
    interval=10,
    timeout=5,
    healthy_threshold=5,
    unhealthy_threshold=3,
)


def _states(ready_after: float | None, group: TargetGroup = GROUP) -> list[tuple[float, str]]:
    """(seconds after the registration, state) of every change."""
    ready_at = None if ready_after is None else EPOCH + timedelta(seconds=ready_after)
    return [
        ((moment - EPOCH).total_seconds(), health.state)
        for moment, health in transitions(group, EPOCH, ready_at)
    ]


def test_a_target_that_answers_at_once_is_healthy_with_its_first_check() -> None:
    assert _states(0) == [(FIRST_CHECK, "healthy")]


def test_a_new_target_needs_one_passed_check() -> None:
    assert _states(12) == [(5, "initial"), (15, "healthy")]


def test_one_that_was_called_unhealthy_needs_the_healthy_threshold() -> None:
    assert _states(30) == [(5, "initial"), (25, "unhealthy"), (75, "healthy")]


def test_one_that_never_answers_is_unhealthy_after_the_unhealthy_threshold() -> None:
    assert _states(None) == [(5, "initial"), (25, "unhealthy")]


def test_how_a_target_fails_is_told() -> None:
    changes = transitions(GROUP, EPOCH, None, TIMED_OUT)

    assert [health.reason for _, health in changes] == [
        "Elb.InitialHealthChecking",
        "Target.Timeout",
    ]


@pytest.mark.rule("G2", "G4", "G5")
@pytest.mark.parametrize(
    ("group", "zone", "expected"),
    [
        (GROUP, "us-east-1a", None),
        (GROUP, "us-east-1b", ZONE_NOT_ENABLED),
        (GROUP, "", None),
        (GROUP, "all", None),
        (replace(GROUP, load_balancers=(), zones=()), "us-east-1a", NOT_IN_USE),
    ],
)
def test_a_target_is_checked_only_where_its_load_balancer_is(
    group: TargetGroup, zone: str, expected: object
) -> None:
    assert unused(group, zone) == expected


@given(
    ready=st.floats(0, 5000),
    interval=st.integers(5, 300),
    healthy=st.integers(2, 10),
    unhealthy=st.integers(2, 10),
)
def test_a_target_is_never_healthy_before_it_answers_and_always_in_the_end(
    ready: float, interval: int, healthy: int, unhealthy: int
) -> None:
    group = replace(
        GROUP,
        interval=float(interval),
        healthy_threshold=healthy,
        unhealthy_threshold=unhealthy,
    )

    changes = _states(ready, group)

    moments = [moment for moment, _ in changes]
    assert moments == sorted(set(moments))
    assert changes[-1][1] == "healthy"
    assert ready <= changes[-1][0] <= max(ready, FIRST_CHECK) + (healthy + 1) * interval


@given(unhealthy=st.integers(1, 10))
def test_a_target_that_never_answers_stays_unhealthy(unhealthy: int) -> None:
    group = replace(GROUP, unhealthy_threshold=unhealthy)

    changes = transitions(group, EPOCH, None)

    assert changes[-1] == (
        EPOCH + timedelta(seconds=FIRST_CHECK + (unhealthy - 1) * group.interval),
        FAILED,
    )
