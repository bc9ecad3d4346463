"""``at``, ``rate`` and ``cron`` expressions: pure, from one point in time to the next."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_EXPRESSION = re.compile(r"(?P<kind>at|rate|cron)\((?P<body>.+)\)")
_RATE = re.compile(r"(?P<value>[1-9]\d*) (?P<unit>minute|hour|day)s?")
_UNITS = {"minute": 60, "hour": 3600, "day": 86400}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_LOOK_AHEAD = 366 * 5
"""Days in which a cron expression must match once; a 29th of February always does."""


class Schedule(Protocol):
    """When something happens."""

    def after(self, moment: datetime, anchor: datetime) -> datetime | None:
        """The first time after `moment`; None when there is none. Rates count from `anchor`."""
        ...


def parse(expression: str, timezone: str) -> Schedule:
    """Read a schedule expression.

    Raises:
        ValueError: it is not one that is known.
    """
    found = _EXPRESSION.fullmatch(expression.strip())
    if found is None:
        raise ValueError(f"Invalid schedule expression: {expression}")
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"Invalid timezone: {timezone}") from error
    if found["kind"] == "at":
        return At(datetime.fromisoformat(found["body"]).replace(tzinfo=zone))
    if found["kind"] == "cron":
        return Cron.parse(found["body"].split(), zone)
    rate = _RATE.fullmatch(found["body"])
    if rate is None:
        raise ValueError(f"Invalid schedule expression: {expression}")
    return Rate(timedelta(seconds=int(rate["value"]) * _UNITS[rate["unit"]]))


@dataclass(frozen=True, slots=True)
class At:
    """Once."""

    when: datetime

    def after(self, moment: datetime, anchor: datetime) -> datetime | None:  # noqa: ARG002  Schedule's signature
        """The time, if it is still to come."""
        return self.when.astimezone(UTC) if self.when > moment else None


@dataclass(frozen=True, slots=True)
class Rate:
    """Again and again, counted from the anchor."""

    every: timedelta

    def after(self, moment: datetime, anchor: datetime) -> datetime | None:
        """The next multiple of the period."""
        periods = max(0, (moment - anchor) // self.every) + 1
        return anchor + periods * self.every


@dataclass(frozen=True, slots=True)
class Cron:
    """Six fields: minutes, hours, day of month, month, day of week (1 is Sunday), year."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    years: frozenset[int]
    zone: ZoneInfo

    @classmethod
    def parse(cls, fields: Sequence[str], zone: ZoneInfo) -> Cron:
        """Read the six fields."""
        if len(fields) != 6:
            raise ValueError(f"Invalid cron expression: {' '.join(fields)}")
        return cls(
            _values(fields[0], 0, 59),
            _values(fields[1], 0, 23),
            _values(fields[2], 1, 31),
            _values(fields[3], 1, 12, _MONTHS),
            _values(fields[4], 1, 7, _DAYS),
            _values(fields[5], 1970, 2199),
            zone,
        )

    def after(self, moment: datetime, anchor: datetime) -> datetime | None:  # noqa: ARG002  Schedule's signature
        """The next minute that fits, in the schedule's own zone."""
        local = moment.astimezone(self.zone)
        for offset in range(_LOOK_AHEAD):
            day = local.date() + timedelta(days=offset)
            if not self._on(day):
                continue
            for hour in sorted(self.hours):
                for minute in sorted(self.minutes):
                    due = datetime.combine(day, time(hour, minute), self.zone)
                    if due > local:
                        return due.astimezone(UTC)
        return None

    def _on(self, day: date) -> bool:
        return (
            day.day in self.days
            and day.month in self.months
            and day.year in self.years
            and day.isoweekday() % 7 + 1 in self.weekdays
        )


def _values(text: str, low: int, high: int, names: Sequence[str] = ()) -> frozenset[int]:
    """The numbers that one cron field stands for."""
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        begin = low if first in ("*", "?") else _number(first, names)
        end = _number(last, names) if last else high if step or first in ("*", "?") else begin
        if not low <= begin <= end <= high:
            raise ValueError(f"Invalid cron field: {text}")
        found.update(range(begin, end + 1, int(step or 1)))
    return frozenset(found)


def _number(text: str, names: Sequence[str]) -> int:
    return names.index(text.upper()) + 1 if text.upper() in names else int(text)
