"""Durations, sizes and CPU amounts as people write them, and back.

Sizes are binary whatever their letters: ECS itself reads ``2 GB`` as 2048 MiB (C10).
"""

from __future__ import annotations

import re

_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_MEBIBYTES = {"m": 1, "g": 1024, "t": 1024 * 1024}
_CPU_UNITS = 1024

_DURATION = re.compile(r"(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?")
_SIZE = re.compile(r"(\d{1,9}(?:\.\d{1,3})?|\.\d{1,3})\s*([mgt])(?:i?b)?", re.IGNORECASE)
_VCPU = re.compile(r"(\d{1,6}(?:\.\d{1,4})?|\.\d{1,4})\s*vcpus?", re.IGNORECASE)
_INTEGER = re.compile(r"\d{1,12}")


def parse_duration(value: object) -> int:
    """Seconds of ``90``, ``90s``, ``5m`` or ``1h30m``.

    Raises:
        ValueError: it is no duration.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    text = str(value).strip()
    if isinstance(value, str) and _INTEGER.fullmatch(text):
        return int(text)
    match = _DURATION.fullmatch(text) if isinstance(value, str) else None
    if match is None or not text:
        raise ValueError("a duration is written as seconds, or like 90s, 5m or 1h30m")
    amounts = (int(amount or 0) for amount in match.groups())
    return sum(amount * unit for amount, unit in zip(amounts, _SECONDS.values(), strict=True))


def format_duration(seconds: int) -> str:
    """The shortest text that `parse_duration` reads as that many seconds."""
    if not seconds:
        return "0s"
    parts = []
    for letter, unit in _SECONDS.items():
        amount, seconds = divmod(seconds, unit)
        if amount:
            parts.append(f"{amount}{letter}")
    return "".join(parts)


def parse_mebibytes(value: object) -> int:
    """MiB of ``512``, ``512 MiB``, ``14 GB`` or ``1.5 GiB``.

    Raises:
        ValueError: it is no size, or no whole number of MiB.
    """
    return _size(value, 1, "MiB")


def parse_gibibytes(value: object) -> int:
    """GiB of ``100``, ``100 GiB`` or ``1 TB``.

    Raises:
        ValueError: it is no size, or no whole number of GiB.
    """
    return _size(value, 1024, "GiB")


def _size(value: object, unit: int, name: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
            return int(value)
        raise ValueError(f"a size is written as a number of {name}, or like 512 MiB or 14 GiB")
    amount = float(match[1]) * _MEBIBYTES[match[2].lower()] / unit
    if not amount.is_integer():
        raise ValueError(f"the size is no whole number of {name}")
    return int(amount)


def format_mebibytes(mebibytes: int) -> str:
    """The text that `parse_mebibytes` reads as that many MiB."""
    if mebibytes and mebibytes % 1024 == 0:
        return f"{mebibytes // 1024} GiB"
    return f"{mebibytes} MiB"


def parse_cpu(value: object) -> int:
    """CPU units of ``1024`` or ``1 vCPU``; 1024 units are one vCPU.

    A bare fraction is refused: beside ``cpu: 1``, which is one unit, ``cpu: 0.5`` would mislead.

    Raises:
        ValueError: it is no amount of CPU.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    text = value.strip() if isinstance(value, str) else ""
    if _INTEGER.fullmatch(text):
        return int(text)
    match = _VCPU.fullmatch(text)
    if match is None:
        raise ValueError("CPU is written in units (1024 are one vCPU), or like 0.5 vCPU")
    return round(float(match[1]) * _CPU_UNITS)
