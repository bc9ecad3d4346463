"""Which instances go, what holds them, and what the group says of it."""

from __future__ import annotations

from collections import Counter

import pytest

from ecsinfer.sandbox.fleet.activities import PROTECTED
from ecsinfer.sandbox.fleet.waiting import HEARTBEAT, LAUNCHING, TERMINATING
from tests.sandbox.ecs.refusals import refusal
from tests.sandbox.fleet.groups import NAME, Groups


def _hook(groups: Groups, transition: str, result: str = "CONTINUE", name: str = "hook") -> None:
    groups.api.put_lifecycle_hook(
        LifecycleHookName=name,
        AutoScalingGroupName=NAME,
        LifecycleTransition=transition,
        DefaultResult=result,
    )


def _complete(groups: Groups, instance_id: str, result: str = "CONTINUE") -> None:
    groups.api.complete_lifecycle_action(
        LifecycleHookName="hook",
        AutoScalingGroupName=NAME,
        LifecycleActionResult=result,
        InstanceId=instance_id,
    )


def test_scale_in_takes_from_the_fullest_zone_and_tells_whom(groups: Groups) -> None:
    groups.running(4)

    groups.want(3)
    leaving = [item["InstanceId"] for item in groups.instances if "Term" in item["LifecycleState"]]
    groups.clock.sleep(60)

    zones = Counter(item["AvailabilityZone"] for item in groups.instances)
    activity = groups.activities[0]
    assert sorted(zones.values()) == [1, 1, 1]
    assert activity["Description"] == f"Terminating EC2 instance: {leaving[0]}"
    assert activity["StatusCode"] == "Successful"
    assert "shrinking the capacity from 4 to 3" in activity["Cause"]
    assert activity["Cause"].endswith(f"instance {leaving[0]} was selected for termination.")


@pytest.mark.rule("F2")
def test_protected_instances_stay_and_the_group_says_so_once(groups: Groups) -> None:
    groups.running(2, NewInstancesProtectedFromScaleIn=True)

    groups.want(0)
    groups.want(1)
    groups.clock.sleep(600)

    cancelled = [item for item in groups.activities if item["StatusCode"] == "Cancelled"]
    assert groups.states == ["InService", "InService"]
    assert [item["StatusMessage"] for item in cancelled] == [PROTECTED]


@pytest.mark.rule("F2")
def test_lifting_the_protection_lets_the_group_shrink(groups: Groups) -> None:
    groups.running(2, NewInstancesProtectedFromScaleIn=True)
    groups.want(0)

    groups.protect(*groups.ids, protected=False)
    groups.clock.sleep(60)

    assert groups.instances == []


@pytest.mark.rule("F2")
def test_protection_is_set_for_fifty_instances_at_a_time(groups: Groups) -> None:
    groups.create()

    with refusal("ValidationError", "must not be greater than 50"):
        groups.protect(*(f"i-{number}" for number in range(51)))


def test_a_stranger_or_an_instance_not_in_service_cannot_be_protected(groups: Groups) -> None:
    groups.create(1)

    with refusal("ValidationError", "The instance i-0 is not part of Auto Scaling group group."):
        groups.protect("i-0")
    with refusal("ValidationError", "is not in InService"):
        groups.protect(*groups.ids)


def test_an_instance_terminated_by_name_is_replaced_even_when_it_is_protected(
    groups: Groups,
) -> None:
    groups.running(1, NewInstancesProtectedFromScaleIn=True)
    first = groups.ids[0]

    answer = groups.api.terminate_instance_in_auto_scaling_group(
        InstanceId=first, ShouldDecrementDesiredCapacity=False
    )
    groups.clock.sleep(60)

    assert answer["Activity"]["Description"] == f"Terminating EC2 instance: {first}"
    assert groups.states == ["InService"]
    assert groups.ids != [first]
    state = groups.ec2.describe_instances(InstanceIds=[first])["Reservations"][0]["Instances"][0]
    assert state["State"]["Name"] == "terminated"


