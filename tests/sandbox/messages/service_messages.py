"""What is refused of services: each case creates one that AWS takes, and then asks too much."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ecsinfer.sandbox.furniture import INSTANCE_TARGETS, UNATTACHED_TARGETS
from ecsinfer.sandbox.scenario import Scenario
from tests.sandbox.ecs.requests import group_provider
from tests.sandbox.ecs.service_world import AWSVPC, CLUSTER, ServiceWorld
from tests.sandbox.messages.cluster_messages import GPU, SERVICE_ROLE, deleted_cluster
from tests.sandbox.messages.provoking import Provocation, provokes
from tests.sandbox.messages.task_messages import inactive

PUBLIC = {
    "awsvpcConfiguration": {**AWSVPC["awsvpcConfiguration"], "assignPublicIp": "ENABLED"},
}
TIGHT = {"maximumPercent": 100, "minimumHealthyPercent": 0}


def balancer(group: str) -> list[dict[str, Any]]:
    return [{"targetGroupArn": group, "containerName": "web", "containerPort": 80}]


@provokes("unable to assume the service linked role", "CreateService")
def _create_without_the_role_of_ecs(services: ServiceWorld) -> Any:
    services.sandbox.behave(Scenario(roles_denied=(SERVICE_ROLE,)))
    return services.create()


@provokes("cluster was not active", "CreateService")
def _create_in_a_deleted_cluster(services: ServiceWorld) -> Any:
    return services.create(cluster=deleted_cluster(services))


@provokes("cluster was not active", "UpdateService")
def _update_in_a_deleted_cluster(services: ServiceWorld) -> Any:
    return services.ecs.update_service(cluster=deleted_cluster(services), service="web")


@provokes("creation of service was not idempotent", "CreateService")
def _create_twice(services: ServiceWorld) -> Any:
    services.create()
    return services.create(desiredCount=2)


@provokes("unable to start a service that is still draining", "CreateService")
def _create_while_its_namesake_drains(services: ServiceWorld) -> Any:
    services.create_on_fargate()
    services.sleep(300)
    services.ecs.delete_service(cluster=CLUSTER, service="web", force=True)
    return services.create_on_fargate()


@provokes("specifying both a launch type and capacity provider strategy", "CreateService")
def _create_with_launch_type_and_strategy(services: ServiceWorld) -> Any:
    return services.create(launchType="EC2", capacityProviderStrategy=GPU)


@provokes("you must force a new deployment", "UpdateService")
def _change_the_strategy_without_force(services: ServiceWorld) -> Any:
    services.create()
    return services.update(capacityProviderStrategy=GPU)


@provokes("service was not active", "UpdateService")
def _update_what_drains(services: ServiceWorld) -> Any:
    services.create()
    services.ecs.delete_service(cluster=CLUSTER, service="web", force=True)
    return services.update(desiredCount=2)


@provokes("cannot be stopped while it is scaled above 0", "DeleteService")
def _delete_above_zero(services: ServiceWorld) -> Any:
    services.create()
    return services.ecs.delete_service(cluster=CLUSTER, service="web")


@provokes("cannot be stopped while deployments are active", "DeleteService")
def _delete_during_a_deployment(services: ServiceWorld) -> Any:
    services.create_on_fargate()
    services.sleep(300)
    services.update(desiredCount=0, forceNewDeployment=True)
    return services.ecs.delete_service(cluster=CLUSTER, service="web")


@provokes(
    "verify that the ecs service role being passed has the proper permissions",
    "CreateService",
    scenario=Scenario(roles_denied=("lb-role",)),
)
def _create_with_a_role_that_cannot_be_assumed(services: ServiceWorld) -> Any:
    return services.create(role="lb-role", loadBalancers=balancer(INSTANCE_TARGETS))


@provokes(
    "verify that the ecs service role being passed has the proper permissions", "UpdateService"
)
def _update_when_the_role_can_be_assumed_no_more(services: ServiceWorld) -> Any:
    services.create(role="lb-role", loadBalancers=balancer(INSTANCE_TARGETS))
    services.sandbox.behave(Scenario(roles_denied=("lb-role",)))
    return services.update(forceNewDeployment=True)


class _Fault(NamedTuple):
    """What is wrong with a service, whether it is created so or updated to it.

    Attributes:
        text: what AWS says.
        fields: what is wrong, in the form of both requests.
        sound: what makes a service that AWS takes, apart from those.
    """

    text: str
    fields: Callable[[ServiceWorld], dict[str, Any]]
    sound: Callable[[ServiceWorld], dict[str, Any]] = lambda _: {}


def _awsvpc(services: ServiceWorld) -> dict[str, Any]:
    services.register_awsvpc()
    return {"taskDefinition": "vpc", "networkConfiguration": AWSVPC}


def _without_network(services: ServiceWorld) -> dict[str, Any]:
    services.register_awsvpc()
    return {"taskDefinition": "vpc"}


def _by_a_provider_of_no_cluster(services: ServiceWorld) -> dict[str, Any]:
    services.ecs.create_capacity_provider(**group_provider("cpu"))
    return {"capacityProviderStrategy": [{"capacityProvider": "cpu", "weight": 1}]}


FAULTS = (
    _Fault("taskdefinition is inactive", lambda services: {"taskDefinition": inactive(services)}),
    _Fault("taskdefinition not found", lambda _: {"taskDefinition": "never"}),
    _Fault("not associated with the cluster", _by_a_provider_of_no_cluster),
    _Fault(
        "weight value greater than zero",
        lambda _: {"capacityProviderStrategy": [{"capacityProvider": "gpu", "weight": 0}]},
    ),
    _Fault(
        "does not have an associated load balancer",
        lambda _: {"loadBalancers": balancer(UNATTACHED_TARGETS)},
        _awsvpc,
    ),
    _Fault(
        "incompatible with the awsvpc network mode",
        lambda _: {"loadBalancers": balancer(INSTANCE_TARGETS)},
        _awsvpc,
    ),
    _Fault(
        "assign public ip is not supported for this launch type",
        lambda _: {"networkConfiguration": PUBLIC},
        _awsvpc,
    ),
    _Fault(
        "availability zone rebalancing does not support",
        lambda _: {"availabilityZoneRebalancing": "ENABLED", "deploymentConfiguration": TIGHT},
    ),
    _Fault("network configuration must be provided when networkmode 'awsvpc'", _without_network),
)


def _created(fault: _Fault) -> Provocation:
    return lambda services: services.create(**{**fault.sound(services), **fault.fields(services)})


def _updated(fault: _Fault) -> Provocation:
    def update(services: ServiceWorld) -> Any:
        services.create(**fault.sound(services))
        return services.update(**fault.fields(services), forceNewDeployment=True)

    return update


for _fault in FAULTS:
    provokes(_fault.text, "CreateService")(_created(_fault))
    provokes(_fault.text, "UpdateService")(_updated(_fault))
