"""An existing task definition: the file's content in the place of its name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from ecsinfer.errors import Problem, SpecError
from ecsinfer.spec.interpolation import unresolved
from ecsinfer.spec.reading import read
from ecsinfer.spec.tree import Mark, Node, Path, Stage, dotted, grow, plain

_OUTPUT_ONLY = frozenset(
    {
        "taskDefinitionArn",
        "revision",
        "status",
        "requiresAttributes",
        "compatibilities",
        "registeredAt",
        "registeredBy",
        "deregisteredAt",
        "deleteRequestedAt",
    }
)
"""What DescribeTaskDefinition says and RegisterTaskDefinition does not take (C10)."""


def include(root: Node, folder: FilePath, before: tuple[Path, ...] = ()) -> Stage:
    """Read in the files that ``task_definition`` names.

    A file holds the API form, as JSON or YAML, or the output of ``aws ecs
    describe-task-definition``; of that the read-only fields are left out. It is not interpolated.

    Args:
        root: the spec's tree.
        folder: what names of files are relative to.
        before: where something is wrong already.
    """
    problems: list[Problem] = []
    touched: list[Path] = []
    services = root.entries.get("services")
    for key, service in services.entries.items() if services else ():
        named = service.entries.get("task_definition")
        if named is None or not isinstance(named.value, str | Mapping):
            continue
        path = ("services", key, "task_definition")
        content = Node({}, named.mark)
        if path not in before:
            try:
                content = _content(named, folder)
            except SpecError as error:
                problems += (_at(problem, named, path) for problem in error.problems)
                touched.append(path)
        root = _with(root, path, content)
    return Stage(root, tuple(problems), tuple(touched))


def _with(node: Node, path: tuple[str, ...], content: Node) -> Node:
    if not path:
        return content
    inner = _with(node.entries[path[0]], path[1:], content)
    return replace(node, value={**node.entries, path[0]: inner})


def _content(named: Node, folder: FilePath) -> Node:
    if not isinstance(named.value, str):
        return grow(_api_form(plain(named)), named.mark)
    if unresolved(named.value):
        raise SpecError((named.problem("the name of a file must be known without asking AWS"),))
    path = folder / named.value
    mark = Mark(str(path))
    value = plain(read(path)) if path.suffix != ".json" else _json(path, mark)
    if not isinstance(value, Mapping):
        raise SpecError((Node(None, mark).problem("a task definition is a mapping"),))
    return grow(_api_form(value), mark)


def _json(path: FilePath, mark: Mark) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        problem = Node(None, mark).problem(f"cannot read the file: {reason}")
    except json.JSONDecodeError as error:
        at = Mark(mark.file, error.lineno, error.colno)
        problem = Node(None, at).problem(f"this is not JSON: {error.msg.lower()}")
    except (UnicodeError, RecursionError):
        problem = Node(None, mark).problem("this is not JSON")
    raise SpecError((problem,))


def _at(problem: Problem, named: Node, path: Path) -> Problem:
    """The problem with the path of the key that named the file."""
    if problem.text.startswith("cannot read"):
        # Where the name is written is what must be corrected.
        text = f"{problem.text} ({problem.file})"
        return named.problem(text, path, "the name is relative to the spec's folder")
    problem.path = problem.path or dotted(path)
    return problem


def _api_form(value: Mapping[str, Any]) -> dict[str, Any]:
    described = value.get("taskDefinition")
    if isinstance(described, Mapping):
        tags = {"tags": value["tags"]} if value.get("tags") else {}
        value = {**described, **tags}
    return {key: item for key, item in value.items() if key not in _OUTPUT_ONLY}
