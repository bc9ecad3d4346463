from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.furniture import CPU_GROUP, GPU_GROUP
from tests.sandbox.ecs.refusals import refusal
from tests.sandbox.ecs.requests import SETTLED, group_provider

PREFIX = "arn:aws:ecs:us-east-1:123456789012:capacity-provider/"


def described(ecs: Any, name: str) -> dict[str, Any]:
    return dict(ecs.describe_capacity_providers(capacityProviders=[name])["capacityProviders"][0])


def unprotected_group(sandbox: Sandbox) -> str:
    """CPU_GROUP, whose new instances are protected from scale-in no longer."""
    autoscaling(sandbox).update_auto_scaling_group(
        AutoScalingGroupName=CPU_GROUP, NewInstancesProtectedFromScaleIn=False
    )
    return CPU_GROUP


@pytest.mark.rule("B1")
@pytest.mark.parametrize("name", ["ecsinfer-gpu", "AWS-gpu", "fargate2", "a b", "x" * 256])
def test_reserved_and_malformed_names_are_refused(ecs: Any, name: str) -> None:
    with refusal("ClientException", "the specified capacity provider name is invalid"):
        ecs.create_capacity_provider(**group_provider(name))


@pytest.mark.rule("B2")
def test_a_name_is_taken_even_by_the_very_same_provider(ecs: Any) -> None:
    ecs.create_capacity_provider(**group_provider("cpu"))
    with refusal("ClientException", "the specified capacity provider already exists"):
        ecs.create_capacity_provider(**group_provider("cpu"))


@pytest.mark.rule("B3")
def test_a_group_has_one_provider_until_that_is_deleted(ecs: Any, sandbox: Sandbox) -> None:
    ecs.create_capacity_provider(**group_provider("one"))
    with refusal("ClientException", "already being used by another capacity provider"):
        ecs.create_capacity_provider(**group_provider("two"))
    ecs.delete_capacity_provider(capacityProvider="one")
    sandbox.clock.sleep(SETTLED)
    ecs.create_capacity_provider(**group_provider("two"))


@pytest.mark.rule("B4")
def test_a_group_named_by_its_name_is_described_by_its_arn(ecs: Any) -> None:
    ecs.create_capacity_provider(**group_provider("cpu", CPU_GROUP))
    arn = described(ecs, "cpu")["autoScalingGroupProvider"]["autoScalingGroupArn"]
    assert arn.startswith("arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:")
    assert arn.endswith(f":autoScalingGroupName/{CPU_GROUP}")
    other_uuid = arn.replace(arn.split(":")[6], "00000000-0000-0000-0000-000000000000")
    for group in ("nothing", other_uuid):
        with refusal("ClientException", "auto scaling group"):
            ecs.create_capacity_provider(**group_provider("gpu", group))


@pytest.mark.rule("B5")
def test_describing_fills_the_defaults(ecs: Any) -> None:
    ecs.create_capacity_provider(
        name="cpu", autoScalingGroupProvider={"autoScalingGroupArn": CPU_GROUP}
    )
    provider = described(ecs, "cpu")
    group = provider["autoScalingGroupProvider"]
    assert group["managedScaling"] == {
        "status": "DISABLED",
        "targetCapacity": 100,
        "minimumScalingStepSize": 1,
        "maximumScalingStepSize": 10000,
        "instanceWarmupPeriod": 300,
    }
    assert group["managedTerminationProtection"] == "DISABLED"
    assert group["managedDraining"] == "ENABLED"
    assert (provider["status"], provider["type"]) == ("ACTIVE", "EC2_AUTOSCALING")


