"""Times of scheduled actions, in the forms that Application Auto Scaling takes (E6)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_EXPRESSION = re.compile(r"(?P<kind>cron|rate|at)\((?P<body>.+)\)")
_RATE = re.compile(r"[1-9]\d* (minute|hour|day)s?")
_MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
_DAYS = "SUN|MON|TUE|WED|THU|FRI|SAT"
_FIELDS = (
    ("minutes", r"\d+|\*", 0, 59),
    ("hours", r"\d+|\*", 0, 23),
    ("day of the month", r"\d+W?|\*|\?|LW?", 1, 31),
    ("month", rf"\d+|\*|{_MONTHS}", 1, 12),
    ("day of the week", rf"(?:\d+|{_DAYS})(?:L|#[1-5])?|\*|\?|L", 1, 7),
    ("year", r"\d+|\*", 1970, 2199),
)
"""Name, what a part of it looks like, the least and the most."""


def trouble(schedule: str) -> str:
    """What is wrong with a schedule expression; nothing if nothing is."""
    found = _EXPRESSION.fullmatch(schedule.strip())
    if found is None:
        return "this is no schedule"
    body = found["body"]
    if found["kind"] == "rate":
        return "" if _RATE.fullmatch(body) else "a rate is a number of minutes, hours or days"
    if found["kind"] == "at":
        return "" if _is_moment(body) else "the time is written as yyyy-mm-ddThh:mm:ss"
    return _cron_trouble(body.split())


def moment(text: str) -> datetime | None:
    """The time of an ISO 8601 text, in UTC where it names no zone; None if it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def known_zone(name: str) -> bool:
    """Whether there is a time zone of that name; any is taken where this machine knows none."""
    # Only a spec with scheduled actions needs it.
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones  # noqa: PLC0415

    try:
        return bool(ZoneInfo(name).key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return not available_timezones()


def _is_moment(text: str) -> bool:
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", text)) and moment(text) is not None


def _cron_trouble(fields: list[str]) -> str:
    if len(fields) != len(_FIELDS):
        names = ", ".join(name for name, *_ in _FIELDS)
        return f"cron has six fields: {names}"
    for field, (name, form, least, most) in zip(fields, _FIELDS, strict=True):
        part = rf"(?:{form})(?:-(?:{form}))?(?:/\d+)?"
        if not re.fullmatch(rf"{part}(?:,{part})*", field, re.IGNORECASE):
            return f"its {name} cannot be read"
        numbers = map(int, re.findall(r"\d+", re.sub(r"[/#]\d+", "", field)))
        if any(not least <= number <= most for number in numbers):
            return f"its {name} go from {least} to {most}"
    return ""
