from __future__ import annotations

import pytest

from ecsinfer.sandbox.engine import events
from tests.sandbox.engine.account import Account, cpu_container, messages
from tests.sandbox.engine.test_lifecycle import on_fargate


@pytest.mark.rule("J7")
def test_events_are_the_newest_hundred_newest_first() -> None:
    account = Account()
    service = on_fargate(account, cpu_container())
    for number in range(150):
        account.run(1)
        events.emit(account.world, service, f"event {number}.")
    assert len(service.events) == 100
    assert service.events[0].message == "(service web) event 149."
    moments = [event.created_at for event in service.events]
    assert moments == sorted(moments, reverse=True)


@pytest.mark.rule("J7")
def test_the_same_event_is_told_again_only_after_six_hours() -> None:
    account = Account()
    service = on_fargate(account, cpu_container())
    account.run(300)
    account.run(5 * 3600)
    assert messages(service).count("has reached a steady state.") == 1
    account.run(3600)
    assert messages(service).count("has reached a steady state.") == 2
    account.run(12 * 3600)
    assert messages(service).count("has reached a steady state.") == 4


def test_tasks_are_named_in_the_event_that_starts_them() -> None:
    account = Account()
    service = on_fargate(account, cpu_container(), desired=2)
    account.run(2)
    first, second = (task.arn.rpartition("/")[2] for task in account.tasks(service))
    assert messages(service) == [f"has started 2 tasks: (task {first}) (task {second})."]
