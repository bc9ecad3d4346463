"""The tree as a `Spec`: what does not fit is told with its line, in plain words."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from ecsinfer.errors import Problem
from ecsinfer.spec.models import Spec
from ecsinfer.spec.schema import keys_at
from ecsinfer.spec.tree import Node, Path, kind_of, plain, related, without


class Shaped(NamedTuple):
    """What the models made of a tree.

    Attributes:
        spec: the spec, without what did not fit; None when nothing can be made of it.
        problems: what did not fit.
        touched: paths of what did not fit, or may have been meant by it; what other checks find
            there may be only a consequence.
    """

    spec: Spec | None
    problems: tuple[Problem, ...]
    touched: tuple[Path, ...]


_MOST_ROUNDS = 25


def shape(root: Node, before: tuple[Path, ...] = ()) -> Shaped:
    """Fit the tree into the models; take away what does not fit until the rest does.

    So the rest can be checked as well, and the user is told everything at once.

    Args:
        root: the tree.
        before: where something is wrong already.
    """
    problems: dict[tuple[Path, str], Problem] = {}
    touched = list(before)
    for attempt in range(_MOST_ROUNDS):
        try:
            return Shaped(
                Spec.model_validate(plain(root)), tuple(problems.values()), tuple(touched)
            )
        except ValidationError as error:
            misfits = [_misfit(root, each) for each in error.errors(include_url=False)]
        for misfit in misfits:
            touched += misfit.touched
            known = any(related(misfit.path, path) for path in before)
            if attempt == 0 and not known:
                problems.setdefault((misfit.path, misfit.text), misfit.problem(root))
        for path in sorted({misfit.removed for misfit in misfits}, key=len, reverse=True):
            if not path:
                return Shaped(None, tuple(problems.values()), tuple(touched))
            root = without(root, path)
    return Shaped(None, tuple(problems.values()), tuple(touched))


class _Misfit(NamedTuple):
    path: Path
    text: str
    hint: str
    missing: bool
    meant: Path

    @property
    def removed(self) -> Path:
        """What is taken away: the misfit, or what lacks something."""
        return self.path[:-1] if self.missing else self.path

    @property
    def touched(self) -> tuple[Path, ...]:
        return (self.removed, self.path, *([self.meant] if self.meant else ()))

    def problem(self, root: Node) -> Problem:
        return root.find(self.path).problem(self.text, self.path, self.hint)


def _misfit(root: Node, error: Mapping[str, Any]) -> _Misfit:
    path = _real_path(root, error["loc"], missing=error["type"] == "missing")
    if error["type"] == "extra_forbidden":
        hint, meant = _instead(path)
        return _Misfit(path, "there is no such key", hint, missing=False, meant=meant)
    text, hint = _words(error)
    return _Misfit(path, text, hint, missing=error["type"] == "missing", meant=())


def _real_path(root: Node, location: Iterable[str | int], *, missing: bool) -> Path:
    """The error's location without what pydantic adds to it: members of unions and the like."""
    node: Node = root
    path: Path = ()
    steps = tuple(location)
    for number, step in enumerate(steps):
        children = dict(node.children)
        if step in children:
            node, path = children[step], (*path, step)
        elif missing and number == len(steps) - 1:
            path = (*path, step)
    return path


def _expected(what: str) -> Callable[[Mapping[str, Any]], tuple[str, str]]:
    return lambda error: (f"expected {what}, found {kind_of(error['input'])}", "")


def _bound(words: str, key: str) -> Callable[[Mapping[str, Any]], tuple[str, str]]:
    return lambda error: (f"must be {words} {error['ctx'][key]:g}", "")


def _text_expected(error: Mapping[str, Any]) -> tuple[str, str]:
    found = kind_of(error["input"])
    hint = "put it in quotes" if found in {"a number", "true or false"} else ""
    return f"expected text, found {found}", hint


def _list_expected(error: Mapping[str, Any]) -> tuple[str, str]:
    return f"expected a list, found {kind_of(error['input'])}", "write it as [first, second]"


def _choice(error: Mapping[str, Any]) -> tuple[str, str]:
    choices = [
        part.strip("'") for part in error["ctx"]["expected"].replace(" or ", ", ").split(", ")
    ]
    near = difflib.get_close_matches(str(error["input"]), choices, 1)
    return f"must be one of {', '.join(choices)}", near[0] if near else ""


