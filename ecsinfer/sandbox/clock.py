"""The embedded AWS's own time: a queue of things that will happen.

Nothing happens between two events, so an hour costs as many steps as it has events, and two runs
with the same calls are identical. A server drives the same queue by wall time (`server.py`).
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

EPOCH = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class Timer:
    """A thing that will happen, unless it is cancelled."""

    __slots__ = ("_action", "cancelled", "due")

    def __init__(self, due: datetime, action: Callable[[], None]) -> None:
        self.due = due
        self.cancelled = False
        self._action = action

    def cancel(self) -> None:
        """It will not happen."""
        self.cancelled = True

    def fire(self) -> None:
        """It happens now."""
        if not self.cancelled:
            self._action()


class VirtualClock:
    """A discrete-event clock; also what ecsinfer's executor sleeps on in tests.

    `sleep` advances the time and runs everything due on the way, in order of time and, at the
    same time, in order of scheduling. Whatever happens, happens under the `lock`.
    """

    def __init__(self, start: datetime = EPOCH, lock: threading.RLock | None = None) -> None:
        self._now = start
        self._lock = lock or threading.RLock()
        self._queue: list[tuple[datetime, int, Timer]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        """The simulated time, with a zone."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let `seconds` of simulated time pass."""
        with self._lock:
            self.advance_to(self._now + timedelta(seconds=seconds))

    def after(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Have `action` happen `seconds` from now."""
        with self._lock:
            timer = Timer(self._now + timedelta(seconds=max(0.0, seconds)), action)
            heapq.heappush(self._queue, (timer.due, next(self._order), timer))
        return timer

    def every(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Have `action` happen every `seconds` from now on, until the timer is cancelled."""
        ticker = Timer(self._now, action)

        def tick() -> None:
            if not ticker.cancelled:
                action()
                self.after(seconds, tick)

        self.after(seconds, tick)
        return ticker

    def advance_to(self, moment: datetime) -> None:
        """Run everything due up to `moment`, then stand there; never goes back."""
        with self._lock:
            while self._queue and self._queue[0][0] <= moment:
                due, _, timer = heapq.heappop(self._queue)
                self._now = max(self._now, due)
                timer.fire()
            self._now = max(self._now, moment)
