"""Target tracking moves the service: out fast, in slowly, never during a deployment."""

from __future__ import annotations

import pytest

from tests.sandbox.scaling.scaled import CPU, MEMORY, Scaled

MINUTE = 60


def test_three_high_minutes_scale_out_in_proportion_to_what_runs(tracked: Scaled) -> None:
    tracked.measure(90)
    tracked.clock.sleep(2 * MINUTE)
    assert tracked.desired == 2

    tracked.clock.sleep(MINUTE)

    assert tracked.desired == 4
    activity = tracked.activities[0]
    alarm = tracked.policies[0]["Alarms"][0]["AlarmName"]
    assert activity["Cause"] == f"monitor alarm {alarm} in state ALARM triggered policy policy"
    tracked.clock.sleep(MINUTE)
    assert tracked.desired == 4  # nothing more runs yet: what was added counts


def test_it_never_scales_past_the_maximum(tracked: Scaled) -> None:
    tracked.measure(5000)
    tracked.clock.sleep(10 * MINUTE)

    assert tracked.desired == 10


def test_fifteen_low_minutes_scale_in(tracked: Scaled) -> None:
    tracked.measure(20)
    tracked.clock.sleep(14 * MINUTE)
    assert tracked.desired == 2

    tracked.clock.sleep(MINUTE)

    assert tracked.desired == 1
    assert "-AlarmLow-" in tracked.activities[0]["Cause"]


def test_scale_in_waits_for_its_cooldown_after_a_scale_out(tracked: Scaled) -> None:
    tracked.track(ScaleInCooldown=3600)
    tracked.measure(60)
    tracked.clock.sleep(3 * MINUTE)
    out = tracked.desired
    tracked.measure(1)
    tracked.clock.sleep(30 * MINUTE)
    assert tracked.desired == out == 3

    tracked.clock.sleep(31 * MINUTE)

    assert tracked.desired == 1


def test_without_data_nothing_moves_and_the_minutes_are_counted_anew(tracked: Scaled) -> None:
    tracked.measure(90)
    tracked.clock.sleep(2 * MINUTE)
    tracked.measure(None)
    tracked.clock.sleep(MINUTE)
    tracked.measure(90)
    tracked.clock.sleep(2 * MINUTE)

    assert tracked.desired == 2


def test_any_policy_scales_out_and_all_must_agree_to_scale_in(tracked: Scaled) -> None:
    tracked.track(MEMORY, name="memory")
    tracked.measure(90, CPU)
    tracked.measure(5, MEMORY)
    tracked.clock.sleep(3 * MINUTE)
    assert tracked.desired == 4

    tracked.measure(48, CPU)
    tracked.clock.sleep(60 * MINUTE)
    assert tracked.desired == 4
    tracked.measure(5, CPU)
    tracked.clock.sleep(15 * MINUTE)

    assert tracked.desired == 1


def test_a_policy_that_never_scales_in_does_not_hold_the_others(tracked: Scaled) -> None:
    tracked.track(MEMORY, name="memory", DisableScaleIn=True)
    tracked.measure(5, CPU)
    tracked.measure(48, MEMORY)
    tracked.clock.sleep(15 * MINUTE)

    assert tracked.desired == 1


@pytest.mark.rule("E5")
@pytest.mark.parametrize(
    ("value", "suspended"),
    [(90, "DynamicScalingOutSuspended"), (5, "DynamicScalingInSuspended")],
)
def test_a_suspended_direction_is_not_taken(tracked: Scaled, value: float, suspended: str) -> None:
    tracked.register(SuspendedState={suspended: True})
    tracked.measure(value)
    tracked.clock.sleep(30 * MINUTE)
    assert tracked.desired == 2

    tracked.register(SuspendedState={suspended: False})
    tracked.clock.sleep(2 * MINUTE)

    assert tracked.desired != 2


@pytest.mark.rule("E5")
def test_a_deployment_holds_scale_in_but_not_scale_out(tracked: Scaled) -> None:
    tracked.ecs.register_task_definition(
        family="t",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "m", "image": "nginx:missing"}],
    )
    tracked.ecs.update_service(cluster="c", service="s", taskDefinition="t")
    tracked.measure(5)
    tracked.clock.sleep(30 * MINUTE)
    assert tracked.desired == 2

    tracked.measure(90)
    tracked.clock.sleep(3 * MINUTE)

    assert tracked.desired == 4


@pytest.mark.rule("E12")
def test_a_count_below_the_minimum_is_raised_when_an_alarm_fires(tracked: Scaled) -> None:
    tracked.register(2, 10)
    tracked.ecs.update_service(cluster="c", service="s", desiredCount=0)
    tracked.clock.sleep(5 * MINUTE)
    assert tracked.desired == 0

    tracked.measure(90)
    tracked.clock.sleep(3 * MINUTE)

    assert tracked.desired == 2


def test_no_time_is_spent_on_targets_without_policies(tracked: Scaled) -> None:
    tracked.measure(90)
    tracked.api.delete_scaling_policy(
        ServiceNamespace="ecs",
        ResourceId="service/c/s",
        ScalableDimension="ecs:service:DesiredCount",
        PolicyName="policy",
    )
    tracked.clock.sleep(10 * MINUTE)

    assert (tracked.desired, tracked.activities) == (2, [])
