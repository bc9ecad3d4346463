from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.capacity import breaker


@pytest.mark.rule("D18")
@pytest.mark.parametrize(
    ("desired", "kind", "value", "expected"),
    [
        (1, "BOUNDED_PERCENT", 50, 3),
        (25, "BOUNDED_PERCENT", 50, 13),
        (1000, "BOUNDED_PERCENT", 50, 200),
        (1, "UNBOUNDED_PERCENT", 50, 1),
        (1000, "UNBOUNDED_PERCENT", 50, 500),
        (1000, "COUNT", 2, 2),
    ],
)
def test_the_threshold(
    desired: int, kind: breaker.ThresholdType, value: int, expected: int
) -> None:
    assert breaker.threshold(desired, kind, value) == expected


@given(st.integers(0, 5000), st.integers(1, 100))
def test_the_default_stays_within_its_bounds(desired: int, value: int) -> None:
    assert 3 <= breaker.threshold(desired, value=value) <= 200
