"""From files to a `Spec`: read, lay over, set, interpolate, fit, check; all problems at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path as FilePath

from ecsinfer.errors import Problem, SpecError
from ecsinfer.spec import raw, rules
from ecsinfer.spec.interpolation import Lookup, interpolate
from ecsinfer.spec.models import Spec
from ecsinfer.spec.overlay import assign, merge, overlay_path
from ecsinfer.spec.reading import read
from ecsinfer.spec.shape import Shaped, problem_order, shape
from ecsinfer.spec.task_definition_file import files, include
from ecsinfer.spec.tree import Node, related


def load(
    path: FilePath | str,
    *,
    env: str | None = None,
    sets: Iterable[str] = (),
    lookup: Lookup | None = None,
) -> Spec:
    """The spec in a file.

    Args:
        path: the file.
        env: the environment whose overlay, ``NAME.env.yaml`` beside ``NAME.yaml``, is laid over it.
        sets: single values, such as ``services.llm.image=...``, laid over both.
        lookup: who answers interpolations. Without it, as with `Offline`, those that need AWS
            stay as they are written, and everything else is checked all the same.

    Raises:
        SpecError: with every problem of the step that failed, each with its file and line.
    """
    path = FilePath(path)
    root = read(path)
    if env:
        root = merge(root, _mapping(read(overlay_path(path, env))))
    answered = interpolate(assign(_mapping(root), sets), lookup)
    included = include(answered.root, path.parent, answered.touched)
    before = (*answered.touched, *included.touched)
    checked = raw.check(included.root, before, files(answered.root))
    shaped = shape(checked.root, (*before, *checked.touched))
    problems = [
        *answered.problems,
        *included.problems,
        *checked.problems,
        *shaped.problems,
        *_checked(included.root, shaped),
    ]
    if problems or shaped.spec is None:
        raise SpecError(tuple(sorted(problems, key=problem_order)))
    return shaped.spec


def _mapping(root: Node) -> Node:
    """The root of a document: a mapping, or nothing at all, which is an empty one.

    Raises:
        SpecError: it is something else.
    """
    if root.value is None:
        return Node({}, root.mark)
    if not isinstance(root.value, dict):
        raise SpecError((root.problem("a spec is a mapping", hint="name: my-application"),))
    return root


def _checked(root: Node, shaped: Shaped) -> Iterator[Problem]:
    """What the rules find, but for what only follows from keys that did not fit."""
    if shaped.spec is None:
        return
    for finding in rules.findings(shaped.spec):
        about = (finding.path, *finding.because)
        if not any(related(touched, path) for touched in shaped.touched for path in about):
            yield root.find(finding.path).problem(finding.text, finding.path, finding.hint)
