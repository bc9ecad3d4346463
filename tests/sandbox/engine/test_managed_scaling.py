from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.scenario import Scenario, Timings
from ecsinfer.sandbox.state import Service
from tests.sandbox.engine.account import Account, cpu_container, gpu_container, strategy


def scaled(desired: int, *, maximum: int = 20, **settings: Any) -> tuple[Account, Service]:
    account = Account()
    account.provider(
        account.group(maximum=maximum, protect_new="managedTerminationProtection" in settings),
        **settings,
    )
    service = account.service(
        account.definition(), desired=desired, capacityProviderStrategy=strategy("asg")
    )
    return account, service


def sizes(account: Account, seconds: float) -> list[int]:
    """The desired capacities of the group, one after the other."""
    group = account.fleet.groups["gpu"]
    seen = [group.desired]

    def watch() -> None:
        if group.desired != seen[-1]:
            seen.append(group.desired)

    account.run(seconds, watch)
    return seen


@pytest.mark.rule("F5")
def test_from_zero_two_come_first_and_the_rest_after_the_warm_up() -> None:
    account, service = scaled(6)
    assert sizes(account, 900) == [0, 2, 6]
    assert len(account.running(service)) == 6


def test_the_maximum_is_kept_and_the_rest_waits() -> None:
    account, service = scaled(6, maximum=4)
    account.run(1200)
    assert account.fleet.groups["gpu"].desired == 4
    assert len(account.running(service)) == 4


def test_the_maximum_step_spreads_a_burst() -> None:
    account, _ = scaled(8, scaling={"maximumScalingStepSize": 3})
    assert sizes(account, 1500) == [0, 2, 5, 8]


@pytest.mark.rule("F5")
def test_scaling_in_takes_fifteen_minutes_and_spares_the_busy() -> None:
    account, service = scaled(4, managedTerminationProtection="ENABLED", managedDraining="DISABLED")
    account.run(2000)
    service.desired = 1
    account.engine.service_changed(service)
    began = account.world.now()
    assert sizes(account, 840) == [4]
    account.run(600)
    group = account.fleet.groups["gpu"]
    assert group.desired == 1
    [task] = account.running(service)
    assert task.started_at is not None
    assert task.started_at < began
    assert [item.protected for item in group.instances.values()] == [True]


def test_spare_capacity_is_kept_below_a_target_of_a_hundred() -> None:
    account, _ = scaled(3, scaling={"targetCapacity": 75})
    account.run(3600)
    assert account.fleet.groups["gpu"].desired == 4


def test_what_fits_no_instance_scales_nothing() -> None:
    account = Account()
    account.provider(account.group())
    greedy = gpu_container(resourceRequirements=[{"type": "GPU", "value": "8"}])
    account.service(account.definition(greedy), capacityProviderStrategy=strategy("asg"))
    account.run(1200)
    assert account.fleet.groups["gpu"].desired == 0
    assert account.engine.reservation("main", "asg") == 100


def test_tasks_by_launch_type_are_no_demand() -> None:
    account = Account()
    account.provider(account.group())
    account.service(account.definition(), launchType="EC2")
    account.run(600)
    assert account.fleet.groups["gpu"].desired == 0


def test_the_metric_is_there_only_while_the_policy_is_attached() -> None:
    account, _ = scaled(1)
    account.run(60)
    assert account.engine.reservation("main", "asg") == 200
    account.cluster.attachments.clear()
    account.engine.providers_changed(account.cluster)
    assert account.engine.reservation("main", "asg") is None
    account.run(3600)
    assert account.fleet.groups["gpu"].desired == 2


@pytest.mark.rule("F5", "J4")
def test_beyond_five_hundred_waiting_tasks_none_is_started() -> None:
    account = Account()
    account.provider(account.group(maximum=0))
    account.service(account.definition(), desired=600, capacityProviderStrategy=strategy("asg"))
    account.run(10)
    assert len(account.tasks()) == 500
    message = account.world.services["main", "web"].events
    assert any("provisioning capacity limit was exceeded" in item.message for item in message)


def test_a_daemon_does_not_make_an_instance_busy() -> None:
    account = Account(Scenario(timings=Timings(boot=10)))
    account.provider(account.group(instance_type="m5.large", desired=2))
    account.service(
        account.definition(cpu_container(), family="agent"),
        name="agent",
        schedulingStrategy="DAEMON",
        launchType="EC2",
    )
    account.run(1500)
    assert account.fleet.groups["gpu"].desired == 0


def test_equal_waiting_tasks_share_instances_in_the_demand() -> None:
    account = Account()
    account.provider(account.group(instance_type="g5.12xlarge"))
    account.service(account.definition(), desired=8, capacityProviderStrategy=strategy("asg"))
    assert sizes(account, 1200) == [0, 2]


def light(warmup: int, **settings: Any) -> tuple[Account, Service]:
    """Two small tasks, which would both fit on one instance; one boots in two minutes."""
    account = Account()
    scaling = {"instanceWarmupPeriod": warmup}
    account.provider(account.group(instance_type="m5.large"), scaling=scaling, **settings)
    service = account.service(
        account.definition(cpu_container()),
        desired=2,
        capacityProviderStrategy=strategy("asg"),
    )
    return account, service


@pytest.mark.rule("F5")
@pytest.mark.parametrize(("warmup", "expected"), [(300, [0, 2]), (120, [0, 2]), (60, [0, 2, 3, 2])])
def test_a_warm_up_that_outlasts_the_boot_does_not_over_provision(
    warmup: int, expected: list[int]
) -> None:
    account, _ = light(warmup)
    assert sizes(account, 7200) == expected


def test_a_busy_instance_on_its_way_out_is_not_needed_once_more() -> None:
    account, service = light(60, managedDraining="ENABLED")
    assert sizes(account, 7200)[-2:] == [3, 2]
    assert len(account.running(service)) == 2


def test_an_idle_group_with_a_target_below_a_hundred_stays_empty() -> None:
    account = Account()
    account.provider(account.group(), scaling={"targetCapacity": 75})
    assert sizes(account, 3600) == [0]
