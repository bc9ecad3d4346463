"""What holds of a group whatever is asked of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from ecsinfer.sandbox.furniture import zones as zones_of
from tests.sandbox.fleet.groups import NAME, Groups

_steps = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from((1, 20, 45, 200))), min_size=1, max_size=8
)


@cache
def _account() -> Groups:
    return Groups()


@contextmanager
def _group() -> Iterator[Groups]:
    """A group of one account for all examples, which would take most of the time otherwise."""
    groups = _account()
    groups.create()
    try:
        yield groups
    finally:
        groups.api.delete_auto_scaling_group(AutoScalingGroupName=NAME, ForceDelete=True)
        groups.clock.sleep(60)


@settings(max_examples=15, deadline=None)
@given(steps=_steps)
def test_a_group_settles_at_its_desired_capacity_with_zones_in_balance(
    steps: list[tuple[int, int]],
) -> None:
    with _group() as groups:
        for desired, seconds in steps:
            groups.want(desired)
            groups.clock.sleep(seconds)
        groups.clock.sleep(300)

        activities = groups.activities
        zones = Counter(item["AvailabilityZone"] for item in groups.instances)
        assert groups.states == ["InService"] * steps[-1][0]
        assert (
            max(zones.values(), default=0) - min(zones[zone] for zone in zones_of("us-east-1")) <= 1
        )
        started = [item["StartTime"] for item in activities]
        assert started == sorted(started, reverse=True)
        assert all(item["EndTime"] >= item["StartTime"] for item in activities)
