from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.capacity import target_tracking as tracking


def test_high_needs_three_minutes_and_low_fifteen_below_ninety_percent() -> None:
    assert tracking.too_high([71, 71, 71], 70)
    assert not tracking.too_high([71, 70, 71], 70)
    assert tracking.too_low([62] * 15, 70)
    assert not tracking.too_low([63] * 15, 70)
    assert not tracking.too_low([1] * 14, 70)


def test_the_new_count_starts_from_what_runs() -> None:
    assert tracking.scale_out(8, 4, 140, 70, 100) == 8
    assert tracking.scale_out(4, 4, 140, 70, 100) == 8
    assert tracking.scale_in(8, 8, 35, 70, 1) == 4
    assert tracking.scale_out(0, 0, 5, 70, 100) == 1


def test_several_policies_go_out_if_any_and_in_only_if_all() -> None:
    assert tracking.combined([5, 9], 6) == 9
    assert tracking.combined([3, 6], 6) == 6
    assert tracking.combined([3, 4], 6) == 4
    assert tracking.combined([], 6) == 6


@given(st.integers(0, 100), st.integers(0, 100), st.floats(0, 1000), st.floats(1, 1000))
def test_directions_never_cross_and_limits_hold(
    desired: int, running: int, value: float, target: float
) -> None:
    out = tracking.scale_out(desired, running, value, target, 50)
    assert desired <= out <= max(desired, 50)
    assert min(desired, 2) <= tracking.scale_in(desired, running, value, target, 2) <= desired
