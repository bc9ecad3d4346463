"""Create, update, describe and delete Auto Scaling groups."""

from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.furniture import CPU_GROUP, GPU_GROUP, MY_GROUP, SUBNETS
from tests.sandbox.ecs.refusals import refusal
from tests.sandbox.fleet.groups import NAME, Groups


def test_a_group_is_described_with_what_it_was_created_with_and_awss_defaults(
    groups: Groups,
) -> None:
    groups.create(NewInstancesProtectedFromScaleIn=True, HealthCheckGracePeriod=60)

    group = groups.group

    assert group["NewInstancesProtectedFromScaleIn"] is True
    assert group["HealthCheckGracePeriod"] == 60
    assert (group["DefaultCooldown"], group["HealthCheckType"]) == (300, "EC2")
    assert group["TerminationPolicies"] == ["Default"]
    assert group["VPCZoneIdentifier"] == ",".join(SUBNETS)
    assert group["AvailabilityZones"] == ["us-east-1a", "us-east-1b", "us-east-1c"]
    assert group["LaunchTemplate"]["LaunchTemplateName"] == "gpu-launch-template"
    assert group["CreatedTime"] == groups.clock.now()


def test_a_name_is_given_once(groups: Groups) -> None:
    groups.create()

    with refusal("AlreadyExists", "A group with the name group already exists"):
        groups.create()


@pytest.mark.rule("F8")
def test_an_unknown_group_is_an_empty_list_and_no_error(groups: Groups) -> None:
    answer = groups.api.describe_auto_scaling_groups(AutoScalingGroupNames=["nobody"])

    assert answer["AutoScalingGroups"] == []


@pytest.mark.rule("B4")
def test_a_group_made_again_under_its_name_has_another_arn(groups: Groups) -> None:
    groups.create()
    first = groups.group["AutoScalingGroupARN"]
    groups.api.delete_auto_scaling_group(AutoScalingGroupName=NAME)
    groups.create()

    assert groups.group["AutoScalingGroupARN"] != first
    assert groups.sandbox.world.fleet.group(first) is None


def test_groups_come_in_pages_and_by_tag(groups: Groups) -> None:
    groups.create(Tags=[{"Key": "team", "Value": "vision", "PropagateAtLaunch": False}])

    pages = groups.api.get_paginator("describe_auto_scaling_groups").paginate(
        PaginationConfig={"PageSize": 2}
    )
    names = [group["AutoScalingGroupName"] for page in pages for group in page["AutoScalingGroups"]]
    tagged = groups.api.describe_auto_scaling_groups(
        Filters=[{"Name": "tag:team", "Values": ["vision"]}]
    )

    assert names == [CPU_GROUP, GPU_GROUP, NAME, MY_GROUP]
    assert [item["AutoScalingGroupName"] for item in tagged["AutoScalingGroups"]] == [NAME]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"MinSize": 5, "MaxSize": 2},
            "Max bound, 2, must be greater than or equal to min bound, 5",
        ),
        (
            {"DesiredCapacity": 11},
            "Desired capacity:11 must be between the specified min size:0 and max size:10",
        ),
        ({"VPCZoneIdentifier": " "}, "At least one Availability Zone or VPC Subnet is required"),
        ({"VPCZoneIdentifier": "subnet-0"}, "subnet-0"),
        (
            {"LaunchTemplate": {"LaunchTemplateName": "none"}},
            "with template name none, does not exist",
        ),
    ],
)
def test_what_cannot_be_a_group_is_refused(
    groups: Groups, changes: dict[str, Any], text: str
) -> None:
    with refusal("ValidationError", text):
        groups.create(**changes)


def test_a_group_without_anything_to_launch_is_refused(groups: Groups) -> None:
    with refusal("ValidationError", "must contain either LaunchTemplate"):
        groups.api.create_auto_scaling_group(
            AutoScalingGroupName=NAME, MinSize=0, MaxSize=1, VPCZoneIdentifier=SUBNETS[0]
        )


def test_a_parameter_whose_effect_is_not_simulated_is_refused_by_name(groups: Groups) -> None:
    with refusal("UnsupportedFeatureException", "TargetGroupARNs"):
        groups.create(TargetGroupARNs=["arn:aws:elasticloadbalancing:::targetgroup/a/b"])