@pytest.mark.rule("B5")
@pytest.mark.parametrize(
    ("scaling", "text"),
    [
        ({"targetCapacity": 101}, "target capacity value is invalid"),
        ({"minimumScalingStepSize": 10_001}, "minimum or maximum scaling step size value"),
        ({"maximumScalingStepSize": 10_001}, "minimum or maximum scaling step size value"),
        (
            {"minimumScalingStepSize": 3, "maximumScalingStepSize": 2},
            "the minimum or maximum scaling step size value is invalid",
        ),
        ({"instanceWarmupPeriod": 10_001}, "instance warmup period value is invalid"),
    ],
)
def test_values_out_of_range_are_refused(ecs: Any, scaling: dict[str, int], text: str) -> None:
    with refusal("ClientException", text):
        ecs.create_capacity_provider(**group_provider(managedScaling=scaling))
    ecs.create_capacity_provider(**group_provider("cpu"))
    with refusal("ClientException", text):
        ecs.update_capacity_provider(
            name="cpu", autoScalingGroupProvider={"managedScaling": scaling}
        )
    assert (
        described(ecs, "cpu")["autoScalingGroupProvider"]["managedScaling"]["status"] == "ENABLED"
    )


@pytest.mark.rule("B6")
def test_termination_protection_needs_managed_scaling_and_a_protecting_group(
    ecs: Any, sandbox: Sandbox
) -> None:
    text = "managed termination protection setting for the capacity provider is invalid"
    protected = {"managedTerminationProtection": "ENABLED"}
    with refusal("ClientException", text):
        ecs.create_capacity_provider(
            **group_provider(managedScaling={"status": "DISABLED"}, **protected)
        )
    ecs.create_capacity_provider(**group_provider("gpu", GPU_GROUP, **protected))
    group = unprotected_group(sandbox)
    with refusal("ClientException", "must have instance protection from scale in enabled"):
        ecs.create_capacity_provider(**group_provider("cpu", group, **protected))


@pytest.mark.rule("B7", "O1")
def test_an_update_takes_time_merges_and_refuses_another_one_meanwhile(
    ecs: Any, sandbox: Sandbox
) -> None:
    ecs.create_capacity_provider(**group_provider("cpu"))
    change = {"managedScaling": {"targetCapacity": 80}, "managedDraining": "DISABLED"}
    updated = ecs.update_capacity_provider(name="cpu", autoScalingGroupProvider=change)
    assert updated["capacityProvider"]["updateStatus"] == "UPDATE_IN_PROGRESS"
    with refusal("UpdateInProgressException", "busy state"):
        ecs.update_capacity_provider(name="cpu", autoScalingGroupProvider=change)
    sandbox.clock.sleep(SETTLED)
    provider = described(ecs, "cpu")
    assert provider["updateStatus"] == "UPDATE_COMPLETE"
    group = provider["autoScalingGroupProvider"]
    assert (group["managedScaling"]["status"], group["managedScaling"]["targetCapacity"]) == (
        "ENABLED",
        80,
    )
    assert group["managedDraining"] == "DISABLED"


@pytest.mark.rule("B7")
def test_an_update_of_the_other_kind_is_refused(ecs: Any) -> None:
    ecs.create_capacity_provider(**group_provider("cpu"))
    with refusal("InvalidParameterException", "does not match its type"):
        ecs.update_capacity_provider(name="cpu")


@pytest.mark.rule("B8")
def test_the_group_is_tagged_as_managed_by_ecs(ecs: Any, sandbox: Sandbox) -> None:
    ecs.create_capacity_provider(**group_provider("cpu", CPU_GROUP))
    assert managed_tag(sandbox) == ("", True)


@pytest.mark.rule("B8")
def test_a_group_that_has_the_managed_tag_keeps_its_value(ecs: Any, sandbox: Sandbox) -> None:
    tag = {
        "ResourceType": "auto-scaling-group",
        "ResourceId": CPU_GROUP,
        "Key": "AmazonECSManaged",
        "Value": "true",
        "PropagateAtLaunch": False,
    }
    autoscaling(sandbox).create_or_update_tags(Tags=[tag])
    ecs.create_capacity_provider(**group_provider("cpu", CPU_GROUP))
    assert managed_tag(sandbox) == ("true", False)


