"""An instance with tasks of a managed provider waits for them before it terminates."""

from __future__ import annotations

import pytest

from ecsinfer.sandbox.fleet.waiting import DRAINING_HOOK
from ecsinfer.sandbox.furniture import CPU_GROUP
from tests.sandbox.fleet.groups import Groups


def _served(groups: Groups) -> str:
    """Run a service of one task on the CPU group; the EC2 instance that carries it."""
    ecs = groups.ecs
    ecs.create_cluster(clusterName="c")
    ecs.create_capacity_provider(
        name="cpu",
        autoScalingGroupProvider={
            "autoScalingGroupArn": CPU_GROUP,
            "managedScaling": {"status": "ENABLED"},
        },
    )
    groups.clock.sleep(30)
    strategy = [{"capacityProvider": "cpu", "weight": 1, "base": 0}]
    ecs.put_cluster_capacity_providers(
        cluster="c", capacityProviders=["cpu"], defaultCapacityProviderStrategy=strategy
    )
    groups.clock.sleep(60)
    ecs.register_task_definition(
        family="t", containerDefinitions=[{"name": "m", "image": "nginx", "memory": 128}]
    )
    ecs.create_service(cluster="c", serviceName="s", taskDefinition="t", desiredCount=1)
    groups.clock.sleep(600)
    arns = ecs.list_container_instances(cluster="c")["containerInstanceArns"]
    described = ecs.describe_container_instances(cluster="c", containerInstances=arns)
    (carrier,) = [item for item in described["containerInstances"] if item["runningTasksCount"]]
    return str(carrier["ec2InstanceId"])


def _state(groups: Groups, instance_id: str) -> list[str]:
    answer = groups.api.describe_auto_scaling_instances(InstanceIds=[instance_id])
    return [item["LifecycleState"] for item in answer["AutoScalingInstances"]]


@pytest.mark.rule("F1", "F3")
def test_the_draining_hook_holds_an_instance_until_its_tasks_have_moved(groups: Groups) -> None:
    carrier = _served(groups)
    hooks = groups.api.describe_lifecycle_hooks(AutoScalingGroupName=CPU_GROUP)["LifecycleHooks"]
    assert [item["LifecycleHookName"] for item in hooks] == [DRAINING_HOOK]

    groups.api.terminate_instance_in_auto_scaling_group(
        InstanceId=carrier, ShouldDecrementDesiredCapacity=False
    )
    assert _state(groups, carrier) == ["Terminating:Wait"]
    groups.clock.sleep(600)

    (service,) = groups.ecs.describe_services(cluster="c", services=["s"])["services"]
    assert _state(groups, carrier) == []
    assert service["runningCount"] == 1


@pytest.mark.rule("F3")
def test_whoever_completes_the_draining_hook_by_hand_does_not_wait_for_the_tasks(
    groups: Groups,
) -> None:
    carrier = _served(groups)
    groups.api.terminate_instance_in_auto_scaling_group(
        InstanceId=carrier, ShouldDecrementDesiredCapacity=False
    )

    groups.api.complete_lifecycle_action(
        LifecycleHookName=DRAINING_HOOK,
        AutoScalingGroupName=CPU_GROUP,
        LifecycleActionResult="CONTINUE",
        InstanceId=carrier,
    )

    assert _state(groups, carrier) == ["Terminating"]
