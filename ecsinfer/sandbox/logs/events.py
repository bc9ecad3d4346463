"""Putting and searching log events, where moto has the wrong time or does not know a parameter."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from ecsinfer.sandbox.errors import ServiceError, invalid_parameter
from ecsinfer.sandbox.logs.keeping import milliseconds, put
from ecsinfer.sandbox.registry import (
    LeftToMotoError,
    Request,
    Response,
    Upstream,
    correction,
)
from ecsinfer.sandbox.state import World

MOST_EVENTS = 10_000
MOST_BYTES = 1_000_000
"""Of the messages on one page, which AWS limits to 1 MB."""

OLDEST = timedelta(days=14)
NEWEST = timedelta(hours=2)


@correction("logs", "PutLogEvents")
def put_log_events(world: World, request: Request, upstream: Upstream) -> Response:  # noqa: ARG001  a Corrector's signature
    """Events of the last 14 days and the next 2 hours are taken, by the world's clock."""
    events = request["logEvents"]
    times = [event["timestamp"] for event in events]
    if times != sorted(times):
        raise invalid_parameter(
            "Log events in a single PutLogEvents request must be in chronological order."
        )
    now = world.now()
    oldest, newest = milliseconds(now - OLDEST), milliseconds(now + NEWEST)
    taken = [(each["timestamp"], each["message"]) for each in events]
    taken = [(at, message) for at, message in taken if oldest <= at <= newest]
    with world.backend("logs") as logs:
        stream = _stream(_group(logs, request["logGroupName"]), request["logStreamName"])
        answer: Response = {"nextSequenceToken": put(stream, taken, now)}
    rejected: dict[str, int] = {}
    if times and times[0] < oldest:
        rejected["tooOldLogEventEndIndex"] = sum(at < oldest for at in times)
    if times and times[-1] > newest:
        rejected["tooNewLogEventStartIndex"] = sum(at <= newest for at in times)
    return {**answer, "rejectedLogEventsInfo": rejected} if rejected else answer


@correction("logs", "GetLogEvents")
def get_log_events(world: World, request: Request, upstream: Upstream) -> Response:  # noqa: ARG001  a Corrector's signature
    """A page may be empty with more before it: where the scenario says so, the last one is."""
    asked_for_last = not (request.get("nextToken") or request.get("startFromHead"))
    if not (asked_for_last and world.scenario.log_pages_empty):
        raise LeftToMotoError
    with world.backend("logs") as logs:
        group = _group(logs, request.get("logGroupName") or request["logGroupIdentifier"])
        count = len(_stream(group, request["logStreamName"]).events)
    # moto's tokens: a direction, and the number of the event from which it goes on.
    return {
        "events": [],
        "nextForwardToken": f"f/{count - 1:056d}",
        "nextBackwardToken": f"b/{count:056d}",
    }


@correction("logs", "FilterLogEvents")
def filter_log_events(world: World, request: Request, upstream: Upstream) -> Response:  # noqa: ARG001  a Corrector's signature
    """Events of many streams in order of their time, page by page."""
    names, prefix = request.get("logStreamNames"), request.get("logStreamNamePrefix")
    if names and prefix:
        raise invalid_parameter(
            "logStreamNames and logStreamNamePrefix cannot both be given."  # the wording is a guess
        )
    limit = int(request.get("limit") or MOST_EVENTS)
    if limit > MOST_EVENTS:
        raise invalid_parameter(
            f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy "
            "constraint: Member must have value less than or equal to 10000"
        )
    with world.backend("logs") as logs:
        group = _group(logs, request.get("logGroupName") or request["logGroupIdentifier"])
        chosen = [_stream(group, name) for name in names or group.streams]
        found = sorted(
            _matching([each for each in chosen if _begins(each, prefix)], request),
            key=lambda event: (event["timestamp"], int(event["eventId"])),
            reverse=not request.get("startFromHead", True),
        )
    return _page(found, limit, request.get("nextToken", ""))


def _begins(stream: Any, prefix: str | None) -> bool:
    return str(stream.log_stream_name).startswith(prefix or "")


def _matching(streams: Iterable[Any], request: Request) -> Iterable[dict[str, Any]]:
    pattern = request.get("filterPattern") or ""
    first, last = request.get("startTime"), request.get("endTime")
    for stream in streams:
        yield from stream.filter_log_events(first, last, pattern)


def _page(found: list[dict[str, Any]], limit: int, token: str) -> Response:
    """One page, from behind the event that the token names."""
    begin = 0
    if token:
        begin = 1 + next(
            (at for at, event in enumerate(found) if event["eventId"] == token), len(found)
        )
    page = found[begin : begin + limit]
    sizes = itertools.accumulate(len(event["message"]) for event in page)
    # An event is never larger than a page (256 KB), so a page is never empty for its size.
    page = [event for event, size in zip(page, sizes, strict=True) if size <= MOST_BYTES]
    answer: Response = {"events": page, "searchedLogStreams": []}
    if page and begin + len(page) < len(found):
        answer["nextToken"] = page[-1]["eventId"]
    return answer


def _group(logs: Any, name_or_arn: str) -> Any:
    """The log group, by name or ARN."""
    name = name_or_arn.rpartition(":log-group:")[2].removesuffix(":*")
    if name not in logs.groups:
        raise ServiceError("ResourceNotFoundException", "The specified log group does not exist.")
    return logs.groups[name]


def _stream(group: Any, name: str) -> Any:
    """The log stream of the group."""
    if name not in group.streams:
        raise ServiceError("ResourceNotFoundException", "The specified log stream does not exist.")
    return group.streams[name]
