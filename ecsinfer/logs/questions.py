"""The reads behind log lines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ecsinfer.model import Read

_NO_SERVICE = (
    "ClusterNotFoundException",
    "ServiceNotFoundException",
    "ServiceNotActiveException",
)
_NO_LOG = ("ResourceNotFoundException",)
MOST_LINES = 10_000
"""Of one page of GetLogEvents."""


def tasks(cluster: str, service: str, status: str) -> Read:
    """ARNs of all tasks of the service that run, or that stopped within the last hour (J8)."""
    return Read(
        "ecs",
        "ListTasks",
        {"cluster": cluster, "serviceName": service, "desiredStatus": status},
        items="taskArns",
        absent_on=_NO_SERVICE,
    )


def task_details(cluster: str, arns: Iterable[str]) -> Read:
    """The tasks themselves."""
    params = {"cluster": cluster, "tasks": list(arns)}
    return Read("ecs", "DescribeTasks", params, batch="tasks", limit=100)


def task_definition(arn: str) -> Read:
    """The revision; one that was deleted is not there."""
    params = {"taskDefinition": arn}
    return Read("ecs", "DescribeTaskDefinition", params, absent_on=("ClientException",))


def page(group: str, prefix: str, since: datetime, token: str) -> Read:
    """One page of the lines of all streams that begin with the prefix, the oldest first.

    By prefix, because a name that is not there yet is refused, and a hundred names are the most.
    """
    params: dict[str, Any] = {
        "logGroupName": group,
        "logStreamNamePrefix": prefix,
        "startTime": int(since.timestamp() * 1000),
    }
    return Read(
        "logs",
        "FilterLogEvents",
        {**params, "nextToken": token} if token else params,
        absent_on=_NO_LOG,
    )


def last_lines(group: str, stream: str, most: int) -> Read:
    """The last page of one stream, of at most so many lines (see `paging`)."""
    return Read(
        "logs",
        "GetLogEvents",
        {"logGroupName": group, "logStreamName": stream, "limit": min(most, MOST_LINES)},
        absent_on=_NO_LOG,
    )
