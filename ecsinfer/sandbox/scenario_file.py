"""Scenarios as YAML, read strictly: every problem is told at once, with the keys there are.

Every key is optional; the defaults are those of `ecsinfer.sandbox.scenario`, whose attributes the
keys are. Times are seconds or text such as ``500ms``, ``90s``, ``5m``, ``1h30m``::

    name: a bad day
    timings:                          # how long things take
      boot: 2m
      pull: 5m
      load: 90s
    images:                           # image, or glob over it: the first match counts
      "*/llm:broken": crash           # only a behaviour, or all of it:
      "*/llm:leaky": {behaviour: oom, after: 10m, logs: ["CUDA out of memory"]}
      "*/llm:big": {pull: 20m}
    no_capacity: [us-east-1a, p5.48xlarge, g5.xlarge@us-east-1b]
    vcpu_quota: 64
    never_join: [gpu]                 # Auto Scaling groups whose instances never register
    untagged: [cpu]                   # ... register without a capacity provider
    isolated_subnets: [subnet-0a1b2c3d000000003]
    daemons_protected: true           # instances with daemons alone stay protected
    roles_denied: [llm-task]          # AWS may not assume them
    roles_withheld: [llm-task]        # the caller may not pass them
    secrets_missing: ["arn:aws:secretsmanager:us-east-1:123456789012:secret:token"]
    log_groups_missing: [/ecs/llm]
    log_pages_empty: true             # ... of a log stream's end, with more before
    namespaces: arn                   # how a service shows the one that it named
    describe_lag: 20s                 # describe calls trail a create
    api_buckets: true                 # AWS's API rates apply
    latency: 50ms
    faults:                           # nth: 1 is the first call, 0 every one
      - {operation: CreateService, nth: 1, kind: lost}
      - {operation: RegisterTaskDefinition, nth: 2, kind: reset}
      - {operation: "*", service: ec2, nth: 0, code: RequestLimitExceeded, status: 503}
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml

from ecsinfer.sandbox.scenario import Fault, ImageBehaviour, Scenario, Timings

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")

Record = TypeVar("Record", Scenario, Timings, ImageBehaviour, Fault)


class ScenarioError(ValueError):
    """A scenario is wrong; carries every problem found.

    Attributes:
        problems: one line each: where, what, and what there is instead.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def load(source: str | Path) -> Scenario:
    """Read a scenario from a file (a `Path`) or from YAML text.

    Raises:
        ScenarioError: it is not YAML, or not a scenario.
        OSError: the file cannot be read.
    """
    text = source.read_text() if isinstance(source, Path) else source
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ScenarioError([f"not YAML: {error}"]) from error
    return build(Scenario, {} if value is None else value)


def build(record: type[Record], value: Any) -> Record:
    """A scenario, or a part of one, from plain data.

    Raises:
        ScenarioError: the data are not one.
    """
    problems: list[str] = []
    built = _record(record, value, "", problems)
    if problems:
        raise ScenarioError(problems)
    return typing.cast("Record", built)


def seconds(value: Any) -> float:
    """Seconds, from a number of them or text such as ``1h30m``.

    Raises:
        ValueError: it is neither, or negative.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    if isinstance(value, str):
        text = value.replace(" ", "")
        if _DURATION.fullmatch(text):
            return sum(float(count) * _UNITS[unit] for count, unit in _PART.findall(text))
        if re.fullmatch(r"\d+(\.\d+)?", text):
            return float(text)
    raise ValueError(f"{value!r} is not a time: seconds, or text such as 90s, 5m, 1h30m")


def _record(record: Any, value: Any, path: str, problems: list[str]) -> Any:
    where = path or "scenario"
    if not isinstance(value, Mapping):
        problems.append(f"{where}: {value!r} is not a mapping")
        return None
    fields = {field.name: field for field in dataclasses.fields(record)}
    required = [
        name
        for name, field in fields.items()
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    there_are = f"there are: {', '.join(sorted(fields))}"
    problems += [f"{where}: no key {key!r}; {there_are}" for key in value if key not in fields]
    problems += [f"{where}: the key {key!r} is required" for key in required if key not in value]
    hints = typing.get_type_hints(record)
    told = len(problems)
    members = {
        key: _value(hints[key], item, f"{path}.{key}".lstrip("."), problems)
        for key, item in value.items()
        if key in fields
    }
    return record(**members) if len(problems) == told and set(required) <= set(value) else None


def _value(hint: Any, value: Any, path: str, problems: list[str]) -> Any:
    if dataclasses.is_dataclass(hint):
        return _record(hint, value, path, problems)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple and typing.get_origin(arguments[0]) is tuple:
        return _images(value, path, problems)
    if origin is tuple:
        return _list(arguments[0], value, path, problems)
    if origin is types.UnionType:
        present = next(argument for argument in arguments if argument is not types.NoneType)
        return None if value is None else _value(present, value, path, problems)
    try:
        return _scalar(hint, value)
    except ValueError as error:
        problems.append(f"{path}: {error}")
        return None


def _list(hint: Any, value: Any, path: str, problems: list[str]) -> Any:
    if not isinstance(value, list):
        problems.append(f"{path}: {value!r} is not a list")
        return ()
    return tuple(
        _value(hint, item, f"{path}[{number}]", problems) for number, item in enumerate(value)
    )


def _images(value: Any, path: str, problems: list[str]) -> Any:
    if not isinstance(value, Mapping):
        problems.append(f"{path}: {value!r} is not a mapping of images to what they do")
        return ()
    pairs = []
    for image, entry in value.items():
        full = {"behaviour": entry} if isinstance(entry, str) else entry
        pairs.append((str(image), _record(ImageBehaviour, full, f"{path}[{image}]", problems)))
    return tuple(pairs)


def _scalar(hint: Any, value: Any) -> Any:
    if hint is float:
        return seconds(value)
    if typing.get_origin(hint) is Literal:
        allowed = typing.get_args(hint)
        if value not in allowed:
            raise ValueError(f"{value!r} is none of: {', '.join(allowed)}")
        return value
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        names = {int: "a whole number", str: "text", bool: "true or false"}
        raise ValueError(f"{value!r} is not {names[hint]}")
    return value
