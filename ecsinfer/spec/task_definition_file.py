"""An existing task definition: the file's content in the place of its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path as FilePath

from ecsinfer.errors import Problem, SpecError
from ecsinfer.spec.interpolation import unresolved
from ecsinfer.spec.json_reading import read_json
from ecsinfer.spec.reading import read
from ecsinfer.spec.tree import Node, Path, Stage, dotted, placed

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
    for path, named in _named(root):
        content = Node({}, named.mark)
        if path not in before:
            try:
                content = _content(named, folder)
            except SpecError as error:
                problems += (_at(problem, named, path) for problem in error.problems)
                touched.append(path)
        root = placed(root, path, content)
    return Stage(root, tuple(problems), tuple(touched))


def files(root: Node) -> frozenset[Path]:
    """Where a task definition comes from a file, in a tree that they are not read into yet."""
    return frozenset(path for path, named in _named(root) if isinstance(named.value, str))


def _named(root: Node) -> Iterator[tuple[tuple[str, ...], Node]]:
    services = root.entries.get("services")
    for key, service in services.entries.items() if services else ():
        named = service.entries.get("task_definition")
        if named is not None and isinstance(named.value, str | Mapping):
            yield ("services", key, "task_definition"), named


def _content(named: Node, folder: FilePath) -> Node:
    if not isinstance(named.value, str):
        return _api_form(named)
    if unresolved(named.value):
        raise SpecError((named.problem("the name of a file must be known without asking AWS"),))
    path = folder / named.value
    content = read(path) if path.suffix != ".json" else read_json(path)
    if not isinstance(content.value, Mapping):
        raise SpecError((content.problem("a task definition is a mapping"),))
    return _api_form(content)


def _at(problem: Problem, named: Node, path: Path) -> Problem:
    """The problem with the path of the key that named the file."""
    if problem.text.startswith("cannot read"):
        # Where the name is written is what must be corrected.
        text = f"{problem.text} ({problem.file})"
        return named.problem(text, path, "the name is relative to the spec's folder")
    problem.path = problem.path or dotted(path)
    return problem


def _api_form(content: Node) -> Node:
    entries = content.entries
    described = entries.get("taskDefinition")
    if described is not None and isinstance(described.value, Mapping):
        tags = {"tags": entries["tags"]} if "tags" in entries and entries["tags"].value else {}
        entries = {**described.entries, **tags}
    kept = {key: item for key, item in entries.items() if key not in _OUTPUT_ONLY}
    return replace(content, value=kept)
