"""One sweep asks every question once, whoever asks it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from ecsinfer.model import Answer, Read, Reader


class Remembering:
    """A reader that knows the answers it gave: the facts and the drift share their questions."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: dict[str, Answer] = {}

    def gather(self, reads: Sequence[Read]) -> list[Answer]:
        """Answer all reads; only those that are new are asked."""
        keys = [json.dumps(asdict(read), sort_keys=True, default=str) for read in reads]
        new = {key: read for key, read in zip(keys, reads, strict=True) if key not in self._known}
        answers = self._reader.gather(list(new.values())) if new else []
        self._known.update(zip(new, answers, strict=True))
        return [self._known[key] for key in keys]
