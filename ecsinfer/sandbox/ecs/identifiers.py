"""Names and ARNs of what lives in a cluster: services, tasks, container instances."""

from __future__ import annotations

from ecsinfer.sandbox.ecs.common import short_name
from ecsinfer.sandbox.errors import invalid_parameter
from ecsinfer.sandbox.state import Cluster


def name_in_cluster(cluster: Cluster, value: str) -> str:
    """The name or id that `value`, a name, id or long ARN, means in this cluster.

    Raises:
        ServiceError: InvalidParameterException; it is the ARN of another cluster's.
    """
    home = cluster_of(value)
    if home and home != cluster.name:
        raise invalid_parameter(
            f"Invalid identifier: Identifier is for cluster {home}. Your cluster is {cluster.name}"
        )
    return short_name(value)


def cluster_of(arn: str) -> str:
    """The cluster's name in a long ARN, such as ``...:service/<cluster>/<name>``; or nothing."""
    segments = arn.split("/")
    return segments[1] if arn.startswith("arn:") and len(segments) == 3 else ""
