from __future__ import annotations

import math
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.capacity import managed_scaling as scaling
from ecsinfer.capacity.managed_scaling import ManagedScaling, Policy, Sight, Watch

TARGET = st.integers(1, 100)


@dataclass
class Machine:
    """An instance: when it was launched and how many equal tasks it runs."""

    launched: float
    tasks: int = 0


@dataclass
class Fleet:
    """A group under managed scaling with a constant demand for equal tasks, minute by minute.

    Attributes:
        settings: the provider's.
        demand: tasks that want to run.
        slots: tasks that an instance has room for.
        boot: seconds from launch to registration.
        protected: whether only instances without tasks may be terminated.
        maximum: MaxSize.
        spread: whether tasks are spread over the instances rather than packed on few.
        sizes: the desired capacity after each minute.
    """

    settings: ManagedScaling
    demand: int
    slots: int = 1
    boot: float = 120
    protected: bool = True
    maximum: int = 1000
    spread: bool = False
    sizes: list[int] = field(default_factory=lambda: [0])
    machines: list[Machine] = field(default_factory=list)
    policy: Policy = field(default_factory=Policy)

    def run(self, minutes: int) -> list[int]:
        """The different desired capacities, one after the other."""
        for _ in range(minutes):
            self.minute(60.0 * len(self.sizes))
        return [
            size
            for before, size in zip([-1, *self.sizes], self.sizes, strict=False)
            if size != before
        ]

    def minute(self, now: float) -> None:
        waiting = self.place(now)
        idle = [item for item in self.machines if not item.tasks]
        sight = Sight(
            now=now,
            running=len(self.machines),
            busy=len(self.machines) - len(idle),
            demands=[math.ceil(waiting / self.slots)] if waiting else [],
            youngest=min((now - item.launched for item in self.machines), default=None),
            desired=self.sizes[-1],
            maximum=self.maximum,
            releasable=len(idle) if self.protected else None,
        )
        decision = scaling.decide(self.policy, sight, self.settings)
        self.policy = decision.policy
        self.sizes.append(decision.desired)
        for item in (idle if self.protected else self.machines)[: sight.running - decision.desired]:
            self.machines = [each for each in self.machines if each is not item]
        self.machines += [Machine(now) for _ in range(decision.desired - len(self.machines))]

    def place(self, now: float) -> int:
        """Place what wants to run on those that have registered; how many wait."""
        waiting = self.demand - sum(item.tasks for item in self.machines)
        ready = [item for item in self.machines if now - item.launched >= self.boot]
        for _ in range(waiting):
            free = [item for item in ready if item.tasks < self.slots]
            if not free:
                break
            chosen = min(free, key=lambda item: item.tasks) if self.spread else free[0]
            chosen.tasks += 1
            waiting -= 1
        return waiting


FLEETS = st.builds(
    Fleet,
    settings=st.builds(ManagedScaling, target=st.integers(10, 100), warmup=st.just(300)),
    demand=st.integers(0, 40),
    slots=st.integers(1, 8),
    boot=st.sampled_from([0, 45, 120, 299]),
    protected=st.booleans(),
)
"""Groups that pack their tasks, and whose instances have booted before they are warm."""


def grows_then_shrinks(sizes: list[int]) -> bool:
    peak = sizes.index(max(sizes))
    return sizes == sorted(sizes[:peak]) + sorted(sizes[peak:], reverse=True)


@pytest.mark.rule("F5")
def test_the_first_scale_out_from_zero_launches_two() -> None:
    needed = scaling.needed(0, 0, [1], ManagedScaling())
    assert scaling.reservation(needed, 0) == 200
    assert scaling.scale_out(0, needed, 100, 10) == 2


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
    after = scaling.scale_out(busy, needed, target, 10**6)
    assert after >= needed


@pytest.mark.rule("F5")
@pytest.mark.parametrize(
    ("warmup", "sizes"),
    [(300, [0, 2, 1]), (120, [0, 2, 1]), (60, [0, 2, 3, 2, 1]), (0, [0, 2, 3, 2, 1])],
)
def test_a_warm_up_shorter_than_the_boot_over_provisions_as_the_guide_warns(
    warmup: int, sizes: list[int]
) -> None:
    fleet = Fleet(ManagedScaling(warmup=warmup), demand=2, slots=7)
    assert fleet.run(120) == sizes


