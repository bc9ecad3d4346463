"""What is refused of clusters, their providers and their tags."""

from __future__ import annotations

from typing import Any

from ecsinfer.sandbox.scenario import Scenario
from tests.sandbox.ecs.requests import SETTLED, group_provider, instances_provider
from tests.sandbox.ecs.service_world import CLUSTER, ServiceWorld
from tests.sandbox.messages.provoking import provokes

GPU = [{"capacityProvider": "gpu", "weight": 1}]
SERVICE_ROLE = "AWSServiceRoleForECS"


def put(services: ServiceWorld, *names: str, cluster: str = CLUSTER) -> Any:
    return services.ecs.put_cluster_capacity_providers(
        cluster=cluster, capacityProviders=list(names), defaultCapacityProviderStrategy=[]
    )


def deleted_cluster(services: ServiceWorld) -> str:
    services.ecs.create_cluster(clusterName="gone")
    services.ecs.delete_cluster(cluster="gone")
    return "gone"


def own_provider(services: ServiceWorld) -> None:
    services.ecs.create_capacity_provider(**instances_provider(CLUSTER))
    services.sleep(SETTLED)


@provokes("arguments on this idempotent request are inconsistent", "CreateCluster")
def _other_arguments(services: ServiceWorld) -> Any:
    tags = [{"key": "team", "value": "search"}]
    return services.ecs.create_cluster(clusterName=CLUSTER, tags=tags)


@provokes("unable to assume the service linked role", "CreateCluster")
def _first_cluster(services: ServiceWorld) -> Any:
    services.sandbox.behave(Scenario(roles_denied=(SERVICE_ROLE,)))
    return services.ecs.create_cluster(clusterName="first")


@provokes("cluster was not active", "PutClusterCapacityProviders")
def _put_on_a_deleted_cluster(services: ServiceWorld) -> Any:
    return put(services, "FARGATE", cluster=deleted_cluster(services))


@provokes("cluster was not active", "UpdateCluster")
def _update_a_deleted_cluster(services: ServiceWorld) -> Any:
    return services.ecs.update_cluster(cluster=deleted_cluster(services))


@provokes("cluster was not active", "UpdateClusterSettings")
def _settings_of_a_deleted_cluster(services: ServiceWorld) -> Any:
    settings = [{"name": "containerInsights", "value": "enabled"}]
    return services.ecs.update_cluster_settings(
        cluster=deleted_cluster(services), settings=settings
    )


@provokes("the specified cluster is in a busy state", "PutClusterCapacityProviders")
def _put_twice(services: ServiceWorld) -> Any:
    services.ecs.create_capacity_provider(**group_provider("cpu"))
    put(services, "gpu", "cpu")
    return put(services, "gpu")


@provokes("in use and cannot be removed", "PutClusterCapacityProviders")
def _remove_what_a_service_uses(services: ServiceWorld) -> Any:
    services.create(capacityProviderStrategy=GPU)
    return put(services, "FARGATE")


@provokes("the specified capacity provider was not found", "PutClusterCapacityProviders")
def _put_what_is_not_there(services: ServiceWorld) -> Any:
    return put(services, "gpu", "never")


@provokes("while services are active", "DeleteCluster")
def _delete_with_a_service(services: ServiceWorld) -> Any:
    services.create()
    return services.ecs.delete_cluster(cluster=CLUSTER)


@provokes("while tasks are active", "DeleteCluster")
def _delete_with_a_task(services: ServiceWorld) -> Any:
    services.ecs.run_task(cluster=CLUSTER, taskDefinition="web", capacityProviderStrategy=GPU)
    return services.ecs.delete_cluster(cluster=CLUSTER)


@provokes("while container instances are active or draining", "DeleteCluster")
def _delete_with_an_instance(services: ServiceWorld) -> Any:
    services.add_instance()
    return services.ecs.delete_cluster(cluster=CLUSTER)


@provokes("cluster scoped capacity providers are attached", "DeleteCluster")
def _delete_with_a_provider_of_its_own(services: ServiceWorld) -> Any:
    own_provider(services)
    return services.ecs.delete_cluster(cluster=CLUSTER)


@provokes("the specified capacity provider already exists", "CreateCapacityProvider")
def _create_a_namesake(services: ServiceWorld) -> Any:
    return services.ecs.create_capacity_provider(**group_provider("gpu"))


@provokes("already being used by another capacity provider", "CreateCapacityProvider")
def _create_on_a_taken_group(services: ServiceWorld) -> Any:
    services.ecs.create_capacity_provider(**group_provider("cpu"))
    return services.ecs.create_capacity_provider(**group_provider("cpu-2"))


@provokes(
    "managed termination protection setting for the capacity provider is invalid",
    "CreateCapacityProvider",
)
def _create_on_a_group_that_does_not_protect(services: ServiceWorld) -> Any:
    request = group_provider(managedTerminationProtection="ENABLED")
    name = request["autoScalingGroupProvider"]["autoScalingGroupArn"]
    services.sandbox.session().client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=name, NewInstancesProtectedFromScaleIn=False
    )
    return services.ecs.create_capacity_provider(**request)


@provokes("the specified capacity provider name is invalid", "CreateCapacityProvider")
def _create_by_a_reserved_name(services: ServiceWorld) -> Any:
    return services.ecs.create_capacity_provider(**group_provider("ecs-gpu"))


@provokes("minimum or maximum scaling step size value is invalid", "CreateCapacityProvider")
def _create_with_steps_upside_down(services: ServiceWorld) -> Any:
    steps = {"status": "ENABLED", "minimumScalingStepSize": 5, "maximumScalingStepSize": 2}
    return services.ecs.create_capacity_provider(**group_provider(managedScaling=steps))


@provokes("cannot be deleted because it is associated with cluster", "DeleteCapacityProvider")
def _delete_an_associated_provider(services: ServiceWorld) -> Any:
    return services.ecs.delete_capacity_provider(capacityProvider="gpu")


@provokes("capacity provider does not exist", "DeleteCapacityProvider")
def _delete_what_is_not_there(services: ServiceWorld) -> Any:
    return services.ecs.delete_capacity_provider(capacityProvider="never")


@provokes("daemon services are still associated", "DeleteCapacityProvider")
def _delete_under_a_daemon(services: ServiceWorld) -> Any:
    own_provider(services)
    services.register("agent", networkMode="host")
    services.create(
        "agent",
        taskDefinition="agent",
        desiredCount=None,
        schedulingStrategy="DAEMON",
        capacityProviderStrategy=[{"capacityProvider": "mi", "weight": 1}],
    )
    return services.ecs.delete_capacity_provider(capacityProvider="mi", cluster=CLUSTER)


@provokes("long arn format must be used for tagging operations", "TagResource")
def _tag_by_a_short_arn(services: ServiceWorld) -> Any:
    return services.ecs.tag_resource(
        resourceArn="arn:aws:ecs:us-east-1:123456789012:service/web",
        tags=[{"key": "team", "value": "search"}],
    )
