"""The last events of streams, which may lie behind pages that are not full, or empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ecsinfer.model import Answer, Observation, Read

MOST_PAGES = 3
"""Of one stream: GetLogEvents may be asked but 25 times a second in an account."""


def last_events(
    reads: Sequence[Read], first: Sequence[Answer], most: int
) -> Observation[list[list[Mapping[str, Any]]]]:
    """The last events of every stream, the oldest first, at most so many of each.

    Only a token that repeats tells that there is nothing before a page.

    Args:
        reads: GetLogEvents without a token, one for every stream.
        first: their answers.
        most: how many events of a stream are wanted.
    """
    found = [list(answer.get("events", ())) for answer in first]
    asked, told = dict(enumerate(reads)), dict(enumerate(first))
    for _ in range(1, MOST_PAGES):
        asked = {
            number: replace(read, params={**read.params, "nextToken": token})
            for number, read in asked.items()
            if len(found[number]) < most and (token := _before(read, told[number]))
        }
        if not asked:
            break
        told = dict(zip(asked, (yield tuple(asked.values())), strict=True))
        for number, answer in told.items():
            found[number][:0] = answer.get("events", ())
    return [events[-most:] for events in found]


def _before(read: Read, page: Answer) -> str:
    """The token of what is before the page; empty where nothing is, or nothing may be seen."""
    token = str(page.get("nextBackwardToken", ""))
    return "" if token == read.params.get("nextToken") else token
