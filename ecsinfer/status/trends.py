"""Metrics of the last hour: which to ask CloudWatch for, and what it answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ecsinfer.model import Answer, Read
from ecsinfer.status.facts import Service, Trend

PERIOD = 300
"""Seconds that one value stands for."""

SPAN = timedelta(hours=1)
MOST_QUERIES = 500
"""Queries that one GetMetricData takes."""

RESERVATION = "reservation"

_UNIT: Mapping[str, tuple[str, float]] = {
    "requests": ("per minute", 60 / PERIOD),
    "latency": ("seconds", 1.0),
    "cpu": ("percent", 1.0),
    "memory": ("percent", 1.0),
    "tasks": ("tasks", 1.0),
}
"""Trend -> its unit, and what a value is multiplied by to be in that unit."""


@dataclass(frozen=True, slots=True)
class Query:
    """One metric.

    Attributes:
        owner: ``service/<key>``, or the name of a capacity provider.
        name: what we call it.
        namespace: CloudWatch's.
        metric: CloudWatch's.
        statistic: such as Average or p99.
        dimensions: name -> value.
    """

    owner: str
    name: str
    namespace: str
    metric: str
    statistic: str
    dimensions: Mapping[str, str]


def queries(cluster: str, services: Iterable[Service], providers: Iterable[str]) -> list[Query]:
    """The metrics of the services and providers that are there."""
    found: list[Query] = []
    for service in services:
        if not service.task_definition:
            continue
        own = {"ClusterName": cluster, "ServiceName": service.name}
        found += [
            Query(service.node, "cpu", "AWS/ECS", "CPUUtilization", "Average", own),
            Query(service.node, "memory", "AWS/ECS", "MemoryUtilization", "Average", own),
            Query(
                service.node, "tasks", "ECS/ContainerInsights", "RunningTaskCount", "Average", own
            ),
        ]
        found += _of_load_balancer(service)
    found += [
        Query(
            name,
            RESERVATION,
            "AWS/ECS/ManagedScaling",
            "CapacityProviderReservation",
            "Average",
            {"CapacityProviderName": name, "ClusterName": cluster},
        )
        for name in providers
    ]
    return found


def _of_load_balancer(service: Service) -> list[Query]:
    """Of the first load balancer; Network Load Balancers count no requests."""
    group = next((g for g in service.target_groups if g.load_balancer.startswith("app/")), None)
    if group is None:
        return []
    own = {"LoadBalancer": group.load_balancer, "TargetGroup": group.label}
    space = "AWS/ApplicationELB"
    return [
        Query(service.node, "requests", space, "RequestCount", "Sum", own),
        Query(service.node, "latency", space, "TargetResponseTime", "p99", own),
    ]


def reads(asked: Sequence[Query], now: datetime) -> dict[Any, Read]:
    """GetMetricData for all of them, as few times as AWS allows; denied is as good as empty."""
    # Whole periods: CloudWatch answers them faster, and a sweep repeats the same question.
    end = now.replace(second=0, microsecond=0)
    return {
        start: Read(
            "cloudwatch",
            "GetMetricData",
            {
                "MetricDataQueries": [
                    _query(start + index, query)
                    for index, query in enumerate(asked[start : start + MOST_QUERIES])
                ],
                "StartTime": end - SPAN,
                "EndTime": end,
                "ScanBy": "TimestampAscending",
            },
            items="MetricDataResults",
            optional=True,
        )
        for start in range(0, len(asked), MOST_QUERIES)
    }


def _query(index: int, query: Query) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in query.dimensions.items()]
    metric = {"Namespace": query.namespace, "MetricName": query.metric, "Dimensions": dimensions}
    return {
        "Id": f"m{index}",
        "MetricStat": {"Metric": metric, "Period": PERIOD, "Stat": query.statistic},
    }


def values(
    answers: Mapping[Any, Answer], asked: Sequence[Query]
) -> dict[str, dict[str, tuple[float, ...]]]:
    """Owner -> name -> values, oldest first, of what has data."""
    found: dict[str, dict[str, tuple[float, ...]]] = {}
    for answer in answers.values():
        for result in answer.get("MetricDataResults", ()):
            query = asked[int(result["Id"].removeprefix("m"))]
            numbers = tuple(float(value) for value in result.get("Values", ()))
            own = found.setdefault(query.owner, {})
            # A metric that spans pages comes in parts.
            own[query.name] = own.get(query.name, ()) + numbers
    return found


def of_service(measured: Mapping[str, tuple[float, ...]]) -> tuple[Trend, ...]:
    """The trends that have data, in the order of the table."""
    return tuple(
        Trend(name, unit, tuple(value * factor for value in measured[name]))
        for name, (unit, factor) in _UNIT.items()
        if measured.get(name)
    )
