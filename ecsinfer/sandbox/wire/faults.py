"""What befalls single calls: refused, cut off before they arrive, or applied and their answer lost.

Every HTTP attempt counts as a call, so faults sit below a client's own retries.
"""

from __future__ import annotations

from collections.abc import Iterable

from ecsinfer.sandbox.scenario import Fault


class ConnectionCutError(Exception):
    """The client gets no answer.

    Attributes:
        applied: whether the request had been carried out.
    """

    def __init__(self, *, applied: bool) -> None:
        super().__init__("applied, and the answer lost" if applied else "cut before it arrived")
        self.applied = applied


class Faults:
    """The faults in force; each counts the calls it matches from the moment it was added."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._armed: list[_Armed] = []
        self.add(*faults)

    def add(self, *faults: Fault) -> None:
        """Put faults in force."""
        self._armed.extend(_Armed(fault) for fault in faults)

    def clear(self) -> None:
        """No more faults."""
        self._armed.clear()

    @property
    def in_force(self) -> tuple[Fault, ...]:
        """The faults, in the order in which they were added."""
        return tuple(armed.fault for armed in self._armed)

    def due(self, service: str, operation: str) -> Fault | None:
        """Count a call, and return the first fault that befalls it."""
        found = None
        for armed in self._armed:
            if armed.strikes(service, operation) and found is None:
                found = armed.fault
        return found


class _Armed:
    """A fault and how many calls it has matched."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self._matched = 0

    def strikes(self, service: str, operation: str) -> bool:
        """Count a call if the fault is about it; whether it is the one."""
        fault = self.fault
        if fault.operation not in {"*", operation} or fault.service not in {"", service}:
            return False
        self._matched += 1
        return fault.nth in {0, self._matched}
