"""AWS's API rates for ECS: token buckets for each account and region, shared by groups of operations (I2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ecsinfer.sandbox.errors import ServiceError


@dataclass(frozen=True, slots=True)
class Bucket:
    """A group of operations that share one rate.

    Attributes:
        name: AWS's name of the group.
        burst: how many requests a full bucket holds.
        rate: how many requests a second refill it.
        operations: who draws on it.
    """

    name: str
    burst: int
    rate: int
    operations: tuple[str, ...]


# AWS publishes no rate for operations that are not listed, and none is invented for them.
BUCKETS = (
    Bucket(
        "Cluster modify",
        20,
        1,
        (
            "CreateCluster",
            "DeleteCluster",
            "UpdateCluster",
            "UpdateClusterSettings",
            "PutClusterCapacityProviders",
        ),
    ),
    Bucket("Cluster read", 50, 20, ("DescribeClusters", "ListClusters")),
    Bucket("Task definition modify", 20, 1, ("RegisterTaskDefinition", "DeregisterTaskDefinition")),
    Bucket(
        "Task definition read",
        50,
        20,
        ("DescribeTaskDefinition", "ListTaskDefinitions", "ListTaskDefinitionFamilies"),
    ),
    Bucket("Task definition delete", 5, 1, ("DeleteTaskDefinitions",)),
    Bucket(
        "Capacity provider modify",
        10,
        1,
        ("CreateCapacityProvider", "UpdateCapacityProvider", "DeleteCapacityProvider"),
    ),
    Bucket("Capacity provider read", 50, 20, ("DescribeCapacityProviders",)),
    Bucket("Tag modify", 20, 10, ("TagResource", "UntagResource")),
    Bucket("Tag read", 50, 20, ("ListTagsForResource",)),
    Bucket(
        "Setting modify",
        10,
        1,
        ("PutAccountSetting", "PutAccountSettingDefault", "DeleteAccountSetting"),
    ),
    Bucket("Setting read", 50, 20, ("ListAccountSettings",)),
    Bucket(
        "Cluster resource modify",
        100,
        40,
        (
            "RunTask",
            "StartTask",
            "StopTask",
            "RegisterContainerInstance",
            "DeregisterContainerInstance",
            "UpdateContainerInstancesState",
            "PutAttributes",
            "DeleteAttributes",
        ),
    ),
    Bucket(
        "Cluster resource read",
        100,
        20,
        (
            "DescribeTasks",
            "ListTasks",
            "DescribeContainerInstances",
            "ListContainerInstances",
            "ListAttributes",
        ),
    ),
    Bucket("Service modify", 50, 5, ("CreateService", "UpdateService", "DeleteService")),
    Bucket("Service read", 100, 20, ("DescribeServices", "ListServices")),
    Bucket("Service deployment", 50, 20, ("DescribeServiceDeployments", "ListServiceDeployments")),
    Bucket("Service revision", 50, 20, ("DescribeServiceRevisions",)),
    Bucket("Task protection", 200, 80, ("UpdateTaskProtection", "GetTaskProtection")),
    Bucket("Namespace list", 10, 1, ("ListServicesByNamespace",)),
)

_BUCKET_OF = {operation: bucket for bucket in BUCKETS for operation in bucket.operations}


class Rates:
    """The fill of every bucket of every region, on simulated time."""

    def __init__(self) -> None:
        self._fill: dict[tuple[str, str], tuple[float, datetime]] = {}

    def take(self, region: str, operation: str, now: datetime) -> None:
        """Draw one request.

        Raises:
            ServiceError: ThrottlingException, the bucket is empty (I1).
        """
        bucket = _BUCKET_OF.get(operation)
        if bucket is None:
            return
        tokens, since = self._fill.get((region, bucket.name), (float(bucket.burst), now))
        tokens = min(bucket.burst, tokens + bucket.rate * (now - since).total_seconds())
        if tokens < 1:
            self._fill[region, bucket.name] = (tokens, now)
            raise ServiceError("ThrottlingException", "Rate exceeded")
        self._fill[region, bucket.name] = (tokens - 1, now)
