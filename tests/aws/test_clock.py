from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from ecsinfer.aws.clock import SystemClock


def test_time_goes_on_at_its_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([100.0, 103.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(ticks))
    clock = SystemClock(speed=60)
    begun = clock._started

    assert (clock.now() - begun).total_seconds() == 180


def test_it_begins_when_it_is_told_to() -> None:
    begin = datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert 0 <= (SystemClock(begin=begin).now() - begin).total_seconds() < 3600


def test_a_sleep_is_shortened_by_the_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)

    SystemClock(speed=60).sleep(120)
    SystemClock().sleep(-1)

    assert slept == [2.0, 0.0]
