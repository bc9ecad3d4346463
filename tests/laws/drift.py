"""What people do by hand to an application between two deploys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ecsinfer.spec import Spec
from tests.laws.world import Account

Drift = Callable[[Account, Spec], None]


def living(account: Account, spec: Spec) -> Iterator[dict[str, Any]]:
    """The application's services that are there."""
    ecs, name = account.client("ecs"), spec.cluster_name
    if not ecs.describe_clusters(clusters=[name])["clusters"]:
        return
    for key in spec.services:
        found = ecs.describe_services(cluster=name, services=[spec.service_name(key)])["services"]
        yield from (each for each in found if each["status"] == "ACTIVE")


def count(account: Account, spec: Spec) -> None:
    for each in living(account, spec):
        account.client("ecs").update_service(
            cluster=spec.cluster_name,
            service=each["serviceName"],
            desiredCount=each["desiredCount"] + 1,
        )


def restart(account: Account, spec: Spec) -> None:
    for each in living(account, spec):
        account.client("ecs").update_service(
            cluster=spec.cluster_name, service=each["serviceName"], forceNewDeployment=True
        )


def forget(account: Account, spec: Spec) -> None:
    for each in living(account, spec):
        account.client("ecs").untag_resource(
            resourceArn=each["serviceArn"], tagKeys=["ecsinfer:digest", "ecsinfer:revision"]
        )


def deregister(account: Account, spec: Spec) -> None:
    for each in living(account, spec):
        account.client("ecs").deregister_task_definition(taskDefinition=each["taskDefinition"])


def delete(account: Account, spec: Spec) -> None:
    for each in living(account, spec):
        account.client("ecs").delete_service(
            cluster=spec.cluster_name, service=each["serviceName"], force=True
        )


def retain(account: Account, spec: Spec) -> None:
    logs = account.client("logs")
    for each in logs.describe_log_groups(logGroupNamePrefix="/ecsinfer/")["logGroups"]:
        logs.put_retention_policy(logGroupName=each["logGroupName"], retentionInDays=3)


def refill(account: Account, spec: Spec) -> None:
    ecs = account.client("ecs")
    names = [
        spec.provider_name(key) for key, each in spec.capacity.items() if each.auto_scaling_group
    ]
    if not names:
        return
    account.sandbox.clock.sleep(60)  # nobody can while the cluster is busy (A9)
    for each in ecs.describe_capacity_providers(capacityProviders=names)["capacityProviders"]:
        if each["status"] == "ACTIVE":
            settings = {"managedScaling": {"targetCapacity": 33}}
            ecs.update_capacity_provider(name=each["name"], autoScalingGroupProvider=settings)


def stop_scaling(account: Account, spec: Spec) -> None:
    scaling = account.client("application-autoscaling")
    for each in scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]:
        place = {key: each[key] for key in ("ServiceNamespace", "ResourceId", "ScalableDimension")}
        if spec.cluster_name in each["ResourceId"].split("/"):
            scaling.deregister_scalable_target(**place)


DRIFTS: Mapping[str, Drift] = {
    "somebody scaled": count,
    "somebody restarted": restart,
    "the service lost our tags": forget,
    "the revision was deregistered": deregister,
    "the service was deleted": delete,
    "logs are kept for less": retain,
    "the provider was changed": refill,
    "scaling was removed": stop_scaling,
}
