"""Numbers over time as one word."""

from __future__ import annotations

from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
PLAIN = "_.-:=+*#"
"""For terminals that do not speak Unicode."""


def sparkline(values: Sequence[float], signs: str = BLOCKS) -> str:
    """One sign for each value, from zero (or the least, when negative) to the greatest."""
    low, high = min(0.0, *values), max(values)
    span = high - low
    if span <= 0:
        return signs[0] * len(values)
    return "".join(signs[round((value - low) / span * (len(signs) - 1))] for value in values)


def number(value: float) -> str:
    """Three digits at most where they say enough: ``0.034``, ``4.2``, ``87``, ``12k``."""
    if value >= 10_000:
        return f"{value / 1000:.0f}k"
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"
