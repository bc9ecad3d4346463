"""Many reads as few calls: equal ones once, mergeable ones together, answers back to the askers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ecsinfer.model import Answer, Read


@dataclass(frozen=True, slots=True)
class Questions:
    """What is really asked, and whose answers they are.

    Attributes:
        reads: the merged reads.
        routes: for every original read, the indices of the merged ones that answer it.
    """

    reads: tuple[Read, ...]
    routes: tuple[tuple[int, ...], ...]

    def answers(self, answers: Sequence[Answer]) -> list[Answer]:
        """One answer for every original read, from one for every merged read."""
        return [combine([answers[index] for index in route]) for route in self.routes]


def merge(reads: Sequence[Read]) -> Questions:
    """Ask equal reads once, and reads that differ in their batch alone together."""
    groups: dict[str, list[Read]] = {}
    for read in reads:
        groups.setdefault(_likeness(read), []).append(read)
    merged: list[Read] = []
    found: dict[str, dict[str, int]] = {}  # likeness -> entry of the batch -> index in `merged`
    for likeness, members in groups.items():
        found[likeness] = {}
        for question in _chunks(members):
            for entry in _entries(question) or [""]:
                found[likeness][entry] = len(merged)
            merged.append(question)
    routes = tuple(_route(read, found[_likeness(read)]) for read in reads)
    return Questions(tuple(merged), routes)


def combine(answers: Sequence[Answer]) -> Answer:
    """Several answers of one operation as one: lists are joined, the rest is the first's."""
    if len(answers) == 1:
        return answers[0]
    joined: dict[str, Any] = {}
    for answer in answers:
        for member, value in answer.items():
            if isinstance(value, list) and member in joined:
                joined[member] = [*joined[member], *value]
            else:
                joined.setdefault(member, value)
    return joined


def singles(read: Read) -> Iterator[Read]:
    """A merged read as one read for every entry of its batch."""
    for entry in _entries(read):
        yield _with_entries(read, [entry])


def _likeness(read: Read) -> str:
    """Equal for reads that can be one call."""
    params: Mapping[str, Any] = read.params
    if _entries(read):
        params = {key: value for key, value in params.items() if key != read.batch}
    shape = (read.service, read.operation, read.batch, read.limit, read.items)
    return json.dumps([*shape, read.absent_on, read.optional, params], sort_keys=True, default=str)


def _entries(read: Read) -> list[str]:
    return list(read.params.get(read.batch, ())) if read.batch else []


def _with_entries(read: Read, entries: Iterable[str]) -> Read:
    return replace(read, params={**read.params, read.batch: list(entries)})


def _chunks(members: Sequence[Read]) -> Iterator[Read]:
    first = members[0]
    entries = list(dict.fromkeys(entry for member in members for entry in _entries(member)))
    if not entries:
        yield first
    size = first.limit or len(entries) or 1
    for start in range(0, len(entries), size):
        yield _with_entries(first, entries[start : start + size])


def _route(read: Read, found: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(found[entry] for entry in _entries(read) or [""]))
