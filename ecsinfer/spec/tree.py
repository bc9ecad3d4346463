"""A YAML document as a tree in which every value knows where it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

from ecsinfer.errors import Problem

Scalar: TypeAlias = str | int | float | bool | None
Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; lines and columns count from 1."""

    file: str
    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Node:
    """A value and its place; that of a mapping's entry is where its key is.

    Attributes:
        value: a scalar, a mapping of nodes, or a tuple of nodes.
        mark: where it was written.
        plain: a scalar written without quotes, so that ``8000`` is a number.
    """

    value: Scalar | Mapping[str, Node] | tuple[Node, ...]
    mark: Mark
    plain: bool = False

    @property
    def entries(self) -> Mapping[str, Node]:
        """The entries of a mapping; none for other values."""
        return self.value if isinstance(self.value, Mapping) else {}

    @property
    def children(self) -> Iterator[tuple[str | int, Node]]:
        """The entries of a mapping by key, the items of a sequence by index."""
        if isinstance(self.value, tuple):
            yield from enumerate(self.value)
        yield from self.entries.items()

    def find(self, path: Path) -> Node:
        """What is at the path, or the last thing on the way there."""
        node = self
        for step in path:
            node = dict(node.children).get(step) or node
        return node

    def problem(self, text: str, path: Path = (), hint: str = "") -> Problem:
        """Something wrong with what is at this node; what an option said has no lines."""
        in_file = not self.mark.file.startswith("--")
        return Problem(
            text,
            path=dotted(path),
            file=self.mark.file,
            line=self.mark.line if in_file else 0,
            column=self.mark.column if in_file else 0,
            hint=hint,
        )


class Stage(NamedTuple):
    """What a step of loading made of a tree.

    Attributes:
        root: the tree.
        problems: what is wrong.
        touched: where; what later steps find there may be only a consequence.
    """

    root: Node
    problems: tuple[Problem, ...] = ()
    touched: tuple[Path, ...] = ()


_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")


def resolve(text: str) -> Scalar:
    """What an unquoted scalar means.

    Less than in YAML is more than text, so that nothing is lost: a number is one only if it is
    written as it would be printed (``1.10`` and the account id ``012345678901`` are text), and
    only ``true`` and ``false`` are booleans (``yes``, ``no``, ``on`` and ``off`` are text, as in
    YAML 1.2). Fields that want a number or a switch understand the texts, too.
    """
    if text in _NULLS:
        return None
    if text in {"true", "false"}:
        return text == "true"
    if _INTEGER.fullmatch(text) and text != "-0":
        return int(text)
    if _FLOAT.fullmatch(text) and repr(float(text)) == text:
        return float(text)
    return text


def plain(node: Node) -> Any:
    """The bare value."""
    if isinstance(node.value, tuple):
        return [plain(item) for item in node.value]
    if isinstance(node.value, Mapping):
        return {key: plain(item) for key, item in node.value.items()}
    return node.value


def kind_of(value: Any) -> str:
    """What a value is, in words; its own are never repeated: they may be secret."""
    for kinds, name in (
        (type(None), "nothing"),
        (bool, "true or false"),
        (int | float, "a number"),
        (str, "text"),
        (Mapping, "a mapping"),
        (list | tuple, "a list"),
    ):
        if isinstance(value, kinds):
            return name
    return "something else"


def placed(node: Node, path: Path, content: Node) -> Node:
    """The tree with something else at the path."""
    if not path:
        return content
    first, rest = path[0], path[1:]
    if isinstance(node.value, tuple):
        items = (placed(each, rest, content) if at == first else each for at, each in node.children)
        return replace(node, value=tuple(items))
    entries = {
        key: placed(each, rest, content) if key == first else each
        for key, each in node.entries.items()
    }
    return replace(node, value=entries)


def without(node: Node, path: Path) -> Node:
    """The tree without what is at the path."""
    first, *rest = path
    if isinstance(node.value, tuple):
        items = [
            without(item, tuple(rest)) if index == first else item
            for index, item in enumerate(node.value)
            if rest or index != first
        ]
        return replace(node, value=tuple(items))
    entries = {key: item for key, item in node.entries.items() if rest or key != first}
    if rest and first in entries:
        entries[str(first)] = without(entries[str(first)], tuple(rest))
    return replace(node, value=entries)


def dotted(path: Path) -> str:
    """``services.llm.ports[0]``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


def related(one: Path, other: Path) -> bool:
    """Whether one path leads to, or is, the other."""
    short = min(len(one), len(other))
    return one[:short] == other[:short]
