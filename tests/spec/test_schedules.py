from __future__ import annotations

import pytest

from ecsinfer.spec.schedules import known_zone, moment, trouble


@pytest.mark.rule("E6")
@pytest.mark.parametrize(
    "schedule",
    [
        "cron(0 8 ? * MON-FRI *)", "cron(0/15 8-18 1,15 * ? 2030-2035)", "cron(0 8 L * ? *)",
        "cron(0 8 ? JAN,jun 2#1 *)", "cron(0 8 15W * ? *)", "cron(0 8 ? * 6L *)",
        "rate(1 day)", "rate(15 minutes)", "at(2030-01-31T08:00:00)",
    ],
)  # fmt: skip
def test_what_aws_takes_is_taken(schedule: str) -> None:
    assert trouble(schedule) == ""


@pytest.mark.rule("E6")
@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ("daily", "no schedule"),
        ("cron(bad)", "six fields"),
        ("cron(0 8 * * MON-FRI)", "six fields"),
        ("cron(0 25 ? * * *)", "hours go from 0 to 23"),
        ("cron(0 8 ? * MOO *)", "day of the week cannot"),
        ("cron(x 8 ? * * *)", "minutes cannot"),
        ("rate(bad)", "a number of minutes, hours or days"),
        ("rate(0 days)", "a number of minutes, hours or days"),
        ("at(tomorrow)", "yyyy-mm-dd"),
        ("at(2030-02-31T08:00:00)", "yyyy-mm-dd"),
    ],
)
def test_what_aws_refuses_is_refused_in_words(schedule: str, words: str) -> None:
    assert words in trouble(schedule)


def test_a_time_without_a_zone_is_of_utc() -> None:
    assert moment("2030-01-31T08:00:00") == moment("2030-01-31T08:00:00Z")
    assert moment("tomorrow") is None


@pytest.mark.parametrize(
    ("name", "known"),
    [("UTC", True), ("Europe/Berlin", True), ("Mars/North", False), ("../x", False), ("Europe", False)],
)  # fmt: skip
def test_zones_are_those_of_the_database(name: str, known: bool) -> None:
    assert known_zone(name) is known
