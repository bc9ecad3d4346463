"""Clusters: CreateCluster, DescribeClusters, ListClusters, UpdateCluster(Settings), Delete."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from ecsinfer.sandbox.ecs import account_settings, associations, namespaces
from ecsinfer.sandbox.ecs.cluster_view import (
    EVERYTHING,
    describe_cluster,
    registered_instances,
    services_of,
)
from ecsinfer.sandbox.ecs.common import (
    find_cluster,
    missing,
    page,
    put_tags,
    require_active_cluster,
    require_cluster,
    short_name,
)
from ecsinfer.sandbox.ecs.roles import require_service_linked
from ecsinfer.sandbox.ecs.strategies import complete, require_associated
from ecsinfer.sandbox.errors import ServiceError, client_error, invalid_parameter
from ecsinfer.sandbox.registry import Request, Response, ecs_operation
from ecsinfer.sandbox.state import Cluster, World

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_ARGUMENTS = (
    "settings",
    "configuration",
    "capacityProviders",
    "defaultCapacityProviderStrategy",
    "serviceConnectDefaults",
    "tags",
)
_INSIGHTS_MEMORY = timedelta(days=7)  # A6


@ecs_operation("CreateCluster")
def create_cluster(world: World, request: Request) -> Response:
    """Make a cluster, or give back the one that the same arguments made (A1)."""
    name = request.get("clusterName") or "default"
    if not _NAME.fullmatch(name):
        raise invalid_parameter(
            "The specified cluster name is invalid. Up to 255 letters (uppercase and lowercase), "
            "numbers, underscores, and hyphens are allowed."
        )
    old = find_cluster(world, name)
    if old is not None and old.status != "INACTIVE":
        _require_same(old, request)
        return {"cluster": describe_cluster(world, old, EVERYTHING)}
    require_service_linked(world)
    _check_execute_command(request.get("configuration", {}))
    names = associations.associable(world, name, request.get("capacityProviders", ()))
    strategy = complete(request.get("defaultCapacityProviderStrategy", ()))
    require_associated(world, name, strategy, names)
    cluster = Cluster(
        name=name,
        arn=world.arn(f"cluster/{name}"),
        created_at=world.now(),
        creation=_arguments(request),
        settings=_settings(world, request.get("settings", ()), old),
        configuration=request.get("configuration", {}),
    )
    world.tags.pop(cluster.arn, None)
    put_tags(world, cluster.arn, request)
    _connect(world, cluster, request)
    world.clusters[name] = cluster
    if names:
        associations.associate(world, cluster, names, strategy)
        # A cluster is PROVISIONING while its providers' resources are made (A4).
        busy = cluster.attachments_status == "UPDATE_IN_PROGRESS"
        cluster.status = "PROVISIONING" if busy else "ACTIVE"
    return {"cluster": describe_cluster(world, cluster, EVERYTHING)}


@ecs_operation("DescribeClusters")
def describe_clusters(world: World, request: Request) -> Response:
    """Clusters by name or ARN, INACTIVE ones too (A3)."""
    names = request.get("clusters") or ["default"]
    if len(names) > 100:
        raise invalid_parameter("clusters can have at most 100 items.")
    found = {name: find_cluster(world, name) for name in names}
    include = request.get("include", ())
    return {
        "clusters": [
            describe_cluster(world, cluster, include) for cluster in found.values() if cluster
        ],
        "failures": [
            missing(world.arn(f"cluster/{short_name(name)}"))
            for name, cluster in found.items()
            if cluster is None
        ],
    }


@ecs_operation("ListClusters")
def list_clusters(world: World, request: Request) -> Response:
    """The ARNs of the clusters that are not deleted."""
    arns = sorted(
        cluster.arn for cluster in world.clusters.values() if cluster.status != "INACTIVE"
    )
    items, token = page(request, arns)
    return {"clusterArns": items, **token}


@ecs_operation("UpdateCluster")
def update_cluster(world: World, request: Request) -> Response:
    """Change settings, configuration and Service Connect defaults; what is omitted stays (A8)."""
    cluster = require_active_cluster(world, request["cluster"])
    _check_execute_command(request.get("configuration", {}))
    cluster.settings = _merged(cluster.settings, request.get("settings", ()))
    cluster.configuration = request.get("configuration", cluster.configuration)
    _connect(world, cluster, request)
    return {"cluster": describe_cluster(world, cluster, EVERYTHING - {"TAGS", "STATISTICS"})}


@ecs_operation("UpdateClusterSettings")
def update_cluster_settings(world: World, request: Request) -> Response:
    """Change settings only (A8)."""
    cluster = require_active_cluster(world, request["cluster"])
    associations.require_settled(cluster)
    cluster.settings = _merged(cluster.settings, request["settings"])
    return {"cluster": describe_cluster(world, cluster, {"SETTINGS"})}


@ecs_operation("DeleteCluster")
def delete_cluster(world: World, request: Request) -> Response:
    """Make an empty cluster INACTIVE; deleting it again succeeds (A11, A12)."""
    cluster = require_cluster(world, request["cluster"])
    if cluster.status not in {"INACTIVE", "DEPROVISIONING"}:
        _require_empty(world, cluster)
        cluster.status = "INACTIVE"
        cluster.deleted_at = world.now()
        associations.associate(world, cluster, [], [])
        if cluster.attachments_status == "UPDATE_IN_PROGRESS":
            cluster.status = "DEPROVISIONING"
    return {"cluster": describe_cluster(world, cluster, {"ATTACHMENTS"})}


def _require_empty(world: World, cluster: Cluster) -> None:
    """Refuse what still lives in the cluster, each kind by an error of its own (A11)."""
    name = cluster.name
    if services_of(world, cluster):
        raise ServiceError(
            "ClusterContainsServicesException",
            "The Cluster cannot be deleted while Services are active.",
        )
    if world.live_tasks(name):
        raise ServiceError(
            "ClusterContainsTasksException",
            "The Cluster cannot be deleted while Tasks are active.",
        )
    if registered_instances(world, cluster):
        raise ServiceError(
            "ClusterContainsContainerInstancesException",
            "The Cluster cannot be deleted while Container Instances are active or draining.",
        )
    if any(
        owner == name and provider.status != "INACTIVE"
        for (owner, _), provider in world.capacity_providers.items()
    ):
        raise ServiceError(
            "ClusterContainsCapacityProviderException",
            "The Cluster cannot be deleted while Cluster Scoped Capacity Providers are attached "
            "to the cluster.",
        )
    associations.require_settled(cluster)


def _require_same(cluster: Cluster, request: Request) -> None:
    """The comparison is with what the cluster was made with, not with what it is now (A1)."""
    if cluster.status == "DEPROVISIONING":
        raise client_error("Cluster was not ACTIVE.")
    if any(
        value != cluster.creation.get(key, type(value)())
        for key, value in _arguments(request).items()
    ):
        raise invalid_parameter(
            "Arguments on this idempotent request are inconsistent with arguments used in "
            "previous request(s)."
        )


def _arguments(request: Request) -> dict[str, Any]:
    """The arguments that count, with their sets in one order."""
    return {
        key: sorted(request[key], key=_order) if isinstance(request[key], list) else request[key]
        for key in _ARGUMENTS
        if key in request
    }


def _order(item: Any) -> str:
    return json.dumps(item, sort_keys=True)


def _settings(
    world: World, asked: Sequence[Mapping[str, str]], old: Cluster | None
) -> list[dict[str, str]]:
    """The settings of a new cluster: unset ones are the account's (A5)."""
    default = account_settings.effective(world, "containerInsights")
    settings = _merged([{"name": "containerInsights", "value": default}], asked)
    if old is None or old.deleted_at is None or world.now() - old.deleted_at > _INSIGHTS_MEMORY:
        return settings
    # Insights does not turn on for a week where the deleted namesake did not have it (A6).
    without = {"name": "containerInsights", "value": "disabled"}
    return old.settings if without in old.settings else settings


