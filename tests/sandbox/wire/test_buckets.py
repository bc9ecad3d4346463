"""AWS's API rates for ECS, on simulated time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.sandbox.clock import EPOCH
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.errors import ServiceError
from ecsinfer.sandbox.scenario import Scenario
from ecsinfer.sandbox.wire.buckets import BUCKETS, Rates


def admitted(rates: Rates, operation: str, at: float, region: str = "us-east-1") -> bool:
    try:
        rates.take(region, operation, EPOCH + timedelta(seconds=at))
    except ServiceError as error:
        return str(error) != "ThrottlingException: Rate exceeded"
    return True


@pytest.mark.rule("I1", "I2")
def test_a_full_bucket_admits_a_burst_and_then_its_rate() -> None:
    rates = Rates()

    assert sum(admitted(rates, "RegisterTaskDefinition", 0) for _ in range(30)) == 20
    assert sum(admitted(rates, "RegisterTaskDefinition", 3.5) for _ in range(30)) == 3
    assert sum(admitted(rates, "RegisterTaskDefinition", 4) for _ in range(30)) == 1


@pytest.mark.rule("I2")
def test_operations_of_a_group_share_a_bucket_and_regions_do_not() -> None:
    rates = Rates()

    assert sum(admitted(rates, "CreateCluster", 0) for _ in range(15)) == 15
    assert sum(admitted(rates, "PutClusterCapacityProviders", 0) for _ in range(15)) == 5
    assert admitted(rates, "CreateCluster", 0, "eu-west-1")
    assert admitted(rates, "DescribeClusters", 0)


def test_every_operation_of_the_table_is_one_of_ecs_and_in_one_bucket() -> None:
    model = Loader().load_service_model("ecs", "service-2")
    operations = [operation for bucket in BUCKETS for operation in bucket.operations]

    assert set(operations) <= set(model["operations"])
    assert len(operations) == len(set(operations))


@given(st.lists(st.floats(0, 10), max_size=80), st.sampled_from(BUCKETS))
def test_no_interval_admits_more_than_burst_and_rate(gaps: list[float], bucket: object) -> None:
    assert isinstance(bucket, type(BUCKETS[0]))
    rates, now, times = Rates(), 0.0, []
    for gap in gaps:
        now += gap
        if admitted(rates, bucket.operations[0], now):
            times.append(now)
    for start in range(len(times)):
        for end in range(start, len(times)):
            most = bucket.burst + bucket.rate * (times[end] - times[start])
            assert end - start + 1 <= most + 1e-3


def test_a_scenario_with_buckets_throttles_ecs_until_time_passes() -> None:
    sandbox = Sandbox(Scenario(api_buckets=True))
    config = Config(retries={"mode": "standard", "total_max_attempts": 1})
    ecs = sandbox.session().client("ecs", config=config)

    for _ in range(50):
        ecs.list_clusters()
    with pytest.raises(ClientError, match="Rate exceeded"):
        ecs.list_clusters()
    sandbox.clock.sleep(1)
    ecs.list_clusters()
