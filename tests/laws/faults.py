"""What befalls calls, by the name that the laws give it."""

from __future__ import annotations

from collections.abc import Callable

from ecsinfer.sandbox.scenario import Fault

_MAKE: dict[str, Callable[[str, int], Fault]] = {
    "lost": lambda operation, nth: Fault(operation, nth=nth, kind="lost"),
    "throttled": lambda operation, nth: Fault(operation, nth=nth),
    "500": lambda operation, nth: Fault(operation, nth=nth, code="ServerException", status=500),
}
KINDS = tuple(_MAKE)


def fault(kind: str, operation: str, nth: int) -> Fault:
    """The fault of that kind at the nth call of an operation."""
    return _MAKE[kind](operation, nth)
