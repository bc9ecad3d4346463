"""What ``llm=6`` and ``llm=2..20`` mean, and what their capacity cannot hold."""

from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.application.headroom import Group, Headroom, observe
from ecsinfer.application.scale import Wanted, parse
from ecsinfer.capacity.slots import Requirements
from ecsinfer.errors import UsageError
from tests.kinds.driving import drive

ONE_GPU = Requirements(cpu=2048, memory=8192, gpus=1)
GROUP_ARN = "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:x:autoScalingGroupName/asg"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("llm=6", ("llm", Wanted(6))),
        ("llm=0", ("llm", Wanted(0))),
        ("my-llm=2..20", ("my-llm", Wanted(2, 20))),
        ("llm=3..3", ("llm", Wanted(3, 3))),
    ],
)
def test_an_assignment_is_a_count_or_a_range(text: str, expected: tuple[str, Wanted]) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text", ["llm", "llm=", "=3", "llm=-1", "llm=2..", "llm=2-3", "llm=20..2", "llm=5001", "llm=1..5001"]
)  # fmt: skip
def test_anything_else_is_refused_with_an_example_or_the_limits(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("groups", "wanted", "short"),
    [
        ((Group("asg", 4, ("g5.xlarge",)),), 4, False),
        ((Group("asg", 4, ("g5.xlarge",)),), 5, True),
        ((Group("asg", 1, ("g5.12xlarge",)),), 4, False),
        ((Group("asg", 1, ("g5.xlarge", "g5.12xlarge")),), 4, False),
        ((Group("one", 2, ("g5.xlarge",)), Group("two", 2, ("g5.xlarge",))), 4, False),
        ((Group("one", 2, ("g5.xlarge",)), Group("two", 2, ("g5.xlarge",))), 5, True),
        ((Group("asg", 9, ("m5.large",)),), 1, True),
        ((Group("asg", 1, ("x99.huge",)),), 100, False),
        ((Group("asg", 1, ()),), 100, False),
        (None, 100, False),
    ],
)
def test_only_what_certainly_cannot_be_is_a_shortage(
    groups: tuple[Group, ...] | None, wanted: int, short: bool
) -> None:
    assert bool(Headroom(ONE_GPU, groups).shortage(wanted)) is short


def seen(group: dict[str, Any]) -> tuple[Group, ...] | None:
    """The groups of a service on provider ``gpu``, whose group is `group`."""
    provider = {"name": "gpu", "autoScalingGroupProvider": {"autoScalingGroupArn": GROUP_ARN}}
    found = {"AutoScalingGroupName": "asg", "MaxSize": 3, **group}
    service = {
        "taskDefinition": "llm:1",
        "capacityProviderStrategy": [{"capacityProvider": "gpu", "weight": 1}],
    }
    headroom: Headroom = drive(
        observe(service),
        {
            "DescribeCapacityProviders": {"capacityProviders": [provider]},
            "DescribeAutoScalingGroups": {"AutoScalingGroups": [found]},
            "DescribeLaunchTemplateVersions": {
                "LaunchTemplateVersions": [
                    {
                        "LaunchTemplateId": "lt-1",
                        "LaunchTemplateData": {"InstanceType": "g5.xlarge"},
                    }
                ]
            },
        },
    )
    return headroom.groups


def mixed(*overrides: dict[str, str]) -> dict[str, Any]:
    return {"MixedInstancesPolicy": {"LaunchTemplate": {"Overrides": list(overrides)}}}


@pytest.mark.parametrize(
    ("group", "types"),
    [
        ({"LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "3"}}, ("g5.xlarge",)),
        (mixed({"InstanceType": "g5.xlarge"}, {"InstanceType": "g6.xlarge"}),
         ("g5.xlarge", "g6.xlarge")),
        (mixed({"InstanceType": "g5.xlarge", "WeightedCapacity": "2"}), ()),
        ({"Instances": [{"InstanceType": "g5.xlarge"}] * 2}, ("g5.xlarge",)),
        ({}, ()),
    ],
    ids=["template", "mixed", "weighted", "launch configuration", "unknown"],
)  # fmt: skip
def test_the_types_of_a_group_are_found_where_it_names_them(
    group: dict[str, Any], types: tuple[str, ...]
) -> None:
    assert seen(group) == (Group("asg", 3, types),)


def test_fargate_has_no_bound() -> None:
    service = {
        "taskDefinition": "llm:1",
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE"}],
    }
    answers = {"DescribeCapacityProviders": {"capacityProviders": [{"name": "FARGATE"}]}}
    assert drive(observe(service), answers).groups is None