def test_an_operation_that_is_not_simulated_is_refused_by_name(groups: Groups) -> None:
    groups.create()

    with refusal("UnsupportedFeatureException", "PutWarmPool"):
        groups.api.put_warm_pool(AutoScalingGroupName=NAME)


@pytest.mark.parametrize(
    ("desired", "text"),
    [
        (11, "New SetDesiredCapacity value 11 is above max value 10 for the AutoScalingGroup."),
        (0, "New SetDesiredCapacity value 0 is below min value 1 for the AutoScalingGroup."),
    ],
)
def test_a_desired_capacity_outside_of_the_bounds_is_refused(
    groups: Groups, desired: int, text: str
) -> None:
    groups.create(1, MinSize=1)

    with refusal("ValidationError", text):
        groups.want(desired)


def test_new_bounds_move_the_desired_capacity(groups: Groups) -> None:
    groups.create()

    groups.api.update_auto_scaling_group(AutoScalingGroupName=NAME, MinSize=2, MaxSize=4)

    assert (groups.group["MinSize"], groups.group["DesiredCapacity"]) == (2, 2)
    assert (
        "update of AutoScalingGroup constraints to min: 2, max: 4"
        in (groups.activities[0]["Cause"])
    )


def test_a_group_with_instances_is_deleted_only_by_force(groups: Groups) -> None:
    groups.running(2)

    with refusal("ResourceInUse", "while there are instances"):
        groups.api.delete_auto_scaling_group(AutoScalingGroupName=NAME)
    groups.want(0)
    with refusal("ScalingActivityInProgress", "scaling activities in progress"):
        groups.api.delete_auto_scaling_group(AutoScalingGroupName=NAME)
    groups.want(1)
    groups.api.delete_auto_scaling_group(AutoScalingGroupName=NAME, ForceDelete=True)
    assert groups.group["Status"] == "Delete in progress"
    groups.clock.sleep(60)

    answer = groups.api.describe_auto_scaling_groups(AutoScalingGroupNames=[NAME])
    assert answer["AutoScalingGroups"] == []
    with refusal("ValidationError", "AutoScalingGroup name not found"):
        groups.want(1)


def test_tags_are_put_described_and_deleted(groups: Groups) -> None:
    groups.create()
    tag = {
        "ResourceId": NAME,
        "ResourceType": "auto-scaling-group",
        "Key": "team",
        "Value": "vision",
        "PropagateAtLaunch": True,
    }

    groups.api.create_or_update_tags(Tags=[tag])
    assert groups.group["Tags"] == [tag]
    filters = [{"Name": "key", "Values": ["team"]}]
    assert groups.api.describe_tags(Filters=filters)["Tags"] == [tag]
    groups.api.delete_tags(Tags=[{"ResourceId": NAME, "Key": "team"}])

    assert groups.group["Tags"] == []


def test_group_metrics_are_enabled_and_disabled(groups: Groups) -> None:
    groups.create()

    groups.api.enable_metrics_collection(AutoScalingGroupName=NAME, Granularity="1Minute")
    assert len(groups.group["EnabledMetrics"]) == 8
    groups.api.disable_metrics_collection(
        AutoScalingGroupName=NAME, Metrics=["GroupMinSize", "GroupMaxSize"]
    )

    assert len(groups.group["EnabledMetrics"]) == 6


@pytest.mark.rule("F1")
def test_the_policy_of_managed_scaling_is_visible_while_it_is_attached(groups: Groups) -> None:
    ecs = groups.ecs
    ecs.create_cluster(clusterName="c")
    ecs.create_capacity_provider(
        name="gpu",
        autoScalingGroupProvider={
            "autoScalingGroupArn": GPU_GROUP,
            "managedScaling": {"status": "ENABLED", "targetCapacity": 80},
        },
    )

    def associate(*providers: str) -> list[dict[str, Any]]:
        ecs.put_cluster_capacity_providers(
            cluster="c", capacityProviders=list(providers), defaultCapacityProviderStrategy=[]
        )
        groups.clock.sleep(60)
        found: list[dict[str, Any]] = groups.api.describe_policies(AutoScalingGroupName=GPU_GROUP)[
            "ScalingPolicies"
        ]
        return found

    attached = associate("gpu")
    detached = associate()

    assert attached[0]["PolicyName"].startswith("ECSManagedAutoScalingPolicy-")
    assert attached[0]["TargetTrackingConfiguration"]["TargetValue"] == 80
    assert detached == []
