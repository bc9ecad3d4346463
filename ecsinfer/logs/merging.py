"""Lines of many streams in one order: over the pages of one look, and from look to look."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from ecsinfer.logs.lines import Line, Source

OVERLAP = timedelta(seconds=30)
"""How far a look reaches back behind the one before: drivers send lines in batches, at least every
5 s, and CloudWatch Logs shows them some seconds later."""


class Merging:
    """Puts pages of several sources, each in order of time, into one order.

    A line is given out when no source can have an older one on a page still to come.
    """

    def __init__(self, sources: Iterable[Source]) -> None:
        self._reached: dict[Source, datetime | None] = dict.fromkeys(sources)
        self._held: list[Line] = []

    def take(self, source: Source, lines: Sequence[Line], *, more: bool) -> None:
        """Take the next page of a source; an empty one need not be the last."""
        self._held += lines
        if not more:
            self._reached.pop(source, None)
        elif lines:
            self._reached[source] = lines[-1].at

    def ready(self) -> list[Line]:
        """The lines that can be given out, once each, the oldest first."""
        reached = [each for each in self._reached.values() if each is not None]
        if len(reached) < len(self._reached):
            return []
        until = min(reached, default=None)
        given = [line for line in self._held if until is None or line.at <= until]
        self._held = [line for line in self._held if until is not None and line.at > until]
        return sorted(given, key=lambda line: line.at)


class Following:
    """Tells which lines are new, and from when on to look again.

    Lines are told apart by AWS's id of the event. Whatever is shown within `OVERLAP` after it was
    written is new exactly once.

    Attributes:
        start: from when on the next look is to read.
    """

    def __init__(self, start: datetime) -> None:
        self.start = start
        self._newest: datetime | None = None
        self._recent: OrderedDict[str, datetime] = OrderedDict()

    def new(self, lines: Iterable[Line], now: datetime) -> list[Line]:
        """Those of the lines that were not there before; `now` is when the look began."""
        fresh = [line for line in lines if line.id not in self._recent]
        for line in fresh:
            self._recent[line.id] = line.at
            self._newest = max(line.at, self._newest or line.at)
        if self._newest is not None:
            # This machine's clock may be wrong in either direction, and so may a container's.
            self.start = max(self.start, min(now, self._newest) - OVERLAP)
        while self._recent and next(iter(self._recent.values())) < self.start:
            self._recent.popitem(last=False)
        return fresh
