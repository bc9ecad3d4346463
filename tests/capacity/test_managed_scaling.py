from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.capacity import managed_scaling as scaling
from ecsinfer.capacity.managed_scaling import ManagedScaling, Watch

TARGET = st.integers(1, 100)


@pytest.mark.rule("F5")
def test_the_first_scale_out_from_zero_launches_two() -> None:
    value = scaling.reservation(scaling.needed(0, 0, [1], ManagedScaling()), 0)
    assert value == 200
    assert scaling.scale_out(0, value, 100, 10) == 2


def test_nothing_needed_of_nothing_is_on_target() -> None:
    assert scaling.reservation(0, 0) == 100


@pytest.mark.parametrize(
    ("demands", "minimum", "maximum", "expected"),
    [
        ([], 1, 10000, 2),
        ([None], 1, 10000, 2),
        ([3, 7], 1, 10000, 12),
        ([3, 7], 1, 4, 9),
        ([1], 5, 10000, 10),
    ],
)
def test_needed_follows_the_largest_group_within_the_steps(
    demands: list[int | None], minimum: int, maximum: int, expected: int
) -> None:
    settings = ManagedScaling(minimum_step=minimum, maximum_step=maximum)
    assert scaling.needed(5, 2, demands, settings) == expected


@pytest.mark.parametrize(
    ("target", "sizes"),
    [
        (90, [2, 3, 4, 5, 7, 10, 14, 23]),
        (75, [2, 3, 4, 6, 8, 12, 16, 27]),
        (50, [2, 4, 6, 8, 12, 18, 24, 40]),
    ],
)
def test_steady_state_is_the_documented_table(target: int, sizes: list[int]) -> None:
    assert [scaling.steady_state(m, target) for m in (1, 2, 3, 4, 6, 9, 12, 20)] == sizes


@pytest.mark.rule("F5")
def test_high_takes_one_minute_and_low_fifteen() -> None:
    assert Watch().seen(101, 100).too_high
    watch = Watch()
    for _ in range(14):
        watch = watch.seen(50, 100)
    assert not watch.too_low
    assert watch.seen(50, 100).too_low
    assert watch.seen(100, 100) == Watch()


def test_a_scale_in_takes_the_published_number_of_steps() -> None:
    running, steps = 334, 0
    while running > 34:
        running = scaling.scale_in(running, 34, 100, 0)
        steps += 1
    assert (running, steps) == (34, 4)


@given(st.integers(0, 500), st.integers(0, 500), TARGET, st.integers(0, 500))
def test_scale_in_shrinks_by_at_most_half_and_never_below_the_floor(
    running: int, needed: int, target: int, minimum: int
) -> None:
    after = scaling.scale_in(running, needed, target, minimum)
    assert after <= running
    assert after >= min(running, minimum)
    assert after >= running // 2


@given(st.integers(1, 500), st.integers(1, 100), TARGET)
def test_repeated_scale_out_meets_the_demand(busy: int, extra: int, target: int) -> None:
    needed = scaling.needed(busy, busy, [extra], ManagedScaling())
    after = scaling.scale_out(busy, scaling.reservation(needed, busy), target, 10**6)
    assert after >= needed
