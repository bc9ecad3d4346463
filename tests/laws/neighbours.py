"""Other people in the same account: what they have made, which nobody else may touch."""

from __future__ import annotations

from typing import Any

from ecsinfer.sandbox import furniture
from tests.laws.world import Account

THEIRS = "theirs"
TAG = {"key": "owner", "value": "somebody else"}
CONTAINER = {"name": "main", "image": "example.com/main:1", "memory": 128, "cpu": 64}


def move_in(account: Account) -> None:
    """A cluster with a provider and a scaled service of its own, and a log group."""
    ecs = account.client("ecs")
    ecs.create_cluster(clusterName=THEIRS, tags=[TAG])
    provider(account, "their-capacity", THEIRS)
    service(account, THEIRS)
    scale(account, THEIRS, THEIRS, "their-policy")
    account.client("logs").create_log_group(logGroupName="/theirs")


def intrude(account: Account, cluster: str) -> None:
    """The same on a cluster that is not theirs: a provider, a service, a tag."""
    provider(account, "guest-capacity", cluster)
    service(account, cluster)
    ecs = account.client("ecs")
    arn = ecs.describe_clusters(clusters=[cluster])["clusters"][0]["clusterArn"]
    ecs.tag_resource(resourceArn=arn, tags=[TAG])


def provider(account: Account, name: str, cluster: str) -> None:
    """A provider on a group of its own, put on the cluster beside what is there."""
    ecs, groups = account.client("ecs"), account.client("autoscaling")
    groups.create_auto_scaling_group(
        AutoScalingGroupName=f"{name}-asg",
        MinSize=0,
        MaxSize=2,
        LaunchTemplate={"LaunchTemplateId": furniture.CPU_LAUNCH_TEMPLATE},
        VPCZoneIdentifier=furniture.SUBNETS[0],
    )
    described = groups.describe_auto_scaling_groups(AutoScalingGroupNames=[f"{name}-asg"])
    group = described["AutoScalingGroups"][0]["AutoScalingGroupARN"]
    ecs.create_capacity_provider(
        name=name, autoScalingGroupProvider={"autoScalingGroupArn": group}, tags=[TAG]
    )
    attach(account, cluster, name)


def attach(account: Account, cluster: str, name: str) -> None:
    """Put a provider on the cluster, and wait until it is idle again (A9)."""
    ecs = account.client("ecs")
    found = ecs.describe_clusters(clusters=[cluster])["clusters"][0]
    scoped = ecs.describe_capacity_providers(cluster=cluster)["capacityProviders"]
    managed = {each["name"] for each in scoped if "managedInstancesProvider" in each}
    ecs.put_cluster_capacity_providers(
        cluster=cluster,
        capacityProviders=[
            *(each for each in found["capacityProviders"] if each not in managed),
            name,
        ],
        defaultCapacityProviderStrategy=found["defaultCapacityProviderStrategy"],
    )
    account.sandbox.clock.sleep(60)


def service(account: Account, cluster: str) -> None:
    """A service without tasks."""
    ecs = account.client("ecs")
    ecs.register_task_definition(family=THEIRS, containerDefinitions=[CONTAINER])
    ecs.create_service(
        cluster=cluster, serviceName=THEIRS, taskDefinition=THEIRS, desiredCount=0, tags=[TAG]
    )
    account.sandbox.clock.sleep(60)


def task(account: Account, cluster: str, **place: Any) -> str:
    """A task that no service runs, once it runs; its id."""
    ecs = account.client("ecs")
    container = {key: CONTAINER[key] for key in CONTAINER if key != "cpu"}
    ecs.register_task_definition(
        family="batch", networkMode="host", containerDefinitions=[container]
    )
    started = ecs.run_task(cluster=cluster, taskDefinition="batch", **place)["tasks"]
    account.sandbox.clock.sleep(60)
    return str(started[0]["taskArn"].rpartition("/")[2])


def scale(account: Account, cluster: str, name: str, policy: str) -> None:
    """A scalable target, unless there is one, and a policy."""
    scaling = account.client("application-autoscaling")
    place: dict[str, Any] = {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{cluster}/{name}",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    if not scaling.describe_scalable_targets(
        ServiceNamespace="ecs", ResourceIds=[place["ResourceId"]]
    )["ScalableTargets"]:
        scaling.register_scalable_target(**place, MinCapacity=0, MaxCapacity=1)
    scaling.put_scaling_policy(
        **place,
        PolicyName=policy,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 50,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "ECSServiceAverageMemoryUtilization"
            },
        },
    )
