from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.furniture import INFRASTRUCTURE_ROLE, INSTANCE_PROFILE
from tests.sandbox.ecs.refusals import refusal
from tests.sandbox.ecs.requests import SETTLED, definition, instances_provider


@pytest.fixture
def cluster(ecs: Any) -> str:
    ecs.create_cluster(clusterName="x")
    return "x"


def described(ecs: Any, **where: str) -> list[dict[str, Any]]:
    answer = ecs.describe_capacity_providers(capacityProviders=["mi"], **where)
    return list(answer["capacityProviders"])


@pytest.mark.rule("B11", "B22")
def test_a_provider_is_provisioned_in_its_cluster_and_seen_only_there(
    ecs: Any, sandbox: Sandbox, cluster: str
) -> None:
    made = ecs.create_capacity_provider(**instances_provider(cluster))["capacityProvider"]
    assert (made["status"], made["updateStatus"], made["cluster"], made["type"]) == (
        "PROVISIONING",
        "CREATE_IN_PROGRESS",
        "x",
        "MANAGED_INSTANCES",
    )
    sandbox.clock.sleep(SETTLED)
    (provider,) = described(ecs, cluster=cluster)
    assert (provider["status"], provider["updateStatus"]) == ("ACTIVE", "CREATE_COMPLETE")
    assert described(ecs) == []
    assert ecs.describe_clusters(clusters=["x"])["clusters"][0]["capacityProviders"] == ["mi"]


@pytest.mark.rule("B22")
def test_a_cluster_must_be_named_and_be_there(ecs: Any, cluster: str) -> None:
    request = instances_provider(cluster)
    with refusal("ClusterNotFoundException", ""):
        ecs.create_capacity_provider(**{**request, "cluster": "never"})
    del request["cluster"]
    with refusal("InvalidParameterException", "cluster must be specified"):
        ecs.create_capacity_provider(**request)


@pytest.mark.rule("B23")
@pytest.mark.parametrize(
    ("template", "text"),
    [
        ({"networkConfiguration": {"subnets": []}}, "subnets can not be empty"),
        (
            {
                "instanceRequirements": {
                    "vCpuCount": {"min": 4, "max": 2},
                    "memoryMiB": {"min": 1024},
                }
            },
            "minimum of vCpuCount",
        ),
        (
            {
                "instanceRequirements": {
                    "vCpuCount": {"min": 4},
                    "memoryMiB": {"min": 1024},
                    "allowedInstanceTypes": ["g5.*"],
                    "excludedInstanceTypes": ["p*"],
                }
            },
            "only one of",
        ),
        (
            {
                "instanceRequirements": {
                    "vCpuCount": {"min": 4},
                    "memoryMiB": {"min": 1024},
                    "allowedInstanceTypes": [f"t{number}.nano" for number in range(401)],
                }
            },
            "at most 400",
        ),
        ({"capacityOptionType": "RESERVED"}, "capacityReservations must be specified"),
    ],
)
def test_a_template_that_aws_would_not_take_is_refused(
    ecs: Any, cluster: str, template: dict[str, Any], text: str
) -> None:
    with refusal("InvalidParameterException", text):
        ecs.create_capacity_provider(**instances_provider(cluster, **template))


@pytest.mark.rule("B23")
@pytest.mark.parametrize("wait", [-2, 3601])
def test_scaling_in_waits_at_most_an_hour(ecs: Any, cluster: str, wait: int) -> None:
    request = instances_provider(cluster)
    request["managedInstancesProvider"]["infrastructureOptimization"] = {"scaleInAfter": wait}
    with refusal("InvalidParameterException", "scaleInAfter"):
        ecs.create_capacity_provider(**request)


