"""The deployment circuit breaker: after how many failed tasks a deployment is given up (D18)."""

from __future__ import annotations

from typing import Literal, TypeAlias

ThresholdType: TypeAlias = Literal["COUNT", "BOUNDED_PERCENT", "UNBOUNDED_PERCENT"]

LEAST = 3
MOST = 200
DEFAULT_TYPE: ThresholdType = "BOUNDED_PERCENT"
DEFAULT_VALUE = 50


def threshold(desired: int, kind: ThresholdType = DEFAULT_TYPE, value: int = DEFAULT_VALUE) -> int:
    """The number of failed tasks that trips the breaker.

    Args:
        desired: the service's latest desired count.
        kind: COUNT takes `value` itself, the percentages take that part of `desired`, rounded
            up; BOUNDED_PERCENT stays within 3 and 200.
        value: tasks or percent.
    """
    if kind == "COUNT":
        return max(1, value)
    share = -(-desired * value // 100)
    if kind == "UNBOUNDED_PERCENT":
        return max(1, share)
    return min(MOST, max(LEAST, share))
