"""A provider follows its spec, never changes its group, and its deletion is not believed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ecsinfer.errors import OwnershipError, PreflightError
from ecsinfer.kinds.capacity_provider import (
    CapacityProvider,
    CapacityProviderKind,
    ObservedProvider,
)
from ecsinfer.kinds.managed_instances import (
    ManagedInstances,
    ManagedInstancesKind,
    ObservedManagedInstances,
)
from ecsinfer.model import Failed, Pending, Ready, Verb
from tests.kinds.driving import calls, drive, enum, outline

KIND = CapacityProviderKind()
GROUP = (
    "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:a1b2:autoScalingGroupName/my-asg"
)
SCALING = {
    "status": "ENABLED",
    "targetCapacity": 75,
    "minimumScalingStepSize": 1,
    "maximumScalingStepSize": 1000,
    "instanceWarmupPeriod": 300,
}
OUR_TAGS = [{"key": "ecsinfer:app", "value": "inference"}]
DESIRED = CapacityProvider(
    name="gpu",
    group="my-asg",
    application="inference",
    tags={"ecsinfer:app": "inference"},
    managed_scaling=SCALING,
    managed_termination_protection="ENABLED",
)


def provider(**fields: Any) -> dict[str, Any]:
    return {
        "name": "gpu",
        "capacityProviderArn": "arn:aws:ecs:us-east-1:123456789012:capacity-provider/gpu",
        "status": "ACTIVE",
        "autoScalingGroupProvider": {
            "autoScalingGroupArn": GROUP,
            "managedScaling": SCALING,
            "managedTerminationProtection": "ENABLED",
            "managedDraining": "ENABLED",
        },
        "tags": OUR_TAGS,
        **fields,
    }


def observe(group: str = GROUP, **fields: Any) -> ObservedProvider | None:
    instances = [
        {"InstanceId": "i-1", "ProtectedFromScaleIn": True},
        {"InstanceId": "i-2", "ProtectedFromScaleIn": False},
    ]
    described = {
        "AutoScalingGroupName": "my-asg",
        "AutoScalingGroupARN": group,
        "Instances": instances,
    }
    answers = {
        "DescribeCapacityProviders": {"capacityProviders": [provider(**fields)]},
        "DescribeAutoScalingGroups": {"AutoScalingGroups": [described] if group else []},
    }
    found: ObservedProvider | None = drive(KIND.observe(DESIRED, {}), answers)
    return found


def test_a_provider_as_desired_is_kept_by_the_groups_name_or_arn() -> None:
    assert KIND.diff(DESIRED, observe()) == (Verb.KEEP, ())
    assert KIND.diff(replace(DESIRED, group=GROUP), observe()) == (Verb.KEEP, ())


@pytest.mark.rule("B7", "O1")
def test_an_update_sends_the_whole_block() -> None:
    desired = replace(DESIRED, managed_scaling={**SCALING, "targetCapacity": 90})
    verb, changes = KIND.diff(desired, observe())
    assert [each.path for each in changes] == [
        "autoScalingGroupProvider.managedScaling.targetCapacity"
    ]
    (update,) = calls(KIND.steps(desired, observe(), verb))
    settings = update.params["autoScalingGroupProvider"]
    assert settings["managedScaling"] == {**SCALING, "targetCapacity": 90}
    assert "autoScalingGroupArn" not in settings


@pytest.mark.rule("B3", "B4")
def test_another_group_is_refused_and_the_way_out_is_told() -> None:
    recreated = GROUP.replace("a1b2", "c3d4")
    with pytest.raises(PreflightError, match="bound to Auto Scaling group") as refusal:
        KIND.diff(DESIRED, observe(recreated))
    assert "another name" in refusal.value.hint
    with pytest.raises(PreflightError, match="does not exist"):
        KIND.diff(DESIRED, observe(""))


@pytest.mark.rule("B2")
def test_a_namesake_is_refused() -> None:
    with pytest.raises(OwnershipError, match="capacity provider gpu"):
        KIND.diff(DESIRED, observe(tags=[]))
    assert KIND.teardown(DESIRED, observe(tags=[]))[0] is Verb.RETAIN


@pytest.mark.rule("B11")
def test_a_deleted_provider_is_absent_and_one_on_its_way_out_is_waited_for() -> None:
    assert observe(status="INACTIVE") is None
    leaving = observe(status="DEPROVISIONING")
    assert KIND.diff(DESIRED, leaving)[0] is Verb.CREATE
    assert outline(KIND.steps(DESIRED, leaving, Verb.CREATE)) == [
        "gone", "CreateCapacityProvider", "ready",
    ]  # fmt: skip
    assert outline(KIND.teardown(DESIRED, leaving)[2]) == ["gone"]


def test_an_update_that_failed_is_sent_again() -> None:
    found = observe(updateStatus="UPDATE_FAILED")
    verb, _ = KIND.diff(DESIRED, found)
    assert outline(KIND.steps(DESIRED, found, verb)) == ["UpdateCapacityProvider", "ready"]


@pytest.mark.rule("F2")
def test_a_destroy_names_the_instances_that_stay_protected() -> None:
    verb, why, steps = KIND.teardown(DESIRED, observe())
    assert verb is Verb.DELETE
    assert outline(steps) == ["DeleteCapacityProvider", "gone"]
    assert "i-1" in why
    assert "i-2" not in why


@pytest.mark.rule("B12")
def test_a_deletion_that_aws_refused_with_success_fails_at_once() -> None:
    reason = "The capacity provider cannot be deleted because it is associated with cluster: c."
    found = observe(updateStatus="DELETE_FAILED", updateStatusReason=reason)
    verdict = KIND.verdict(DESIRED, found, {"delete_status": "DELETE_FAILED"})
    assert isinstance(verdict, Failed)
    assert reason in verdict.evidence
    # Before the next attempt the same words are history, and the provider is in use.
    assert isinstance(KIND.verdict(DESIRED, found, {}), Ready)


@pytest.mark.rule("B11")
@pytest.mark.parametrize("status", [*enum("CapacityProviderStatus"), "NEW"])
@pytest.mark.parametrize("update", [*enum("CapacityProviderUpdateStatus"), "NEW", ""])
def test_every_status_has_a_verdict(status: str, update: str) -> None:
    found = ObservedProvider(provider(status=status, updateStatus=update), None)
    verdict = KIND.verdict(DESIRED, found, {})
    assert isinstance(verdict, Failed) is (update in ("CREATE_FAILED", "UPDATE_FAILED"))
    if update.endswith("_IN_PROGRESS") or status == "PROVISIONING":
        assert not isinstance(verdict, Ready)
    assert isinstance(KIND.verdict(DESIRED, found, {"delete_status": ""}), Pending | Failed)


MANAGED = ManagedInstances(
    name="mi",
    cluster="inference",
    application="inference",
    provider={
        "infrastructureRoleArn": "arn:aws:iam::123456789012:role/infra",
        "instanceLaunchTemplate": {
            "ec2InstanceProfileArn": "arn:aws:iam::123456789012:instance-profile/node",
            "networkConfiguration": {"subnets": ["subnet-1"]},
            "capacityOptionType": "ON_DEMAND",
            "instanceRequirements": {"vCpuCount": {"min": 4}, "memoryMiB": {"min": 16384}},
        },
    },
    tags={"ecsinfer:app": "inference"},
)


def managed(**template: Any) -> dict[str, Any]:
    launch = {**MANAGED.provider["instanceLaunchTemplate"], "fipsEnabled": False, **template}
    settings = {**MANAGED.provider, "instanceLaunchTemplate": launch}
    return provider(name="mi", cluster="inference", managedInstancesProvider=settings)


@pytest.mark.rule("B22")
def test_a_managed_instances_provider_is_named_with_its_cluster() -> None:
    kind = ManagedInstancesKind()
    answers = {"DescribeCapacityProviders": {"capacityProviders": [managed()]}}
    found = drive(kind.observe(MANAGED, {}), answers)
    assert kind.diff(MANAGED, found) == (Verb.KEEP, ())
    (create,) = calls(kind.steps(MANAGED, None, Verb.CREATE))
    (delete,) = calls(kind.teardown(MANAGED, found)[2])
    assert create.params["cluster"] == delete.params["cluster"] == "inference"


@pytest.mark.rule("B23", "B7")
def test_a_managed_instances_update_leaves_out_what_cannot_change() -> None:
    kind = ManagedInstancesKind()
    found = ObservedManagedInstances(managed(networkConfiguration={"subnets": ["subnet-9"]}))
    verb, _ = kind.diff(MANAGED, found)
    (update,) = calls(kind.steps(MANAGED, found, verb))
    template = update.params["managedInstancesProvider"]["instanceLaunchTemplate"]
    assert "capacityOptionType" not in template
    with pytest.raises(PreflightError, match="capacityOptionType"):
        kind.diff(MANAGED, ObservedManagedInstances(managed(capacityOptionType="SPOT")))