def _merged(
    settings: Sequence[Mapping[str, str]], changes: Sequence[Mapping[str, str]]
) -> list[dict[str, str]]:
    values = {item["name"]: item["value"] for item in (*settings, *changes)}
    allowed = account_settings.SETTINGS["containerInsights"].values
    if values.get("containerInsights") not in allowed:
        raise invalid_parameter(
            f"Invalid value for the setting containerInsights. "
            f"Value should be one of [{','.join(allowed)}]"
        )
    return [{"name": name, "value": value} for name, value in values.items()]


def _connect(world: World, cluster: Cluster, request: Request) -> None:
    """Service Connect defaults; an empty namespace removes them (A8)."""
    namespace = request.get("serviceConnectDefaults", {}).get("namespace")
    if namespace is None:
        return
    arn = namespaces.default_of(world, namespace) if namespace else ""
    cluster.service_connect_defaults = {"namespace": arn} if arn else {}


def _check_execute_command(configuration: Mapping[str, Any]) -> None:
    command = configuration.get("executeCommandConfiguration", {})
    log = command.get("logConfiguration", {})
    if command.get("logging") == "OVERRIDE" and not (
        log.get("cloudWatchLogGroupName") or log.get("s3BucketName")
    ):
        raise invalid_parameter(
            "A CloudWatch log group name or S3 bucket name must be specified when overriding the "
            "default logging configuration."
        )
    if log and command.get("logging") != "OVERRIDE":
        raise invalid_parameter(
            "The log configuration can only be specified when logging is set to OVERRIDE."
        )