def managed_tag(sandbox: Sandbox) -> tuple[str, bool]:
    """Value and propagation of the tag that marks the group as managed by ECS."""
    found = autoscaling(sandbox).describe_auto_scaling_groups(AutoScalingGroupNames=[CPU_GROUP])
    tags = {tag["Key"]: tag for tag in found["AutoScalingGroups"][0]["Tags"]}
    tag = tags["AmazonECSManaged"]
    return tag.get("Value", ""), tag["PropagateAtLaunch"]


def autoscaling(sandbox: Sandbox) -> Any:
    return sandbox.session().client("autoscaling")


@pytest.mark.rule("B11", "B12", "B13")
def test_a_deleted_provider_is_inactive_in_time_and_its_name_is_free(
    ecs: Any, sandbox: Sandbox
) -> None:
    ecs.create_capacity_provider(**group_provider("cpu"), tags=[{"key": "a", "value": "b"}])
    answer = ecs.delete_capacity_provider(capacityProvider=PREFIX + "cpu")["capacityProvider"]
    assert (answer["status"], answer["updateStatus"]) == ("ACTIVE", "DELETE_IN_PROGRESS")
    sandbox.clock.sleep(SETTLED)
    gone = described(ecs, "cpu")
    assert (gone["status"], gone["updateStatus"]) == ("INACTIVE", "DELETE_COMPLETE")
    assert "cpu" not in listed(ecs)
    with refusal("ClientException", "the specified capacity provider does not exist"):
        ecs.delete_capacity_provider(capacityProvider="cpu")
    again = ecs.create_capacity_provider(**group_provider("cpu"))["capacityProvider"]
    assert (again["status"], again["tags"]) == ("ACTIVE", [])


@pytest.mark.rule("B12", "B14")
def test_an_associated_provider_is_not_deleted_and_the_answer_is_still_200(
    ecs: Any, sandbox: Sandbox
) -> None:
    associated(ecs, sandbox)
    answer = ecs.delete_capacity_provider(capacityProvider="cpu")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    provider = answer["capacityProvider"]
    assert (provider["status"], provider["updateStatus"]) == ("ACTIVE", "DELETE_FAILED")
    assert provider["updateStatusReason"] == (
        "The capacity provider cannot be deleted because it is associated with cluster: x. "
        "Remove the capacity provider from the cluster and try again."
    )
    assert described(ecs, "cpu")["updateStatus"] == "DELETE_FAILED"
    detach(ecs)
    sandbox.clock.sleep(SETTLED)
    ecs.delete_capacity_provider(capacityProvider="cpu")
    sandbox.clock.sleep(SETTLED)
    assert described(ecs, "cpu")["status"] == "INACTIVE"


@pytest.mark.rule("B14")
def test_a_provider_whose_group_is_gone_sticks_until_it_is_detached(
    ecs: Any, sandbox: Sandbox
) -> None:
    associated(ecs, sandbox)
    scaling: Any = sandbox.session().client("autoscaling")
    scaling.delete_auto_scaling_group(AutoScalingGroupName=CPU_GROUP, ForceDelete=True)
    sandbox.clock.sleep(SETTLED)
    stuck = ecs.delete_capacity_provider(capacityProvider="cpu")["capacityProvider"]
    assert (stuck["status"], stuck["updateStatus"]) == ("ACTIVE", "DELETE_FAILED")
    detach(ecs)
    sandbox.clock.sleep(SETTLED)
    ecs.delete_capacity_provider(capacityProvider="cpu")
    sandbox.clock.sleep(SETTLED)
    assert described(ecs, "cpu")["status"] == "INACTIVE"


