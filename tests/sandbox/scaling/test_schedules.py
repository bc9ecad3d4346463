"""Schedule expressions: from one point in time to the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.sandbox.scaling.schedules import parse

MONDAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def _next(expression: str, timezone: str = "UTC", moment: datetime = MONDAY) -> datetime | None:
    return parse(expression, timezone).after(moment, MONDAY)


@pytest.mark.parametrize(
    ("expression", "timezone", "expected"),
    [
        ("at(2026-01-06T07:30:00)", "UTC", "2026-01-06T07:30"),
        ("at(2026-01-06T07:30:00)", "America/New_York", "2026-01-06T12:30"),
        ("rate(1 minute)", "UTC", "2026-01-05T09:01"),
        ("rate(2 hours)", "UTC", "2026-01-05T11:00"),
        ("rate(3 days)", "UTC", "2026-01-08T09:00"),
        ("cron(30 9 * * ? *)", "UTC", "2026-01-05T09:30"),
        ("cron(0 9 * * ? *)", "UTC", "2026-01-06T09:00"),
        ("cron(0 9 * * ? *)", "Asia/Tokyo", "2026-01-06T00:00"),
        ("cron(0/20 * * * ? *)", "UTC", "2026-01-05T09:20"),
        ("cron(0 8 ? * MON-FRI *)", "UTC", "2026-01-06T08:00"),
        ("cron(0 8 ? * SAT,SUN *)", "UTC", "2026-01-10T08:00"),
        ("cron(15 10 1 MAR ? *)", "UTC", "2026-03-01T10:15"),
        ("cron(0 0 29 2 ? *)", "UTC", "2028-02-29T00:00"),
    ],
)
def test_the_next_time_of_an_expression(expression: str, timezone: str, expected: str) -> None:
    assert _next(expression, timezone) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("expression", ["at(2026-01-05T09:00:00)", "cron(0 0 1 1 ? 2025)"])
def test_what_is_over_never_comes_again(expression: str) -> None:
    assert _next(expression) is None


@pytest.mark.parametrize(
    ("expression", "timezone"),
    [
        ("daily", "UTC"),
        ("rate(0 minutes)", "UTC"),
        ("rate(5 weeks)", "UTC"),
        ("at(noon)", "UTC"),
        ("cron(0 9 * * *)", "UTC"),
        ("cron(60 9 * * ? *)", "UTC"),
        ("cron(0 9 L * ? *)", "UTC"),
        ("rate(1 hour)", "Mars/Olympus"),
    ],
)
def test_what_cannot_be_read_is_an_error(expression: str, timezone: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(expression, timezone)


@given(seconds=st.integers(0, 10**7), minutes=st.integers(1, 1000))
def test_a_rate_is_a_multiple_of_its_period_after_the_anchor_and_within_one_period(
    seconds: int, minutes: int
) -> None:
    moment = MONDAY + timedelta(seconds=seconds)

    due = _next(f"rate({minutes} minutes)", moment=moment)

    assert due is not None
    assert timedelta(0) < due - moment <= timedelta(minutes=minutes)
    assert (due - MONDAY) % timedelta(minutes=minutes) == timedelta(0)


@given(seconds=st.integers(0, 10**7))
def test_a_daily_cron_comes_within_a_day_and_at_its_minute(seconds: int) -> None:
    moment = MONDAY + timedelta(seconds=seconds)

    due = _next("cron(17 4 * * ? *)", moment=moment)

    assert due is not None
    assert timedelta(0) < due - moment <= timedelta(days=1)
    assert (due.hour, due.minute, due.second) == (4, 17, 0)
