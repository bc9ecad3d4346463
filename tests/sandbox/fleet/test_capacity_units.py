"""Groups that are no capacity for ECS: those of weighted instances, and those of none (B10)."""

from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.furniture import GPU_LAUNCH_TEMPLATE
from tests.sandbox.fleet.groups import NAME, Groups

CLUSTER = "inference"


def create_weighted(groups: Groups, weight: int, desired: int = 0) -> None:
    """The group, of g5.xlarge instances of a weight."""
    policy = {
        "LaunchTemplateSpecification": {"LaunchTemplateId": GPU_LAUNCH_TEMPLATE},
        "Overrides": [{"InstanceType": "g5.xlarge", "WeightedCapacity": str(weight)}],
    }
    groups.create(desired, MixedInstancesPolicy={"LaunchTemplate": policy})


def serve(groups: Groups, tasks: int) -> None:
    """A service of one GPU a task on a managed provider of the group."""
    ecs: Any = groups.ecs
    ecs.create_cluster(clusterName=CLUSTER)
    ecs.create_capacity_provider(
        name="gpu",
        autoScalingGroupProvider={
            "autoScalingGroupArn": groups.group["AutoScalingGroupARN"],
            "managedScaling": {"status": "ENABLED", "targetCapacity": 100},
        },
    )
    ecs.put_cluster_capacity_providers(
        cluster=CLUSTER, capacityProviders=["gpu"], defaultCapacityProviderStrategy=[]
    )
    groups.clock.sleep(30)
    gpu = [{"type": "GPU", "value": "1"}]
    box = {"name": "app", "image": "model:1", "memory": 4096, "resourceRequirements": gpu}
    ecs.register_task_definition(family="llm", containerDefinitions=[box])
    ecs.create_service(
        cluster=CLUSTER,
        serviceName="llm",
        taskDefinition="llm",
        desiredCount=tasks,
        capacityProviderStrategy=[{"capacityProvider": "gpu", "weight": 1}],
    )


def statuses(groups: Groups) -> list[str]:
    """The states of the service's tasks."""
    ecs: Any = groups.ecs
    arns = ecs.list_tasks(cluster=CLUSTER)["taskArns"]
    described = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"]
    return sorted(task["lastStatus"] for task in described)


def test_a_weighted_group_wants_units_and_takes_one_instance_more_than_too_few() -> None:
    groups = Groups()
    create_weighted(groups, 2, desired=5)
    groups.clock.sleep(60)
    assert [item["WeightedCapacity"] for item in groups.instances] == ["2", "2", "2"]
    groups.want(4)
    groups.clock.sleep(60)
    assert len(groups.instances) == 2
    groups.want(3)
    groups.clock.sleep(60)
    assert len(groups.instances) == 2
    assert not [item for item in groups.activities if item["StatusCode"] == "Cancelled"]


@pytest.mark.rule("B10")
def test_managed_scaling_counts_instances_and_leaves_a_weighted_group_too_small() -> None:
    groups = Groups()
    create_weighted(groups, 4)
    serve(groups, 4)
    groups.clock.sleep(1500)
    assert groups.group["DesiredCapacity"] == 4
    assert len(groups.instances) == 1
    assert statuses(groups) == ["PROVISIONING"] * 3 + ["RUNNING"]


@pytest.mark.rule("B10")
def test_a_group_of_weights_of_one_is_any_other_group() -> None:
    groups = Groups()
    create_weighted(groups, 1)
    serve(groups, 4)
    groups.clock.sleep(1500)
    assert statuses(groups) == ["RUNNING"] * 4


@pytest.mark.rule("B10")
def test_a_maximum_of_zero_is_accepted_and_scales_nothing_until_it_is_raised() -> None:
    groups = Groups()
    groups.create(MaxSize=0)
    serve(groups, 1)
    groups.clock.sleep(900)
    assert groups.group["DesiredCapacity"] == 0
    assert statuses(groups) == ["PROVISIONING"]
    groups.api.update_auto_scaling_group(AutoScalingGroupName=NAME, MaxSize=2)
    groups.clock.sleep(600)
    assert groups.group["MaxSize"] == 2
    assert statuses(groups) == ["RUNNING"]
