"""Auto Scaling groups are scaled to zero by one flag, and by nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.kinds import ownership
from ecsinfer.kinds.auto_scaling_group import (
    AutoScalingGroup,
    AutoScalingGroupKind,
    ObservedGroup,
)
from ecsinfer.kinds.others import ForeignTask, Leaving, Others
from ecsinfer.model import Pending, Ready, Verb
from tests.kinds.driving import calls, drive, outline

KIND = AutoScalingGroupKind()
LEAVING = Leaving("inference", "app", ("llm",))
DESIRED = AutoScalingGroup("gpu-asg", "app", "gpu", "inference", LEAVING)
TAGS = ownership.tag_list({ownership.APP: "app"})
CLUSTER = {"clusterName": "inference", "status": "ACTIVE", "tags": TAGS, "activeServicesCount": 1}
SERVICE = {"serviceName": "llm", "status": "ACTIVE", "tags": TAGS}
ARN = "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:1:autoScalingGroupName/gpu-asg"
PROVIDER = {
    "name": "gpu",
    "status": "ACTIVE",
    "tags": TAGS,
    "autoScalingGroupProvider": {"autoScalingGroupArn": ARN},
}


def instance(number: int, *, protected: bool = True, state: str = "InService") -> dict[str, Any]:
    return {
        "InstanceId": f"i-{number}",
        "LifecycleState": state,
        "ProtectedFromScaleIn": protected,
    }


def group(*instances: dict[str, Any], least: int = 0) -> dict[str, Any]:
    return {
        "AutoScalingGroupName": "gpu-asg",
        "AutoScalingGroupARN": ARN,
        "MinSize": least,
        "DesiredCapacity": len(instances),
        "Instances": list(instances),
    }


def observed(found: dict[str, Any], **more: Any) -> ObservedGroup:
    given = {"cluster": CLUSTER, "provider": PROVIDER, "others": Others(active=1), **more}
    return ObservedGroup(found, **given)


def look(**answers: Any) -> ObservedGroup | None:
    """What is seen of a group of one instance, unless an answer says otherwise."""
    seen: ObservedGroup | None = drive(
        KIND.observe(DESIRED, {}),
        {
            "DescribeClusters": {"clusters": [CLUSTER]},
            "DescribeServices": {"services": [SERVICE]},
            "DescribeCapacityProviders": {"capacityProviders": [PROVIDER]},
            "DescribeAutoScalingGroups": {"AutoScalingGroups": [group(instance(1))]},
            **answers,
        },
    )
    return seen


def test_a_deploy_never_sizes_a_group() -> None:
    seen = observed(group(instance(1)))
    assert KIND.diff(DESIRED, seen) == (Verb.KEEP, ())
    assert KIND.steps(DESIRED, seen, Verb.KEEP) == ()


@pytest.mark.rule("F2")
def test_protection_is_lifted_fifty_at_a_time_before_the_group_shrinks() -> None:
    verb, _, steps = KIND.teardown(DESIRED, observed(group(*map(instance, range(51)))))
    assert verb is Verb.UPDATE
    assert outline(steps) == [
        "SetInstanceProtection", "SetInstanceProtection", "UpdateAutoScalingGroup", "gone",
    ]  # fmt: skip
    assert [len(each.params["InstanceIds"]) for each in calls(steps)[:2]] == [50, 1]


@pytest.mark.rule("F1", "F2")
@pytest.mark.parametrize("state", ["Pending", "Terminating:Wait", "Warmed:Stopped"])
def test_only_instances_in_service_or_standby_can_lose_their_protection(state: str) -> None:
    _, _, steps = KIND.teardown(DESIRED, observed(group(instance(1, state=state))))
    assert outline(steps) == ["UpdateAutoScalingGroup", "gone"]


def test_the_plan_says_what_the_sizes_were_and_which_instances_end() -> None:
    _, why, _ = KIND.teardown(DESIRED, observed(group(instance(1), least=1)))
    assert "DesiredCapacity 1 -> 0, MinSize 1 -> 0" in why
    assert "lifts scale-in protection of 1 instance (i-1), terminates them" in why


def test_the_instances_that_end_are_named_where_not_all_of_them_are_protected() -> None:
    some = observed(group(instance(1), instance(2, state="Pending")))
    _, why, _ = KIND.teardown(DESIRED, some)
    assert "of 1 instance (i-1), terminates 2 instances (i-1, i-2)" in why


def test_a_group_that_is_shrinking_already_is_only_awaited() -> None:
    leaving = {**group(instance(1, state="Terminating")), "DesiredCapacity": 0}
    assert outline(KIND.teardown(DESIRED, observed(leaving))[2]) == ["gone"]


@pytest.mark.parametrize(
    "more",
    [
        {"others": Others({"theirs": frozenset()}, active=2)},
        {"others": Others(tasks=(ForeignTask("1f", "family:batch", "gpu"),))},
        {"cluster": {**CLUSTER, "tags": []}},
        {"provider": {**PROVIDER, "tags": []}},
        {"provider": {**PROVIDER, "autoScalingGroupProvider": {"autoScalingGroupArn": "arn:x"}}},
    ],
    ids=["other services", "other tasks", "foreign cluster", "foreign provider", "another group"],
)
def test_what_others_may_use_keeps_its_instances(more: dict[str, Any]) -> None:
    verb, why, steps = KIND.teardown(DESIRED, observed(group(instance(1)), **more))
    assert (verb, steps) == (Verb.RETAIN, ())
    assert why


def test_services_of_others_are_counted() -> None:
    cluster = {**CLUSTER, "activeServicesCount": 3}
    seen = look(DescribeClusters={"clusters": [cluster]})
    assert KIND.teardown(DESIRED, seen)[:2] == (
        Verb.RETAIN,
        "cluster inference: 2 active services in it are not of this application",
    )


@pytest.mark.parametrize(
    "answers",
    [
        {"DescribeClusters": {"clusters": []}},
        {"DescribeAutoScalingGroups": {"AutoScalingGroups": [group()]}},
        {"DescribeAutoScalingGroups": {"AutoScalingGroups": []}},
        {"DescribeCapacityProviders": {"capacityProviders": []}},
    ],
    ids=["no cluster", "empty", "no group", "never ours"],
)
def test_nothing_is_done_where_nothing_of_the_group_holds_the_cluster(
    answers: dict[str, Any],
) -> None:
    seen = look(**answers)
    assert seen is None
    assert KIND.teardown(DESIRED, seen) == (Verb.KEEP, "nothing of it is in the way", ())
    assert KIND.verdict(DESIRED, seen, {}) == Ready()


@pytest.mark.rule("F4")
def test_an_instance_that_ended_and_stays_registered_is_named_with_the_way_out() -> None:
    seen = look(
        DescribeAutoScalingGroups={"AutoScalingGroups": [group()]},
        ListContainerInstances={"containerInstanceArns": ["arn:c/1"]},
        DescribeContainerInstances={
            "containerInstances": [
                {
                    "containerInstanceArn": "arn:c/1",
                    "ec2InstanceId": "i-9",
                    "capacityProviderName": "gpu",
                }
            ]
        },
    )
    verdict = KIND.verdict(DESIRED, seen, {})
    assert isinstance(verdict, Pending)
    assert "i-9" in verdict.why
    assert "deregister-container-instance" in verdict.why


@pytest.mark.rule("F3")
def test_the_wait_says_what_holds_an_instance() -> None:
    held = observed(group(instance(1, protected=False, state="Terminating:Wait")))
    verdict = KIND.verdict(DESIRED, held, {})
    assert isinstance(verdict, Pending)
    assert "lifecycle hook holds 1 instance (i-1)" in verdict.why
