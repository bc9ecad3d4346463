"""JSON text to a tree in which every value knows its line."""

from __future__ import annotations

import bisect
import json
import re
from dataclasses import replace
from pathlib import Path as FilePath

from ecsinfer.errors import SpecError
from ecsinfer.spec.reading import DEEPEST
from ecsinfer.spec.tree import Mark, Node

_BETWEEN = re.compile(r"[\s,:]*")


def read_json(path: FilePath) -> Node:
    """The document in a file.

    Raises:
        SpecError: it cannot be read, or is no JSON.
    """
    mark = Mark(str(path))
    try:
        text = path.read_bytes().decode("utf-8-sig")
        json.loads(text, parse_constant=_refuse)
        return _Reader(mark.file, text).node(_after(text, 0), 0)[0]
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        problem = Node(None, mark).problem(f"cannot read the file: {reason}")
    except json.JSONDecodeError as error:
        at = Mark(mark.file, error.lineno, error.colno)
        problem = Node(None, at).problem(f"this is not JSON: {error.msg.lower()}")
    except (ValueError, RecursionError):
        problem = Node(None, mark).problem("this is not JSON")
    raise SpecError((problem,))


def _refuse(constant: str) -> None:
    raise ValueError(f"JSON has no {constant}")


def _after(text: str, at: int) -> int:
    match = _BETWEEN.match(text, at)
    return match.end() if match else at


class _Reader:
    """Walks along a text that is known to be JSON; Python's own reader tells no places."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._text = text
        self._lines = [match.start() for match in re.finditer("\n", text)]
        self._scalar = json.JSONDecoder().raw_decode

    def node(self, at: int, depth: int) -> tuple[Node, int]:
        """The value that begins there, and where it ends."""
        if depth > DEEPEST:
            raise RecursionError
        mark = self._mark(at)
        if self._text[at] == "{":
            return self._mapping(at + 1, mark, depth)
        if self._text[at] == "[":
            return self._sequence(at + 1, mark, depth)
        value, end = self._scalar(self._text, at)
        return Node(value, mark), end

    def _mapping(self, at: int, mark: Mark, depth: int) -> tuple[Node, int]:
        entries: dict[str, Node] = {}
        at = _after(self._text, at)
        while self._text[at] != "}":
            key, end = self._scalar(self._text, at)
            value, end = self.node(_after(self._text, end), depth + 1)
            entries[key] = replace(value, mark=self._mark(at))
            at = _after(self._text, end)
        return Node(entries, mark), at + 1

    def _sequence(self, at: int, mark: Mark, depth: int) -> tuple[Node, int]:
        items = []
        at = _after(self._text, at)
        while self._text[at] != "]":
            item, end = self.node(at, depth + 1)
            items.append(item)
            at = _after(self._text, end)
        return Node(tuple(items), mark), at + 1

    def _mark(self, at: int) -> Mark:
        line = bisect.bisect_left(self._lines, at)
        return Mark(self._file, line + 1, at - (self._lines[line - 1] if line else -1))
