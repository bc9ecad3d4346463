"""What is laid over a spec: the file of an environment, and single values of the command line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path as FilePath

from ecsinfer.errors import Problem, SpecError
from ecsinfer.spec.reading import parse
from ecsinfer.spec.tree import Mark, Node

_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_DOT = re.compile(r"(?<!\\)\.")


def merge(base: Node, over: Node) -> Node:
    """`over` laid on `base`: mappings key by key, all else replaced; null takes a key away.

    Every value keeps the place where it was written.
    """
    if not isinstance(over.value, dict):
        return over
    entries = dict(base.entries)
    for key, node in over.value.items():
        if node.value is None:
            entries.pop(key, None)
        else:
            entries[key] = merge(entries.get(key, Node({}, node.mark)), node)
    # An entry's place is where its key was first written, if that is still the same mapping.
    return Node(entries, base.mark if base.entries else over.mark)


def overlay_path(path: FilePath, env: str) -> FilePath:
    """``ecsinfer.prod.yaml`` beside ``ecsinfer.yaml``.

    Raises:
        SpecError: the name is none, or there is no such file.
    """
    if not _ENVIRONMENT.fullmatch(env):
        raise _refusal("--env", "the name of an environment has letters, digits, _ and - only")
    found = path.with_name(f"{path.stem}.{env}{path.suffix}")
    if found.is_file():
        return found
    others = sorted(
        each.name.removeprefix(f"{path.stem}.").removesuffix(path.suffix)
        for each in path.parent.glob(f"{path.stem}.*{path.suffix}")
    )
    hint = f"there are: {', '.join(others)}" if others else f"write {found.name}, or drop --env"
    raise _refusal(f"--env {env}", f"there is no overlay {found}", hint)


def assign(root: Node, sets: Iterable[str]) -> Node:
    r"""The tree with ``services.llm.image=...`` and the like laid over it, in their order.

    Values are YAML, but that an empty one is an empty text; ``null`` takes a key away. A dot that
    belongs to a key is written ``\.``.

    Raises:
        SpecError: an assignment cannot be understood; all such are told.
    """
    problems: list[Problem] = []
    for text in sets:
        try:
            root = merge(root, _branch(root, text))
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(tuple(problems))
    return root


def _branch(root: Node, text: str) -> Node:
    path, equals, value = text.partition("=")
    keys = [key.replace("\\.", ".") for key in _DOT.split(path)]
    if not equals or not all(keys):
        raise _refusal(
            "--set", "an assignment is written KEY.KEY=VALUE", "--set services.llm.replicas=2"
        )
    file = f"--set {path}"
    target: Node | None = root
    for key in keys:
        if target is not None and target.value is not None and not isinstance(target.value, dict):
            raise _refusal(
                file, f"{key} cannot be set, for what would hold it is no mapping", "set it whole"
            )
        target = None if target is None else target.entries.get(key)
    node = parse(value, file) if value else Node("", Mark(file))
    node = replace(node, mark=Mark(file))
    for key in reversed(keys):
        node = Node({key: node}, Mark(file))
    return node


def _refusal(file: str, text: str, hint: str = "") -> SpecError:
    return SpecError((Node(None, Mark(file)).problem(text, hint=hint),))
