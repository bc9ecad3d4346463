"""Driving observations in step: all reads of a round go out together."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from ecsinfer.model import Answer, Observation, Read, Reader


def observe(reader: Reader, asked: Mapping[str, Observation[Any]]) -> dict[str, Any]:
    """What every observation saw, by the key it was asked under.

    The observations advance in rounds: the reads of one round of all of them are one `gather`, so
    the number of round trips is that of the longest observation, not their sum.
    """
    seen: dict[str, Any] = {}
    waiting = dict(asked)
    replies: dict[str, tuple[Answer, ...] | None] = dict.fromkeys(asked)
    while waiting:
        reads: dict[str, tuple[Read, ...]] = {}
        for key, observation in waiting.items():
            try:
                # The first send starts the generator, and must be of None.
                reads[key] = observation.send(replies[key])  # type: ignore[arg-type]
            except StopIteration as end:
                seen[key] = end.value
        answers = iter(reader.gather([read for group in reads.values() for read in group]))
        replies = {key: tuple(islice(answers, len(group))) for key, group in reads.items()}
        waiting = {key: waiting[key] for key in reads}
    return seen