@pytest.mark.rule("A9", "B14", "O2")
def test_a_provider_that_is_being_detached_can_be_neither_deleted_nor_updated(
    ecs: Any, sandbox: Sandbox
) -> None:
    associated(ecs, sandbox)
    detach(ecs)
    with refusal("UpdateInProgressException", "busy state"):
        ecs.delete_capacity_provider(capacityProvider="cpu")
    with refusal("UpdateInProgressException", "busy state"):
        ecs.update_capacity_provider(
            name="cpu", autoScalingGroupProvider={"managedDraining": "DISABLED"}
        )


@pytest.mark.rule("B13")
def test_fargate_is_always_there_and_cannot_be_deleted(ecs: Any) -> None:
    assert listed(ecs) == ["FARGATE", "FARGATE_SPOT"]
    with refusal("ClientException", "reserved"):
        ecs.delete_capacity_provider(capacityProvider="FARGATE")
    with refusal("ClientException", "the specified capacity provider does not exist"):
        ecs.delete_capacity_provider(capacityProvider="never")


@pytest.mark.rule("0.7", "0.8")
def test_describing_pages_at_ten_however_many_are_named(ecs: Any) -> None:
    ecs.create_capacity_provider(**group_provider("cpu"))
    names = ["cpu", *(f"never-{number}" for number in range(11))]
    first = ecs.describe_capacity_providers(capacityProviders=names)
    assert len(first["capacityProviders"]) + len(first["failures"]) == 10
    assert first["failures"][0] == {"arn": PREFIX + "never-0", "reason": "MISSING"}
    rest = ecs.describe_capacity_providers(capacityProviders=names, nextToken=first["nextToken"])
    assert len(rest["failures"]) == 2
    assert "nextToken" not in rest
    with refusal("InvalidParameterException", "maxResults"):
        ecs.describe_capacity_providers(maxResults=11)
    with refusal("InvalidParameterException", "at most 100"):
        ecs.describe_capacity_providers(capacityProviders=[f"p{number}" for number in range(101)])


def test_a_cluster_shows_its_providers_only(ecs: Any, sandbox: Sandbox) -> None:
    associated(ecs, sandbox)
    assert listed(ecs, cluster="x") == ["cpu"]
    assert listed(ecs) == ["cpu", "FARGATE", "FARGATE_SPOT"]
    with refusal("ClusterNotFoundException", "cluster not found"):
        ecs.describe_capacity_providers(cluster="never")


def test_tags_show_where_they_are_asked_for(ecs: Any) -> None:
    tags = [{"key": "a", "value": "b"}]
    ecs.create_capacity_provider(**group_provider("cpu"), tags=tags)
    assert described(ecs, "cpu")["tags"] == []
    answer = ecs.describe_capacity_providers(capacityProviders=["cpu"], include=["TAGS"])
    assert answer["capacityProviders"][0]["tags"] == tags


@pytest.mark.rule("B22")
def test_a_group_provider_has_no_cluster_and_a_provider_exactly_one_kind(ecs: Any) -> None:
    ecs.create_cluster(clusterName="x")
    with refusal("InvalidParameterException", "not supported for Auto Scaling group"):
        ecs.create_capacity_provider(**group_provider(), cluster="x")
    with refusal("InvalidParameterException", "exactly one of"):
        ecs.create_capacity_provider(name="none")


def associated(ecs: Any, sandbox: Sandbox) -> None:
    ecs.create_cluster(clusterName="x")
    ecs.create_capacity_provider(**group_provider("cpu"))
    ecs.put_cluster_capacity_providers(
        cluster="x", capacityProviders=["cpu"], defaultCapacityProviderStrategy=[]
    )
    sandbox.clock.sleep(SETTLED)


def detach(ecs: Any) -> None:
    ecs.put_cluster_capacity_providers(
        cluster="x", capacityProviders=[], defaultCapacityProviderStrategy=[]
    )


def listed(ecs: Any, **where: str) -> list[str]:
    answer = ecs.describe_capacity_providers(**where)
    return [provider["name"] for provider in answer["capacityProviders"]]
