from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.capacity import rollout

DESIRED = st.integers(1, 60)
MINIMUM = st.integers(0, 100)
MAXIMUM = st.integers(100, 200)


@pytest.mark.rule("D14")
@pytest.mark.parametrize(
    ("desired", "minimum", "maximum", "spare", "kind", "batch"),
    [
        (4, 100, 100, 9, "deadlock", 0),
        (1, 100, 150, 9, "deadlock", 0),
        (3, 100, 125, 9, "deadlock", 0),
        (4, 100, 200, 0, "deadlock", 0),
        (4, 75, 100, 0, "in-place", 1),
        (4, 100, 125, 1, "surge", 1),
        (4, 100, 200, 9, "surge", 4),
        (0, 100, 100, 0, "idle", 0),
    ],
)
def test_the_pace_of_a_rollout(
    desired: int, minimum: int, maximum: int, spare: int, kind: str, batch: int
) -> None:
    pace = rollout.pace(desired, minimum, maximum, spare)
    assert (pace.kind, pace.batch) == (kind, batch)


@given(DESIRED, st.data())
def test_the_suggested_percentages_allow_the_batch(desired: int, data: st.DataObject) -> None:
    batch = data.draw(st.integers(1, desired))
    assert rollout.bounds(desired, 100, rollout.surge_percent(desired, batch)).upper >= (
        desired + batch
    )
    assert rollout.bounds(desired, rollout.in_place_percent(desired, batch), 100).lower <= (
        desired - batch
    )


@given(DESIRED, MINIMUM, MAXIMUM)
def test_a_rollout_keeps_its_bounds_and_ends_unless_it_is_a_deadlock(
    desired: int, minimum: int, maximum: int
) -> None:
    limits = rollout.bounds(desired, minimum, maximum)
    old, new = desired, 0
    while old or new < desired:
        begin = rollout.starts(desired, limits, new, old + new)
        new += begin
        assert old + new <= limits.upper
        end = rollout.stops(limits, old + new, old)
        old -= end
        assert old + new >= limits.lower
        if not begin and not end:
            break
    deadlock = rollout.pace(desired, minimum, maximum, desired).kind == "deadlock"
    assert (old > 0) == deadlock
    assert deadlock or (old, new) == (0, desired)
