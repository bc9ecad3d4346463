"""What is said beside the lines: where there are none, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ecsinfer.logs.destinations import Destination


def elsewhere(places: Iterable[Destination], region: str, container: str = "") -> Iterator[str]:
    """The containers whose lines cannot be read here, one sentence for each."""
    for place in places:
        if container not in ("", place.container):
            continue
        if not place.driver:
            yield f"container {place.container} has no log driver: what it writes is not kept in AWS"
        elif not place.group:
            yield (
                f"container {place.container} logs by {place.driver}: only what awslogs sends to "
                "CloudWatch Logs can be shown"
            )
        elif place.region not in ("", region):
            yield (
                f"container {place.container} logs to region {place.region}: group {place.group} "
                "there has its lines"
            )


def missing(groups: Iterable[str]) -> Iterator[str]:
    """The log groups that are not there."""
    for group in groups:
        yield f"log group {group} does not exist: deploy makes it, unless `logs.existing` says not to"
