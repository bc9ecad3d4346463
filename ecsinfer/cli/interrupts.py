"""Ctrl-C and SIGTERM: both end a run in the same way, and end it once."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from typing import NoReturn

ECHO = 1.0
"""Seconds in which another signal is an echo of the first: a terminal sends Ctrl-C to everybody,
and parents such as uv, npm or make send on what they got. It must not cut short what is told."""


class Interrupts:
    """Turns the signals that ask a run to end into ``KeyboardInterrupt``."""

    def __init__(self) -> None:
        self._last: float | None = None

    @property
    def happened(self) -> bool:
        """Whether there was one."""
        return self._last is not None

    def watch(self) -> None:
        """Take the signals from now on; one that a parent has ignored, as nohup does, stays so."""
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._interrupt)

    def _interrupt(self, *_: object) -> None:
        now = time.monotonic()
        if self._last is None or now - self._last > ECHO:
            self._last = now
            raise KeyboardInterrupt


def leave(code: int) -> NoReturn:
    """End the process now: the threads that still wait for answers are not waited for."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # its reader went away, or it is closed
            stream.flush()
    os._exit(code)
