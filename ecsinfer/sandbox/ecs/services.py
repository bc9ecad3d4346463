"""Services: create, update, delete, describe and list."""

from __future__ import annotations

from collections.abc import Callable

from ecsinfer.sandbox.ecs.client_tokens import arguments, client_token
from ecsinfer.sandbox.ecs.common import (
    missing,
    page,
    put_tags,
    require_active_cluster,
    require_cluster,
)
from ecsinfer.sandbox.ecs.identifiers import name_in_cluster
from ecsinfer.sandbox.ecs.namespaces import arn_of, with_namespace
from ecsinfer.sandbox.ecs.roles import require_passable, require_service_linked
from ecsinfer.sandbox.ecs.service_defaults import (
    Spec,
    created_spec,
    same_capacity,
    starts_deployment,
    updated_spec,
)
from ecsinfer.sandbox.ecs.service_rules import (
    Proposal,
    check_controller,
    check_name,
    check_proposal,
)
from ecsinfer.sandbox.ecs.service_views import TaskCounts, service_view
from ecsinfer.sandbox.ecs.strategies import placement_choice, task_strategy
from ecsinfer.sandbox.ecs.task_definition_references import active_task_definition
from ecsinfer.sandbox.ecs.vpc_rules import with_security_groups
from ecsinfer.sandbox.errors import ServiceError, client_error, invalid_parameter
from ecsinfer.sandbox.registry import Request, Response, ecs_operation
from ecsinfer.sandbox.state import Cluster, Service, TaskDefinition, World

MOST_DESCRIBED = 10
LONGEST_TOKEN = 36


def require_service(world: World, cluster: Cluster, value: str) -> Service:
    """The service by name or ARN, INACTIVE ones too.

    Raises:
        ServiceError: ServiceNotFoundException.
    """
    service = world.services.get((cluster.name, name_in_cluster(cluster, value)))
    if service is None:
        raise ServiceError("ServiceNotFoundException", "Service not found.")
    return service


@ecs_operation("CreateService")
def create_service(world: World, request: Request) -> Response:
    """CreateService (D1, D2): a name is taken while its service is ACTIVE or DRAINING."""
    require_passable(world, request)
    token = client_token(request, LONGEST_TOKEN)
    cluster = require_active_cluster(world, request.get("cluster"))
    require_service_linked(world)
    name = request["serviceName"]
    check_name(name)
    check_controller(request)
    existing = _existing(world, cluster, name, request)
    if existing is not None:
        return _answer(world, existing, tags=True)
    capacity = _capacity(world, cluster, request)
    if not request.get("taskDefinition"):
        raise client_error("TaskDefinition can not be blank.")
    definition = active_task_definition(world, request["taskDefinition"], client_error)
    completed = with_namespace(world, with_security_groups(world, request))
    spec = created_spec(completed, capacity)
    check_proposal(Proposal(world, cluster, spec, definition.spec, request.get("desiredCount")))
    service = Service(
        name=name,
        arn=world.arn(f"service/{cluster.name}/{name}"),
        cluster=cluster.name,
        created_at=world.now(),
        spec=spec,
        task_definition=definition.arn,
        desired=request.get("desiredCount", 0),
        client_token=token,
        creation=arguments(request),
    )
    world.tags.pop(service.arn, None)  # an INACTIVE namesake's, which went with it
    put_tags(world, service.arn, request)
    world.services[cluster.name, name] = service
    world.engine.service_created(service)
    return _answer(world, service, tags=True)


def _capacity(world: World, cluster: Cluster, request: Request) -> Spec:
    launch_type, items = placement_choice(world, cluster, request)
    return {"launchType": launch_type} if launch_type else {"capacityProviderStrategy": items}


def _existing(world: World, cluster: Cluster, name: str, request: Request) -> Service | None:
    """The service that this request created before; None when the name is free (D1, D2)."""
    service = world.services.get((cluster.name, name))
    if service is None or service.status == "INACTIVE":
        return None
    if service.status == "DRAINING":
        raise invalid_parameter("Unable to Start a service that is still Draining.")
    token = request.get("clientToken")
    if not token or token != service.client_token or arguments(request) != service.creation:
        raise invalid_parameter("Creation of service was not idempotent.")
    return service


@ecs_operation("UpdateService")
def update_service(world: World, request: Request) -> Response:
    """UpdateService (D4, D6, D7): partial; some changes start a new deployment."""
    require_passable(world, request)
    cluster = require_active_cluster(world, request.get("cluster"))
    service = require_service(world, cluster, request["service"])
    if service.status != "ACTIVE":
        raise ServiceError("ServiceNotActiveException", "Service was not ACTIVE.")
    check_controller(request)
    request = with_namespace(world, with_security_groups(world, request))
    definition = _definition_of(world, service, request)
    if request.get("capacityProviderStrategy"):
        items = task_strategy(world, cluster, request["capacityProviderStrategy"])
        request = {**request, "capacityProviderStrategy": items}
    spec = updated_spec(service.spec, request)
    forced = bool(request.get("forceNewDeployment"))
    _check_force(service.spec, spec, forced=forced)
    daemon = service.spec["schedulingStrategy"] == "DAEMON"
    desired = request.get("desiredCount", None if daemon else service.desired)
    check_proposal(Proposal(world, cluster, spec, definition.spec, desired))
    deploys = (
        forced or definition.arn != service.task_definition or starts_deployment(service.spec, spec)
    )
    service.spec, service.task_definition = spec, definition.arn
    service.desired = service.desired if desired is None else desired
    if deploys:
        world.engine.deployment_started(service)
    else:
        service.deployments[0].desired = service.desired
        world.engine.service_changed(service)
    return _answer(world, service, tags=False)


