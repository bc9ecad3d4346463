from datetime import timedelta
from typing import Any

import pytest

from ecsinfer.capacity.slots import Requirements
from ecsinfer.status.facts import Provider
from ecsinfer.status.providers import Wanting, provider
from tests.status.facts import NOW

ONE_GPU = Requirements(cpu=1024, memory=4096, gpus=1)
SETTINGS = {"status": "ENABLED", "targetCapacity": 75, "instanceWarmupPeriod": 300}


def instance(running: int = 1, pending: int = 0, **other: Any) -> dict[str, Any]:
    gpus = ["gpu-0"][: 1 - running - pending]
    return {
        "status": "ACTIVE",
        "agentConnected": True,
        "runningTasksCount": running,
        "pendingTasksCount": pending,
        "registeredResources": [{"name": "GPU", "stringSetValue": ["gpu-0"]}],
        "remainingResources": [{"name": "GPU", "stringSetValue": gpus}],
        "registeredAt": NOW - timedelta(hours=1),
        **other,
    }


def seen(
    *instances: dict[str, Any],
    live: int = 2,
    wanting: int = 0,
    settings: dict[str, Any] = SETTINGS,
    measured: tuple[float, ...] = (),
) -> Provider:
    group = {
        "AutoScalingGroupName": "gpu-asg",
        "Instances": [{"LifecycleState": "InService", "InstanceType": "g5.xlarge"}] * live,
    }
    described = {"status": "ACTIVE", "autoScalingGroupProvider": {"managedScaling": settings}}
    wanted = [Wanting(ONE_GPU, wanting)] if wanting else []
    return provider("gpu", "app-gpu", described, group, instances, wanted, measured, NOW)


@pytest.mark.parametrize(
    ("facts", "reservation"),
    [
        (seen(instance(), instance()), 100.0),
        (seen(instance(), instance(0)), 50.0),
        (seen(live=0), 100.0),
        (seen(live=0, wanting=1), 200.0),
        (seen(instance(), instance(), wanting=2), 200.0),
    ],
)
def test_the_reservation_is_what_cloudwatch_would_say(facts: Provider, reservation: float) -> None:
    assert (facts.reservation, facts.measured) == (reservation, False)


def test_tasks_that_have_their_instance_and_only_start_want_no_other() -> None:
    assert seen(instance(), instance(0, pending=1), wanting=1).reservation == 100.0


def test_what_cloudwatch_says_goes_before_our_arithmetic() -> None:
    facts = seen(instance(), measured=(50.0, 104.5))
    assert (facts.reservation, facts.measured) == (104.5, True)


def test_without_managed_scaling_there_is_no_reservation_and_no_target() -> None:
    facts = seen(instance(), settings={"status": "DISABLED"})
    assert (facts.reservation, facts.target, facts.warming) == (None, None, 0.0)


def test_gpus_of_instances_that_leave_do_not_count() -> None:
    facts = seen(instance(), instance(0), instance(0, status="DRAINING"))
    assert (facts.joined, facts.draining) == (2, 1)
    assert (facts.gpus, facts.gpus_free) == (2, 1)


def test_the_youngest_instance_holds_the_next_step_back_until_it_is_warm() -> None:
    young = instance(registeredAt=NOW - timedelta(seconds=60))
    assert seen(instance(), young).warming == 240.0
    assert seen(instance()).warming == 0.0


def test_a_provider_that_is_not_there_is_absent() -> None:
    assert provider("gpu", "app-gpu", {}, {}, (), (), (), NOW).status == "ABSENT"
