"""A destroy that may scale our groups to zero leaves nothing; any other leaves them alone.

`test_single_faults` has the faults that it overcomes.
"""

from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.events import Retained
from tests.laws import neighbours
from tests.laws.world import CONFIGS, Account, operations

FLAG: dict[str, Any] = {"scale_groups_to_zero": True}
SIZING = {"UpdateAutoScalingGroup", "SetInstanceProtection"}


def group_name(config: str) -> str:
    """The group of a config's only provider."""
    (provider,) = CONFIGS[config].capacity.values()
    assert provider.auto_scaling_group
    return provider.auto_scaling_group


def group(account: Account, config: str = "quickstart") -> dict[str, Any]:
    answer = account.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[group_name(config)]
    )
    found: dict[str, Any] = answer["AutoScalingGroups"][0]
    return found


def deployed(config: str) -> Account:
    """A deployed application whose group has a floor and protected instances."""
    account = Account()
    run = account.deploy(CONFIGS[config])
    assert run.status == "done", run.error
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=group_name(config), MinSize=1
    )
    found = group(account, config)
    assert found["DesiredCapacity"] > 0
    account.client("autoscaling").set_instance_protection(
        AutoScalingGroupName=group_name(config),
        InstanceIds=[
            each["InstanceId"]
            for each in found["Instances"]
            if each["LifecycleState"] == "InService"
        ],
        ProtectedFromScaleIn=True,
    )
    return account


def assert_gone(account: Account, config: str = "quickstart") -> None:
    """The cluster is deleted, and the group is empty but there."""
    clusters = account.client("ecs").describe_clusters(
        clusters=account.client("ecs").list_clusters()["clusterArns"]
    )["clusters"]
    assert [each["clusterName"] for each in clusters if each["status"] == "ACTIVE"] == []
    found = group(account, config)
    assert (found["MinSize"], found["DesiredCapacity"], found["Instances"]) == (0, 0, [])


@pytest.mark.rule("A11", "F1", "F2", "F4")
@pytest.mark.parametrize("config", ["quickstart", "capacity-provider-service"])
def test_the_cluster_goes_when_its_groups_may_be_emptied(config: str) -> None:
    account = deployed(config)
    run = account.destroy(CONFIGS[config], **FLAG)
    assert run.status == "done", run.error
    assert_gone(account, config)
    assert account.plan(CONFIGS[config], destroy=True, **FLAG).empty


@pytest.mark.rule("F1")
def test_without_the_flag_no_group_is_touched() -> None:
    account = deployed("quickstart")
    run = account.destroy(CONFIGS["quickstart"])
    assert not SIZING & set(run.writes)
    assert group(account)["MinSize"] == 1


def test_a_destroy_that_kept_the_cluster_is_finished_with_the_flag() -> None:
    account = deployed("quickstart")
    account.destroy(CONFIGS["quickstart"])
    run = account.destroy(CONFIGS["quickstart"], **FLAG)
    assert run.status == "done", run.error
    assert_gone(account)


@pytest.mark.rule("F1", "A11")
@pytest.mark.parametrize(
    "place",
    [
        {"capacityProviderStrategy": [{"capacityProvider": "quickstart-gpu", "weight": 1}]},
        {"launchType": "EC2"},
    ],
    ids=["on the provider", "on its instances"],
)
def test_a_task_that_is_not_ours_keeps_its_instances_and_is_named(place: dict[str, Any]) -> None:
    account = deployed("quickstart")
    task = neighbours.task(account, "quickstart", **place)
    run = account.destroy(CONFIGS["quickstart"], **FLAG)
    assert run.error == ""
    assert not SIZING & set(run.writes)
    kept = {each.node: each.why for each in run.events if isinstance(each, Retained)}
    named = f"task {task} (family:batch)"
    assert kept["auto-scaling-group/gpu-asg"].startswith(f"{named} would end with the instances")
    assert kept["cluster/quickstart"].startswith(named)
    running = account.client("ecs").describe_tasks(cluster="quickstart", tasks=[task])["tasks"]
    assert running[0]["lastStatus"] == "RUNNING"
    account.client("ecs").stop_task(cluster="quickstart", task=task)
    account.sandbox.clock.sleep(60)
    assert account.destroy(CONFIGS["quickstart"], **FLAG).error == ""
    assert_gone(account)


@pytest.mark.rule("B14", "F3")
def test_groups_shrink_after_the_services_are_gone_and_before_the_provider_is_detached() -> None:
    planned = operations(deployed("quickstart").plan(CONFIGS["quickstart"], destroy=True, **FLAG))
    order = [
        "DeleteService", "SetInstanceProtection", "UpdateAutoScalingGroup",
        "PutClusterCapacityProviders", "DeleteCapacityProvider", "DeleteCluster",
    ]  # fmt: skip
    assert [each for each in planned if each in order] == order
