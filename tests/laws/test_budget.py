"""What it costs to find out that there is nothing to do."""

from __future__ import annotations

import pytest

from tests.laws.world import CONFIGS, Account

ONE_SERVICE = [name for name, spec in CONFIGS.items() if len(spec.services) == 1]


@pytest.mark.parametrize("name", ONE_SERVICE)
def test_nothing_to_do_is_found_out_in_nine_calls_and_two_round_trips(name: str) -> None:
    account, spec = Account(), CONFIGS[name]
    account.deploy(spec)
    account.sandbox.calls.clear()
    run = account.deploy(spec)
    assert run.status == "nothing-to-do"
    assert run.door.rounds <= 2
    assert run.writes == []
    # Counted where they arrive: nothing goes past the gateway.
    assert len(account.sandbox.calls) == len(run.door.log) <= 9


def test_the_price_of_a_second_service_is_its_own_questions_only() -> None:
    account, spec = Account(), CONFIGS["multi-service"]
    account.deploy(spec)
    run = account.deploy(spec)
    asked = [sent.operation for sent in run.door.log]
    assert run.door.rounds <= 2
    assert asked.count("DescribeServices") == 1
    assert asked.count("DescribeScalableTargets") == 1
    assert asked.count("DescribeClusters") == 1