def _said(error: Mapping[str, Any]) -> tuple[str, str]:
    return str(error["ctx"]["error"]), ""


_WORDS: Mapping[str, Callable[[Mapping[str, Any]], tuple[str, str]]] = {
    "missing": lambda _: ("is required, and is missing", ""),
    "string_type": _text_expected,
    "string_too_short": lambda _: ("must not be empty", ""),
    "string_too_long": lambda error: (
        f"must have at most {error['ctx']['max_length']} characters",
        "",
    ),
    "string_pattern_mismatch": lambda _: (
        "must begin with a letter or digit, and have only letters, digits, - and _",
        "",
    ),
    "int_type": _expected("a whole number"),
    "int_parsing": _expected("a whole number"),
    "int_from_float": lambda _: ("expected a whole number, found a fraction", ""),
    "float_type": _expected("a number"),
    "float_parsing": _expected("a number"),
    "finite_number": _expected("a finite number"),
    "mapping_type": _expected("a mapping"),
    "dict_type": _expected("a mapping"),
    "model_type": _expected("a mapping"),
    "model_attributes_type": _expected("a mapping"),
    "tuple_type": _list_expected,
    "too_long": lambda error: (f"must have at most {error['ctx']['max_length']} items", ""),
    "too_short": lambda error: (f"must have at least {error['ctx']['min_length']} items", ""),
    "greater_than": _bound("more than", "gt"),
    "greater_than_equal": _bound("at least", "ge"),
    "less_than": _bound("less than", "lt"),
    "less_than_equal": _bound("at most", "le"),
    "literal_error": _choice,
    "value_error": _said,
}


def _words(error: Mapping[str, Any]) -> tuple[str, str]:
    """What and why, and what to write; the value itself is never repeated: it may be secret."""
    words = _WORDS.get(error["type"])
    return words(error) if words else ("is not valid here", "")


_KNOWN_AS: Mapping[str, str] = {
    "env": "environment",
    "env_vars": "environment",
    "environment_variables": "environment",
    "entry_point": "entrypoint",
    "args": "command",
    "cmd": "command",
    "desired_count": "replicas",
    "count": "replicas",
    "autoscaling": "scaling",
    "auto_scaling": "scaling",
    "cpu": "resources.cpu",
    "memory": "resources.memory",
    "gpu": "resources.gpu",
    "gpus": "resources.gpu",
    "shm_size": "resources.shared_memory",
    "subnets": "network.subnets",
    "security_groups": "network.security_groups",
    "network_mode": "network.mode",
    "assign_public_ip": "network.public_ip",
    "execution_role": "roles.execution",
    "task_role": "roles.task",
    "health_check": "health",
    "healthcheck": "health",
    "target_group": "load_balancer.target_group",
    "load_balancers": "load_balancer",
    "deployment": "rollout",
    "capacity_providers": "capacity",
    "capacity_provider_strategy": "capacity",
    "asg": "auto_scaling_group",
    "log_group": "logs.group",
    "retention": "retention_days",
}
"""Names that other tools have for our keys."""

_LAUNCH_TYPE = (
    "a launch type and capacity providers exclude each other on AWS (D3): write "
    "capacity: {FARGATE: {}}, or a key of the top-level capacity"
)


def _instead(path: Path) -> tuple[str, Path]:
    """What was probably meant by an unknown key: for the user, and as a path."""
    key = str(path[-1])
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key).lstrip(
        "_"
    )
    if snake == "launch_type":
        return _LAUNCH_TYPE, ()
    known = keys_at(path[:-1])
    alias = _KNOWN_AS.get(snake, snake)
    if alias.split(".")[0] in known:
        return f"{alias}", (*path[:-1], *alias.split("."))
    near = difflib.get_close_matches(snake, known, 1)
    if near:
        return f"{near[0]}", (*path[:-1], near[0])
    return f"the keys here are {', '.join(sorted(known))}" if known else "", ()


def problem_order(problem: Problem) -> tuple[str, int, int, str, str]:
    """Problems in the order in which a reader meets them."""
    return (problem.file, problem.line, problem.column, problem.path, problem.text)
