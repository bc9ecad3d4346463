"""YAML text to a tree: strictly, and with a line for whatever is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

import yaml

from ecsinfer.errors import Problem, SpecError
from ecsinfer.spec.tree import Mark, Node, resolve

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TEXT_TAG = "tag:yaml.org,2002:str"
DEEPEST = 50
_LARGEST = 50_000
_NO_CHARACTER = "there is a character that YAML does not allow"
_QUOTED = re.compile(r"(['\"]).{2,}\1")


def read(path: FilePath) -> Node:
    """The document in a file.

    Raises:
        SpecError: it cannot be read, or is no YAML that we take.
    """
    mark = Mark(str(path))
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise _refusal(mark, f"cannot read the file: {reason}") from None
    except UnicodeDecodeError as error:
        raise _refusal(mark, f"the file is no UTF-8 text (byte {error.start})") from None
    return parse(text, str(path))


def parse(text: str, file: str) -> Node:
    """The one document of a YAML text; an empty text is null.

    Raises:
        SpecError: it is no YAML, or YAML that would mislead: duplicate keys, tags, two documents.
    """
    try:
        return _Builder(file, yaml.parse(text, Loader=_LOADER)).document()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _refusal(Mark(file, line), _NO_CHARACTER) from None
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        mark = Mark(file, at.line + 1, at.column + 1) if at else Mark(file)
        # What is quoted in the message is the user's text, and might be secret.
        reason = _QUOTED.sub("...", " ".join(filter(None, (error.context, error.problem))))
        raise _refusal(mark, f"this is not YAML: {reason}") from None
    except UnicodeError:
        raise _refusal(Mark(file), _NO_CHARACTER) from None


def _refusal(mark: Mark, text: str, hint: str = "") -> SpecError:
    return SpecError((Node(None, mark).problem(text, hint=hint),))


class _Builder:
    """Builds the tree from the parser's events; knows anchors, and what they add up to."""

    def __init__(self, file: str, events: Iterator[Any]) -> None:
        self._file = file
        self._events = events
        self._anchors: dict[str, Node] = {}
        self._problems: list[Problem] = []
        self._size = 0

    def document(self) -> Node:
        next(self._events)  # the stream
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return Node(None, Mark(self._file))
        root = self._node(next(self._events), 0)
        next(self._events)  # the document's end
        following = next(self._events)
        if not isinstance(following, yaml.StreamEndEvent):
            self._refuse(following, "a second document begins here; a spec is one document")
        if self._problems:
            raise SpecError(tuple(self._problems))
        return root

    def _node(self, event: Any, depth: int) -> Node:
        if depth > DEEPEST:
            raise _refusal(self._mark(event), f"nested deeper than {DEEPEST} levels")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        self._grow(event, 1)
        if isinstance(event, yaml.ScalarEvent):
            node = self._scalar(event)
        else:
            self._check_tag(event, allowed=())
            mapping = isinstance(event, yaml.MappingStartEvent)
            node = self._mapping(event, depth) if mapping else self._sequence(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _scalar(self, event: Any) -> Node:
        self._check_tag(event, allowed=(_TEXT_TAG,))
        bare = bool(event.implicit[0])
        return Node(resolve(event.value) if bare else event.value, self._mark(event), bare)

    def _sequence(self, start: Any, depth: int) -> Node:
        items = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return Node(tuple(items), self._mark(start))

    def _mapping(self, start: Any, depth: int) -> Node:
        entries: dict[str, Node] = {}
        merged: list[Node] = []
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            value = replace(self._node(next(self._events), depth + 1), mark=key.mark)
            if key.value == "<<" and key.plain:
                merged.append(value)
            elif not isinstance(event, yaml.ScalarEvent) or key.value is None:
                self._refuse(event, "a key must be a plain word")
            elif event.value in entries:
                first = entries[event.value].mark.line
                self._refuse(event, f"the key {event.value} was written in line {first} already")
            else:
                entries[event.value] = value
        for value in merged:
            self._merge(value, entries)
        return Node(entries, self._mark(start))

    def _merge(self, value: Node, entries: dict[str, Node]) -> None:
        """What ``<<`` refers to, below what is written beside it."""
        sources = value.value if isinstance(value.value, tuple) else (value,)
        for source in sources:
            if isinstance(source.value, dict):
                for key, item in source.value.items():
                    entries.setdefault(key, item)
            else:
                self._problems.append(value.problem("<< merges mappings only"))

    def _alias(self, event: Any) -> Node:
        found = self._anchors.get(event.anchor)
        if found is None:
            self._refuse(event, "this alias has no anchor before it, or is inside its own anchor")
            return Node(None, self._mark(event))
        self._grow(event, _count(found))
        return replace(found, mark=self._mark(event))

    def _grow(self, event: Any, by: int) -> None:
        self._size += by
        if self._size > _LARGEST:
            raise _refusal(self._mark(event), f"the document has more than {_LARGEST} values")

    def _check_tag(self, event: Any, allowed: tuple[str, ...]) -> None:
        if event.tag not in (None, "!", *allowed):
            self._refuse(event, "YAML tags are not understood here")

    def _refuse(self, event: Any, text: str) -> None:
        self._problems.append(Node(None, self._mark(event)).problem(text))

    def _mark(self, event: Any) -> Mark:
        return Mark(self._file, event.start_mark.line + 1, event.start_mark.column + 1)


def _count(node: Node) -> int:
    return 1 + sum(_count(child) for _, child in node.children)
