"""``${env:X}``, ``${ssm:/path}``, ``${secret:name}`` and ``${cfn:stack.output}`` in values.

Keys are never interpolated, and what an interpolation gives is not interpolated again. ``$${``
is a plain ``${``. What a shell would understand (``${HOME}``, ``${PORT:-80}``) is left alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple, Protocol

from ecsinfer.errors import Problem
from ecsinfer.spec.tree import Node, Path, Stage, resolve


class Lookup(Protocol):
    """Where interpolations find their values; None means that there is no such thing."""

    def env(self, name: str) -> str | None:
        """The value of an environment variable."""
        ...

    def ssm(self, path: str) -> str | None:
        """The value of an SSM parameter."""
        ...

    def secret_arn(self, name: str) -> str | None:
        """The ARN of a secret of Secrets Manager; its value is never asked for."""
        ...

    def stack_output(self, stack: str, output: str) -> str | None:
        """The value of an output of a CloudFormation stack."""
        ...


class Reference(NamedTuple):
    """What one interpolation refers to.

    Attributes:
        kind: ``env``, ``ssm``, ``secret`` or ``cfn``.
        name: of what; for ``cfn`` the stack.
        rest: the default of ``env``, the output of ``cfn``.
    """

    kind: str
    name: str
    rest: str | None = None


class Offline:
    """The lookup that asks AWS nothing: what only AWS knows stays as it is written.

    Attributes:
        references: what it was asked for and did not answer.
    """

    def __init__(self) -> None:
        self.references: list[Reference] = []

    def env(self, name: str) -> str | None:
        """The value of an environment variable of this process."""
        return os.environ.get(name)

    def ssm(self, path: str) -> str:
        """The interpolation of the parameter."""
        return self._left(Reference("ssm", path), path)

    def secret_arn(self, name: str) -> str:
        """The interpolation of the secret."""
        return self._left(Reference("secret", name), name)

    def stack_output(self, stack: str, output: str) -> str:
        """The interpolation of the output."""
        return self._left(Reference("cfn", stack, output), f"{stack}.{output}")

    def _left(self, reference: Reference, body: str) -> str:
        self.references.append(reference)
        return f"${{{reference.kind}:{body}}}"


_FORMS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "env": (
        re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<rest>.*))?", re.DOTALL),
        "${env:NAME} or ${env:NAME:-default}",
    ),
    "ssm": (re.compile(r"(?P<name>[A-Za-z0-9_.\-/]+(?::[A-Za-z0-9_.\-]+)?)"), "${ssm:/path}"),
    "secret": (re.compile(r"(?P<name>[A-Za-z0-9/_+=.@\-]+)"), "${secret:name}"),
    "cfn": (
        re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9-]*)\.(?P<rest>[A-Za-z0-9]+)"),
        "${cfn:stack.output}",
    ),
}
_WHAT = {
    "env": "environment variable {0.name} is not set",
    "ssm": "there is no SSM parameter {0.name}",
    "secret": "there is no secret {0.name} in Secrets Manager",
    "cfn": "there is no stack {0.name} with an output {0.rest}",
}
_HINT = {
    "env": "set it, or write a default: ${{env:{0.name}:-...}}",
    "ssm": "create it, or correct its name, account or region",
    "secret": "create it, or correct its name, account or region",
    "cfn": "correct the name of the stack or the output",
}
_TOKEN = re.compile(
    r"(?P<escape>\$\$\{)"
    r"|\$\{(?P<kind>env|ssm|secret|cfn):(?P<body>[^{}]*)\}"
    r"|(?P<broken>\$\{(?:env|ssm|secret|cfn):.*)"
    r"|\$\{(?P<unknown>[a-z]+):(?![-=?+0-9 ])[^{}]*\}"
    r"|(?P<reserved>\$\{[a-z-]+/[^#}]+#[a-z_]+\})",
    re.DOTALL,
)


def unresolved(text: str) -> bool:
    """Whether the text holds an interpolation that only AWS can answer."""
    return any(match["kind"] for match in _TOKEN.finditer(text))


def interpolate(root: Node, lookup: Lookup | None) -> Stage:
    """Answer all interpolations, each distinct one asked for once.

    Those that are malformed or have no answer are problems, and stay as they are written.

    Args:
        root: the tree.
        lookup: who answers; `Offline` otherwise.
    """
    lookup = Offline() if lookup is None else lookup
    problems: list[Problem] = []
    touched: list[Path] = []
    answers: dict[Reference, str | None] = {}
    for path, node, match in _occurrences(root):
        problem = _unanswered(path, node, match, answers, lookup)
        if problem is not None:
            problems.append(problem)
            touched.append(path)
    replaced = _replaced(root, lambda match: _text(match, answers))
    return Stage(replaced, tuple(problems), tuple(touched))


def _unanswered(
    path: Path,
    node: Node,
    match: re.Match[str],
    answers: dict[Reference, str | None],
    lookup: Lookup,
) -> Problem | None:
    """What is wrong with one interpolation; its answer is added to the others."""
    reference = _parse(match)
    if reference is None:
        return None
    if isinstance(reference, str):
        return node.problem(reference, path, _hint(match))
    if reference not in answers:
        answers[reference] = _answer(reference, lookup)
    if answers[reference] is not None:
        return None
    what, hint = _WHAT[reference.kind], _HINT[reference.kind]
    return node.problem(what.format(reference), path, hint.format(reference))


def _occurrences(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node, re.Match[str]]]:
    if isinstance(node.value, str):
        for match in _TOKEN.finditer(node.value):
            yield path, node, match
    for key, child in node.children:
        yield from _occurrences(child, (*path, key))


def _parse(match: re.Match[str]) -> Reference | str | None:
    """The reference, None for an escape, or what is wrong; the text itself is not repeated."""
    if match["escape"]:
        return None
    if match["unknown"]:
        return f"nothing is known as ${{{match['unknown']}:...}}"
    if match["reserved"]:
        return "text of the form ${kind/name#output} is reserved"
    if match["broken"]:
        return "this interpolation is not closed, or holds another one"
    form, example = _FORMS[match["kind"]]
    parts = form.fullmatch(match["body"])
    if parts is None:
        return f"this interpolation is not of the form {example}"
    return Reference(match["kind"], parts["name"], parts.groupdict().get("rest"))


def _hint(match: re.Match[str]) -> str:
    if match["unknown"]:
        known = ", ".join(f"${{{kind}:...}}" for kind in _FORMS)
        return f"{known}; a plain ${{ is written $${{"
    return "a plain ${ is written $${"


def _answer(reference: Reference, lookup: Lookup) -> str | None:
    if reference.kind == "env":
        value = lookup.env(reference.name)
        return reference.rest if value is None else value
    if reference.kind == "cfn":
        return lookup.stack_output(reference.name, reference.rest or "")
    ask = lookup.ssm if reference.kind == "ssm" else lookup.secret_arn
    return ask(reference.name)


def _text(match: re.Match[str], answers: Mapping[Reference, str | None]) -> str:
    if match["escape"]:
        return "${"
    reference = _parse(match)
    answer = answers[reference] if isinstance(reference, Reference) else None
    return match[0] if answer is None else answer


def _replaced(node: Node, text: Callable[[re.Match[str]], str]) -> Node:
    if isinstance(node.value, str):
        return _rewritten(node, _TOKEN.sub(text, node.value))
    if isinstance(node.value, tuple):
        return replace(node, value=tuple(_replaced(item, text) for item in node.value))
    entries = {key: _replaced(item, text) for key, item in node.entries.items()}
    return replace(node, value=entries) if isinstance(node.value, Mapping) else node


def _rewritten(node: Node, text: str) -> Node:
    if text == node.value:
        return node
    # `replicas: ${env:REPLICAS}` is a number, as if it had been written there.
    value = resolve(text) if node.plain else text
    return replace(node, value=text if value is None else value)
