"""The order of nodes: who comes before whom, when making and when removing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ecsinfer.errors import EcsInferError
from ecsinfer.model import Node

AnyNode = Node[Any, Any]


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in the order of execution, and what each of them has before it.

    Attributes:
        nodes: by key, in order.
        ready: key -> keys that must be ready (or gone, when removing) before it is touched.
        earlier: key -> keys whose calls come first; those in `ready` among them.
    """

    nodes: Mapping[str, AnyNode]
    ready: Mapping[str, frozenset[str]]
    earlier: Mapping[str, frozenset[str]]

    def waits_for(self, key: str) -> frozenset[str]:
        """All that must be ready before the node is touched, however far away."""
        found: set[str] = set()
        ahead = list(self.ready[key])
        while ahead:
            each = ahead.pop()
            if each not in found:
                found.add(each)
                ahead.extend(self.ready[each])
        return frozenset(found)


def deploy_graph(nodes: Sequence[AnyNode]) -> Graph:
    """What is needed comes first; then what is unwanted goes, in the order of a destroy.

    Raises:
        EcsInferError: a node needs one that is not there, or needs itself.
    """
    wanted = _forward([node for node in nodes if not node.unwanted])
    leaving = _backward(_among([node for node in nodes if node.unwanted]))
    # Nothing that serves is taken away before what takes its place is there.
    first = frozenset(wanted.nodes)
    return Graph(
        {**wanted.nodes, **leaving.nodes},
        {**wanted.ready, **{key: each | first for key, each in leaving.ready.items()}},
        {**wanted.earlier, **{key: each | first for key, each in leaving.earlier.items()}},
    )


def destroy_graph(nodes: Sequence[AnyNode]) -> Graph:
    """The reverse: what needs others goes before them."""
    return _backward(nodes)


def _among(nodes: Sequence[AnyNode]) -> list[AnyNode]:
    """The nodes without their edges to others."""
    keys = {node.key for node in nodes}
    return [
        replace(
            node,
            needs=tuple(key for key in node.needs if key in keys),
            after=tuple(key for key in node.after if key in keys),
        )
        for node in nodes
    ]


def _forward(nodes: Sequence[AnyNode]) -> Graph:
    """What is needed comes first; what is not ordered by need keeps the given order."""
    given = {node.key: node for node in nodes}
    ready = {node.key: frozenset(node.needs) for node in nodes}
    earlier = {node.key: frozenset((*node.needs, *node.after)) for node in nodes}
    order = _sorted(earlier)
    return Graph({key: given[key] for key in order}, ready, earlier)


def _backward(nodes: Sequence[AnyNode]) -> Graph:
    forward = _forward(nodes)
    order = reversed(list(forward.nodes))
    return Graph(
        {key: forward.nodes[key] for key in order},
        _reversed(forward.ready),
        _reversed(forward.earlier),
    )


def _reversed(edges: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    behind: dict[str, set[str]] = {key: set() for key in edges}
    for key, before in edges.items():
        for each in before:
            behind[each].add(key)
    return {key: frozenset(each) for key, each in behind.items()}


def _sorted(before: Mapping[str, Iterable[str]]) -> list[str]:
    order: dict[str, None] = {}
    left = dict(before)
    while left:
        free = next((key for key in left if all(each in order for each in left[key])), None)
        if free is None:
            stuck = ", ".join(left)
            raise EcsInferError(f"these nodes need each other, or one that is not there: {stuck}")
        order[free] = None
        del left[free]
    return list(order)
