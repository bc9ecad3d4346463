"""What befalls calls, by the name that the laws give it."""

from __future__ import annotations

from collections.abc import Callable

from ecsinfer.sandbox.scenario import Fault
from ecsinfer.sandbox.wire.faults import Faults

_MAKE: dict[str, Callable[[str, int], Fault]] = {
    "lost": lambda operation, nth: Fault(operation, nth=nth, kind="lost"),
    "throttled": lambda operation, nth: Fault(operation, nth=nth),
    "500": lambda operation, nth: Fault(operation, nth=nth, code="ServerException", status=500),
}
KINDS = tuple(_MAKE)


def fault(kind: str, operation: str, nth: int) -> Fault:
    """The fault of that kind at the nth call of an operation."""
    return _MAKE[kind](operation, nth)


class Once(Faults):
    """The next request meets a fault of that kind, whatever it is.

    Attributes:
        struck: whether there has been one.
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._fault = fault(kind, "*", 0)
        self.struck = False

    def due(self, service: str, operation: str) -> Fault | None:
        found = None if self.struck else self._fault
        self.struck = True
        return found
