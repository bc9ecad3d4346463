"""Wall time, the one place where ecsinfer really sleeps."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The time of this machine.

    It follows a monotonic clock from its making on, so that a correction of the machine's time
    in the middle of a deployment moves no deadline.

    Args:
        speed: how many of its seconds pass in one second of the machine; the embedded AWS's
            server runs faster than the wall.
        begin: what it shows first; the time of this machine otherwise. What AWS did is as old as
            AWS's own clock says, and the embedded AWS's is ahead of the wall.
    """

    def __init__(self, speed: float = 1.0, begin: datetime | None = None) -> None:
        self._speed = speed
        self._started = begin or datetime.now(UTC)
        self._mark = time.monotonic()

    def now(self) -> datetime:
        """The time, in UTC."""
        passed = (time.monotonic() - self._mark) * self._speed
        return self._started + timedelta(seconds=passed)

    def sleep(self, seconds: float) -> None:
        """Let that many of its seconds pass."""
        time.sleep(max(0.0, seconds) / self._speed)  # noqa: TID251  the rim: everybody else is handed a clock
