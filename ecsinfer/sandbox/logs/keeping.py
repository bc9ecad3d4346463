"""What log drivers write, straight into moto's records: a thousand tasks may do it at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ecsinfer.sandbox.state import World


class Keeping:
    """The world's `LogKeeping`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def exists(self, group: str) -> bool:
        """Whether there is such a log group."""
        with self._world.backend("logs") as logs:
            return group in logs.groups

    def write(self, group: str, stream: str, lines: Sequence[str], *, creates: bool) -> None:
        """Write lines with the present time; the stream is made at the first of them."""
        now = self._world.now()
        with self._world.backend("logs") as logs:
            if creates and group not in logs.groups:
                logs.create_log_group(group, {})
            if group not in logs.groups:
                return  # it was deleted under the container: the driver drops its lines
            streams = logs.groups[group].streams
            if stream not in streams:
                logs.create_log_stream(group, stream)
                streams[stream].creation_time = now.replace(tzinfo=None)
            put(streams[stream], [(milliseconds(now), line) for line in lines], now)


def put(stream: Any, events: Sequence[tuple[int, str]], now: datetime) -> str:
    """Add events to a stream of moto's as taken in now; its next sequence token."""
    before = len(stream.events)
    token = stream.put_log_events([{"timestamp": at, "message": text} for at, text in events])
    # moto has the time of this machine, which is not the world's.
    stream.last_ingestion_time = now.replace(tzinfo=None)
    for event in stream.events[before:]:
        event.ingestion_time = milliseconds(now)
    return str(token)


def milliseconds(moment: datetime) -> int:
    """A moment as CloudWatch Logs has it: milliseconds since 1970."""
    return int(moment.timestamp() * 1000)
