"""Scheduled actions set the bounds when their time comes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.ecs.refusals import refusal
from tests.sandbox.scaling.scaled import TARGET, Scaled


def _schedule(scaled: Scaled, schedule: str, name: str = "action", **changes: Any) -> None:
    request: dict[str, Any] = {"ScalableTargetAction": {"MinCapacity": 4, "MaxCapacity": 6}}
    scaled.api.put_scheduled_action(
        **TARGET, ScheduledActionName=name, Schedule=schedule, **{**request, **changes}
    )


def _described(scaled: Scaled) -> list[dict[str, Any]]:
    answer = scaled.api.describe_scheduled_actions(ServiceNamespace="ecs")
    found: list[dict[str, Any]] = answer["ScheduledActions"]
    return found


@pytest.fixture
def bounded(running: Scaled) -> Scaled:
    """The service runs two tasks of 1 to 10."""
    running.register()
    return running


def test_an_action_sets_the_bounds_and_the_count_follows(bounded: Scaled) -> None:
    due = bounded.clock.now() + timedelta(minutes=10)
    _schedule(bounded, f"at({due:%Y-%m-%dT%H:%M:%S})")
    bounded.clock.sleep(599)
    assert bounded.desired == 2

    bounded.clock.sleep(1)

    (target,) = bounded.targets
    assert (target["MinCapacity"], target["MaxCapacity"], bounded.desired) == (4, 6, 4)
    assert [(item["Description"], item["Cause"]) for item in bounded.activities] == [
        ("Setting desired count to 4.", "minimum capacity was set to 4"),
        (
            "Setting min capacity to 4 and max capacity to 6",
            "scheduled action name action was triggered",
        ),
    ]


def test_a_rate_repeats_until_its_end(bounded: Scaled) -> None:
    end = bounded.clock.now() + timedelta(minutes=25)
    _schedule(bounded, "rate(10 minutes)", EndTime=end)

    bounded.clock.sleep(3600)

    triggered = [item for item in bounded.activities if "was triggered" in item["Cause"]]
    assert len(triggered) == 2


def test_an_action_changed_keeps_what_is_not_given(bounded: Scaled) -> None:
    _schedule(bounded, "rate(1 hour)", Timezone="Europe/Berlin")
    bounded.api.put_scheduled_action(
        **TARGET, ScheduledActionName="action", Schedule="rate(2 hours)"
    )

    (action,) = _described(bounded)
    assert (action["Schedule"], action["Timezone"]) == ("rate(2 hours)", "Europe/Berlin")
    assert action["ScalableTargetAction"] == {"MinCapacity": 4, "MaxCapacity": 6}


@pytest.mark.rule("E5")
def test_a_suspended_schedule_changes_nothing(bounded: Scaled) -> None:
    bounded.register(SuspendedState={"ScheduledScalingSuspended": True})
    _schedule(bounded, "rate(1 minute)")
    bounded.clock.sleep(300)

    assert bounded.desired == 2


def test_a_deleted_action_never_runs(bounded: Scaled) -> None:
    _schedule(bounded, "rate(1 minute)")
    bounded.api.delete_scheduled_action(**TARGET, ScheduledActionName="action")
    bounded.clock.sleep(300)

    assert (bounded.desired, _described(bounded)) == (2, [])
    with refusal("ObjectNotFoundException", "No scheduled action found"):
        bounded.api.delete_scheduled_action(**TARGET, ScheduledActionName="action")


def test_an_action_needs_a_target_a_schedule_and_something_to_do(running: Scaled) -> None:
    with refusal("ObjectNotFoundException", "No scalable target registered"):
        _schedule(running, "rate(1 hour)")
    running.register()
    with refusal("ValidationException", "Invalid schedule expression"):
        _schedule(running, "every now and then")
    with refusal("ValidationException", "are required"):
        _schedule(running, "rate(1 hour)", ScalableTargetAction={})