def _definition_of(world: World, service: Service, request: Request) -> TaskDefinition:
    """The task definition after the update: an INACTIVE one keeps serving if unmentioned (C5)."""
    present = world.find_task_definition(service.task_definition)
    if request.get("taskDefinition") or present is None:
        name = request.get("taskDefinition") or service.task_definition
        return active_task_definition(world, name, client_error)
    return present


def _check_force(before: Spec, after: Spec, *, forced: bool) -> None:
    if not forced and not same_capacity(before, after):
        raise invalid_parameter(
            "When switching from launch type to capacity provider strategy on an existing "
            "service, or making a change to a capacity provider strategy on a service that is "
            "already using one, you must force a new deployment."
        )


@ecs_operation("DeleteService")
def delete_service(world: World, request: Request) -> Response:
    """DeleteService (D25): DRAINING until its last task has stopped, then INACTIVE."""
    cluster = require_cluster(world, request.get("cluster"))
    service = require_service(world, cluster, request["service"])
    if service.status == "INACTIVE":
        raise ServiceError("ServiceNotFoundException", "Service not found.")
    if service.status == "ACTIVE":
        if not request.get("force"):
            _check_stopped(service)
        service.status = "DRAINING"
        service.desired = 0
        for deployment in service.deployments:
            deployment.desired = 0
        world.engine.service_deleted(service)
        world.scaling.service_deleted(service.cluster, service.name)
    return _answer(world, service, tags=False)


def _check_stopped(service: Service) -> None:
    if service.spec["schedulingStrategy"] == "DAEMON":
        return
    if service.desired > 0:
        raise invalid_parameter("The service cannot be stopped while it is scaled above 0.")
    if len(service.deployments) > 1:
        raise invalid_parameter("The service cannot be stopped while deployments are active.")


@ecs_operation("DescribeServices")
def describe_services(world: World, request: Request) -> Response:
    """DescribeServices: at most 10; what is not there is a failure, not an error (0.7, 0.8)."""
    cluster = require_cluster(world, request.get("cluster"))
    names = request["services"]
    if not names:
        raise invalid_parameter("Services cannot be empty.")
    if len(names) > MOST_DESCRIBED:
        raise invalid_parameter("Services cannot have more than 10 elements.")
    counts = TaskCounts(world, cluster.name)
    tags = "TAGS" in request.get("include", ())
    short_names = dict.fromkeys(name_in_cluster(cluster, name) for name in names)
    found = {name: world.services.get((cluster.name, name)) for name in short_names}
    return {
        "services": [
            service_view(world, service, counts, tags=tags) for service in found.values() if service
        ],
        "failures": [
            missing(world.arn(f"service/{cluster.name}/{name}"))
            for name, service in found.items()
            if service is None
        ],
    }


_FILTERS: dict[str, Callable[[Service], str]] = {
    "launchType": lambda service: service.spec.get("launchType", ""),
    "schedulingStrategy": lambda service: service.spec["schedulingStrategy"],
    # Services that ECS itself manages are Express gateway services, which are not built.
    "resourceManagementType": lambda _: "CUSTOMER",
}


@ecs_operation("ListServices")
def list_services(world: World, request: Request) -> Response:
    """ListServices: ACTIVE ones only, 10 a page unless asked otherwise (D25)."""
    cluster = require_cluster(world, request.get("cluster"))
    arns = [
        service.arn
        for service in world.services.values()
        if service.cluster == cluster.name
        and service.status == "ACTIVE"
        and all(read(service) == request.get(key, read(service)) for key, read in _FILTERS.items())
    ]
    items, token = page(request, arns, default=10)
    return {"serviceArns": items, **token}


@ecs_operation("ListServicesByNamespace")
def list_services_by_namespace(world: World, request: Request) -> Response:
    """ListServicesByNamespace: services of all clusters that use Service Connect with it."""
    wanted = arn_of(world, request["namespace"])
    arns = [
        service.arn
        for service in world.services.values()
        if service.status == "ACTIVE" and wanted == _namespace(world, service)
    ]
    items, token = page(request, arns, default=10)
    return {"serviceArns": items, **token}


def _namespace(world: World, service: Service) -> str:
    """The namespace of a service's Service Connect; its cluster's default where it names none."""
    connect = service.spec.get("serviceConnectConfiguration", {})
    if not connect.get("enabled"):
        return ""
    defaults = world.clusters[service.cluster].service_connect_defaults
    return arn_of(world, connect.get("namespace") or defaults.get("namespace", ""))


def _answer(world: World, service: Service, *, tags: bool) -> Response:
    counts = TaskCounts(world, service.cluster)
    return {"service": service_view(world, service, counts, tags=tags)}
