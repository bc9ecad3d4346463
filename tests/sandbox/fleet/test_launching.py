"""Instances are launched in time and over the zones, or the group says why not."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from ecsinfer.sandbox.furniture import GPU_LAUNCH_TEMPLATE, SUBNETS
from ecsinfer.sandbox.scenario import Scenario
from tests.sandbox.fleet.groups import NAME, Groups


def test_an_instance_is_pending_until_it_runs(groups: Groups) -> None:
    groups.create(1)
    assert groups.states == ["Pending"]
    assert groups.activities[0]["StatusCode"] == "InProgress"

    groups.clock.sleep(groups.sandbox.scenario.timings.launch)

    assert groups.states == ["InService"]
    assert groups.activities[0]["StatusCode"] == "Successful"
    assert groups.activities[0]["Description"] == (f"Launching a new EC2 instance: {groups.ids[0]}")


def test_instances_are_spread_over_the_zones(groups: Groups) -> None:
    groups.create(4)

    zones = Counter(item["AvailabilityZone"] for item in groups.instances)

    assert sorted(zones.values()) == [1, 1, 2]


def test_instances_are_ec2_instances_in_the_groups_subnets(groups: Groups) -> None:
    tags = [{"Key": "team", "Value": "vision", "PropagateAtLaunch": True}]
    groups.running(3, Tags=tags)

    reservations = groups.ec2.describe_instances(InstanceIds=groups.ids)["Reservations"]
    found = [item for reservation in reservations for item in reservation["Instances"]]

    assert sorted(item["SubnetId"] for item in found) == sorted(SUBNETS)
    assert {item["InstanceType"] for item in found} == {"g5.xlarge"}
    assert all(
        {tag["Key"]: tag["Value"] for tag in item["Tags"]}
        == {"aws:autoscaling:groupName": NAME, "team": "vision"}
        for item in found
    )


def test_new_instances_are_protected_when_the_group_says_so(groups: Groups) -> None:
    groups.running(1, NewInstancesProtectedFromScaleIn=True)

    assert [item["ProtectedFromScaleIn"] for item in groups.instances] == [True]


@pytest.mark.rule("F6")
def test_a_zone_without_capacity_is_told_once_and_avoided() -> None:
    groups = Groups(Scenario(no_capacity=("g5.xlarge@us-east-1a",)))
    groups.running(4)

    failed = [item for item in groups.activities if item["StatusCode"] == "Failed"]

    assert Counter(item["AvailabilityZone"] for item in groups.instances) == {
        "us-east-1b": 2,
        "us-east-1c": 2,
    }
    (message,) = [item["StatusMessage"] for item in failed]
    assert message == (
        "We currently do not have sufficient g5.xlarge capacity in the Availability Zone you "
        "requested (us-east-1a). Our system will be working on provisioning additional capacity. "
        "You can currently get g5.xlarge capacity by not specifying an Availability Zone in your "
        "request or choosing us-east-1b, us-east-1c. Launching EC2 instance failed."
    )
    assert failed[0]["Description"].startswith("Launching a new EC2 instance.  Status Reason: We")


@pytest.mark.rule("F6")
def test_without_capacity_anywhere_the_group_tries_again_until_there_is_some() -> None:
    groups = Groups(Scenario(no_capacity=("g5.xlarge",)))
    groups.running(1)
    before = len(groups.activities)
    groups.clock.sleep(60)
    assert groups.instances == []
    assert len(groups.activities) > before

    groups.sandbox.behave(Scenario())
    groups.clock.sleep(120)

    assert groups.states == ["InService"]


@pytest.mark.rule("F6", "J3")
def test_a_vcpu_quota_bounds_what_runs_at_once() -> None:
    groups = Groups(Scenario(vcpu_quota=9))  # a g5.xlarge has 4
    groups.running(3)

    messages = {item.get("StatusMessage", "") for item in groups.activities}

    assert groups.states == ["InService", "InService"]
    assert any(
        text.startswith(
            "You have requested more vCPU capacity than your current vCPU limit of 9 allows for "
            "the instance bucket that the specified instance type belongs to."
        )
        for text in messages
    )


def _mixed(*types: str) -> dict[str, Any]:
    return {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {"LaunchTemplateId": GPU_LAUNCH_TEMPLATE},
            "Overrides": [{"InstanceType": name} for name in types],
        }
    }


def _create_mixed(groups: Groups, *types: str) -> None:
    groups.api.create_auto_scaling_group(
        AutoScalingGroupName=NAME,
        MixedInstancesPolicy=_mixed(*types),
        MinSize=1,
        MaxSize=1,
        VPCZoneIdentifier=SUBNETS[0],
    )
    groups.clock.sleep(60)


def test_a_mixed_instances_policy_falls_back_on_its_next_type() -> None:
    groups = Groups(Scenario(no_capacity=("g6.xlarge",)))

    _create_mixed(groups, "g6.xlarge", "g5.2xlarge")

    assert [item["InstanceType"] for item in groups.instances] == ["g5.2xlarge"]


def test_a_mixed_instances_policy_without_capacity_names_the_error_of_its_fleet() -> None:
    groups = Groups(Scenario(no_capacity=("us-east-1a",)))

    _create_mixed(groups, "g6.xlarge")

    assert groups.activities[0]["StatusMessage"].startswith(
        "Could not launch On-Demand Instances. InsufficientInstanceCapacity - We currently do not "
        "have sufficient g6.xlarge capacity"
    )


def test_a_launch_configuration_can_be_launched(groups: Groups) -> None:
    groups.api.create_launch_configuration(
        LaunchConfigurationName="old", ImageId="ami-05fb4f257abd42992", InstanceType="m5.large"
    )
    groups.api.create_auto_scaling_group(
        AutoScalingGroupName=NAME,
        LaunchConfigurationName="old",
        MinSize=1,
        MaxSize=1,
        AvailabilityZones=["us-east-1b"],
    )
    groups.clock.sleep(60)

    assert [
        (item["InstanceType"], item["AvailabilityZone"], item["LaunchConfigurationName"])
        for item in groups.instances
    ] == [("m5.large", "us-east-1b", "old")]


def test_a_suspended_launch_waits_until_it_is_resumed(groups: Groups) -> None:
    groups.create()
    groups.api.suspend_processes(AutoScalingGroupName=NAME, ScalingProcesses=["Launch"])
    groups.want(1)
    suspended = groups.group["SuspendedProcesses"]
    assert (groups.instances, [item["ProcessName"] for item in suspended]) == ([], ["Launch"])

    groups.api.resume_processes(AutoScalingGroupName=NAME, ScalingProcesses=["Launch"])

    assert groups.states == ["Pending"]


def test_two_runs_of_the_same_calls_launch_the_same_instances() -> None:
    def life() -> list[str]:
        groups = Groups()
        groups.running(3)
        return groups.ids

    assert life() == life()


def test_the_launch_time_is_the_scenarios() -> None:
    scenario = Scenario()
    groups = Groups(replace(scenario, timings=replace(scenario.timings, launch=300)))
    groups.create(1)

    groups.clock.sleep(299)
    assert groups.states == ["Pending"]
    groups.clock.sleep(1)

    assert groups.states == ["InService"]