def test_an_instance_terminated_for_good_takes_the_desired_capacity_along(groups: Groups) -> None:
    groups.running(2, MinSize=1)

    def terminate() -> None:
        groups.api.terminate_instance_in_auto_scaling_group(
            InstanceId=groups.ids[0], ShouldDecrementDesiredCapacity=True
        )

    terminate()
    groups.clock.sleep(60)

    assert (groups.group["DesiredCapacity"], len(groups.ids)) == (1, 1)
    with refusal("ValidationError", "Currently, desiredSize equals minSize (1)"):
        terminate()
    with refusal("ValidationError", "No managed instance found for instance ID: i-0"):
        groups.api.terminate_instance_in_auto_scaling_group(
            InstanceId="i-0", ShouldDecrementDesiredCapacity=True
        )


@pytest.mark.rule("F3")
def test_a_terminating_hook_holds_an_instance_until_it_is_completed(groups: Groups) -> None:
    groups.running(1)
    _hook(groups, TERMINATING)
    instance_id = groups.ids[0]
    groups.want(0)
    groups.clock.sleep(600)
    assert groups.states == ["Terminating:Wait"]

    _complete(groups, instance_id)
    groups.clock.sleep(60)

    assert groups.instances == []
    with refusal("ValidationError", "No active Lifecycle Action found with instance ID"):
        _complete(groups, instance_id)


@pytest.mark.rule("F3")
def test_a_hook_that_nobody_answers_lets_go_after_its_heartbeat_timeout(groups: Groups) -> None:
    groups.running(1)
    _hook(groups, TERMINATING)
    groups.want(0)
    groups.clock.sleep(HEARTBEAT - 60)
    assert groups.states == ["Terminating:Wait"]

    groups.api.record_lifecycle_action_heartbeat(
        LifecycleHookName="hook", AutoScalingGroupName=NAME, InstanceId=groups.ids[0]
    )
    groups.clock.sleep(HEARTBEAT - 60)
    assert groups.states == ["Terminating:Wait"]
    groups.clock.sleep(120)

    assert groups.instances == []


def test_a_launching_hook_decides_whether_an_instance_gets_into_service(groups: Groups) -> None:
    groups.create()
    _hook(groups, LAUNCHING, "ABANDON")
    groups.want(1)
    groups.clock.sleep(60)
    abandoned = groups.ids[0]
    assert groups.states == ["Pending:Wait"]

    _complete(groups, abandoned, "ABANDON")
    groups.clock.sleep(60)
    _complete(groups, groups.ids[0])

    assert groups.states == ["InService"]
    assert groups.ids != [abandoned]


def test_a_deleted_hook_lets_its_instances_go(groups: Groups) -> None:
    groups.running(1)
    _hook(groups, TERMINATING)
    groups.want(0)

    hooks = groups.api.describe_lifecycle_hooks(AutoScalingGroupName=NAME)["LifecycleHooks"]
    groups.api.delete_lifecycle_hook(LifecycleHookName="hook", AutoScalingGroupName=NAME)
    groups.clock.sleep(60)

    assert [(item["HeartbeatTimeout"], item["GlobalTimeout"]) for item in hooks] == [(3600, 172800)]
    assert groups.instances == []


def test_an_instance_still_pending_is_taken_once_it_has_arrived(groups: Groups) -> None:
    groups.create(2)
    groups.want(0)
    assert groups.states == ["Pending", "Pending"]

    groups.clock.sleep(120)

    assert groups.instances == []
    assert PROTECTED not in [item.get("StatusMessage") for item in groups.activities]


def test_a_suspended_termination_keeps_instances(groups: Groups) -> None:
    groups.running(1)
    groups.api.suspend_processes(AutoScalingGroupName=NAME, ScalingProcesses=["Terminate"])
    groups.want(0)
    groups.clock.sleep(60)
    assert groups.states == ["InService"]

    groups.api.resume_processes(AutoScalingGroupName=NAME)
    groups.clock.sleep(60)

    assert groups.instances == []


def test_instances_are_described_across_groups(groups: Groups) -> None:
    groups.running(2)

    everything = groups.api.describe_auto_scaling_instances()["AutoScalingInstances"]
    one = groups.api.describe_auto_scaling_instances(InstanceIds=groups.ids[:1])

    assert [item["InstanceId"] for item in everything] == groups.ids
    assert {item["AutoScalingGroupName"] for item in everything} == {NAME}
    assert [item["HealthStatus"] for item in one["AutoScalingInstances"]] == ["HEALTHY"]