@pytest.mark.rule("B7", "B23")
def test_an_update_keeps_what_cannot_change(ecs: Any, sandbox: Sandbox, cluster: str) -> None:
    ecs.create_capacity_provider(**instances_provider(cluster, capacityOptionType="SPOT"))
    change = {
        "infrastructureRoleArn": INFRASTRUCTURE_ROLE,
        "instanceLaunchTemplate": {"monitoring": "DETAILED"},
    }
    with refusal("UpdateInProgressException", "busy state"):
        ecs.update_capacity_provider(name="mi", cluster="x", managedInstancesProvider=change)
    sandbox.clock.sleep(SETTLED)
    ecs.update_capacity_provider(name="mi", cluster="x", managedInstancesProvider=change)
    sandbox.clock.sleep(SETTLED)
    (provider,) = described(ecs, cluster=cluster)
    template = provider["managedInstancesProvider"]["instanceLaunchTemplate"]
    assert (template["monitoring"], template["capacityOptionType"]) == ("DETAILED", "SPOT")
    assert template["ec2InstanceProfileArn"] == INSTANCE_PROFILE
    with refusal("InvalidParameterException", "does not match its type"):
        ecs.update_capacity_provider(name="mi", cluster="x", autoScalingGroupProvider={})


def serve(ecs: Any, sandbox: Sandbox, cluster: str, name: str, **changes: Any) -> None:
    """A service by a new provider of the cluster."""
    ecs.create_capacity_provider(**instances_provider(cluster))
    sandbox.clock.sleep(SETTLED)
    ecs.register_task_definition(**definition(networkMode="host"))
    ecs.create_service(
        cluster=cluster,
        serviceName=name,
        taskDefinition="web",
        capacityProviderStrategy=[{"capacityProvider": "mi", "weight": 1}],
        **changes,
    )


@pytest.mark.rule("B12", "B14", "B22")
def test_a_provider_in_use_is_not_deleted_and_an_idle_one_leaves_its_cluster(
    ecs: Any, sandbox: Sandbox, cluster: str
) -> None:
    serve(ecs, sandbox, cluster, "web", desiredCount=0)
    kept = ecs.delete_capacity_provider(capacityProvider="mi", cluster="x")["capacityProvider"]
    assert kept["updateStatus"] == "DELETE_FAILED"
    ecs.delete_service(cluster="x", service="web", force=True)
    sandbox.clock.sleep(SETTLED)
    going = ecs.delete_capacity_provider(capacityProvider="mi", cluster="x")["capacityProvider"]
    assert (going["status"], going["updateStatus"]) == ("DEPROVISIONING", "DELETE_IN_PROGRESS")
    sandbox.clock.sleep(SETTLED)
    (gone,) = described(ecs, cluster=cluster)
    assert gone["status"] == "INACTIVE"
    assert ecs.describe_clusters(clusters=["x"])["clusters"][0]["capacityProviders"] == []


@pytest.mark.rule("B22")
def test_a_provider_with_a_daemon_service_is_not_deleted(
    ecs: Any, sandbox: Sandbox, cluster: str
) -> None:
    serve(ecs, sandbox, cluster, "agent", schedulingStrategy="DAEMON")
    with refusal("ClientException", "daemon services are still associated"):
        ecs.delete_capacity_provider(capacityProvider="mi", cluster="x")
    ecs.delete_service(cluster="x", service="agent", force=True)
    sandbox.clock.sleep(SETTLED)
    going = ecs.delete_capacity_provider(capacityProvider="mi", cluster="x")["capacityProvider"]
    assert going["updateStatus"] == "DELETE_IN_PROGRESS"


@pytest.mark.rule("B15", "B22", "O8")
def test_a_put_neither_needs_nor_removes_the_clusters_own_providers(
    ecs: Any, sandbox: Sandbox, cluster: str
) -> None:
    ecs.create_capacity_provider(**instances_provider(cluster))
    sandbox.clock.sleep(SETTLED)
    put = ecs.put_cluster_capacity_providers(
        cluster="x", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[]
    )
    assert put["cluster"]["capacityProviders"] == ["FARGATE", "mi"]