@pytest.mark.rule("F5")
def test_the_second_step_waits_for_the_warm_up_of_the_first() -> None:
    fleet = Fleet(ManagedScaling(warmup=300), demand=9)
    assert fleet.run(120) == [0, 2, 9]
    assert fleet.sizes.index(9) - fleet.sizes.index(2) == 5


@given(FLEETS)
def test_a_group_never_grows_beyond_its_need_and_the_headroom_of_its_target(fleet: Fleet) -> None:
    fleet.run(120)
    need = max(2, math.ceil(fleet.demand / fleet.slots))
    assert max(fleet.sizes) <= scaling.steady_state(need, fleet.settings.target)


@given(FLEETS)
def test_a_constant_demand_is_met_and_what_scaled_in_does_not_scale_out_again(fleet: Fleet) -> None:
    sizes = fleet.run(180)
    assert sum(item.tasks for item in fleet.machines) == fleet.demand
    need = math.ceil(fleet.demand / fleet.slots)
    assert sizes[-1] == scaling.steady_state(need, fleet.settings.target)
    assert grows_then_shrinks(sizes)


@given(FLEETS)
def test_tasks_that_are_spread_do_not_have_a_full_group_swing_either(fleet: Fleet) -> None:
    fleet.spread, fleet.settings = True, ManagedScaling()
    sizes = fleet.run(180)
    assert sum(item.tasks for item in fleet.machines) == fleet.demand
    assert sizes[-1] == sum(item.tasks > 0 for item in fleet.machines)
    assert grows_then_shrinks(sizes)


@given(FLEETS, st.integers(0, 12))
def test_a_maximum_is_kept_and_one_of_zero_scales_nothing(fleet: Fleet, maximum: int) -> None:
    fleet.maximum = maximum
    fleet.run(120)
    assert max(fleet.sizes) <= maximum


@given(
    FLEETS,
    st.integers(1, 10),
    st.integers(1, 10),
)
def test_every_step_out_of_a_full_group_is_within_the_step_sizes(
    fleet: Fleet, minimum: int, maximum: int
) -> None:
    settings = ManagedScaling(minimum_step=minimum, maximum_step=maximum)
    fleet.settings = settings
    fleet.run(120)
    for before, after in zip(fleet.sizes, fleet.sizes[1:], strict=False):
        if before and after > before:
            assert minimum <= after - before <= max(minimum, maximum)


@given(st.integers(1, 100))
def test_nothing_needed_launches_nothing_whatever_the_target(target: int) -> None:
    assert Fleet(ManagedScaling(target=target), demand=0).run(60) == [0]


def test_what_fits_no_instance_leaves_the_metric_at_its_target() -> None:
    sight = Sight(now=0, running=3, busy=1, demands=[None], youngest=900, desired=3)
    decision = scaling.decide(Policy(), sight, ManagedScaling(target=80))
    assert (decision.value, decision.desired, decision.alarm) == (80, 3, "")


def test_a_busy_instance_is_not_released_and_the_alarm_says_that_it_would() -> None:
    policy = Policy(Watch(low=14))
    sight = Sight(now=0, running=4, busy=2, demands=[], youngest=900, desired=4, releasable=1)
    decision = scaling.decide(policy, sight, ManagedScaling())
    assert (decision.desired, decision.alarm) == (3, "Low")


def test_a_scale_in_waits_after_a_scale_out_and_between_its_steps() -> None:
    low = Watch(low=14)
    sight = Sight(now=1000, running=8, busy=1, demands=[], youngest=None, desired=8)

    def after(**moments: float) -> int:
        return scaling.decide(Policy(low, **moments), sight, ManagedScaling()).desired

    assert after(scaled_out_at=101) == 8
    assert after(scaled_out_at=100) == 4
    assert after(scaled_in_at=881) == 8
    assert after(scaled_in_at=880) == 4
