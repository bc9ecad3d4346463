"""Values against botocore's shapes: requests as AWS would accept them, answers as it would send.

An answer that AWS could not give is a bug of the embedded AWS and is never sent.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.utils import parse_timestamp

_SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
}


class AnswerShapeError(AssertionError):
    """A handler answered what the service's model does not have: a bug, not a refusal."""


def without_nulls(value: Any) -> Any:
    """The value without members that are null: on the wire, null means absent."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def received(shape: Any, value: Any) -> Any:
    """A valid JSON request value as handlers want it: datetimes and bytes instead of text."""
    if shape.type_name == "structure":
        return {key: received(shape.members[key], item) for key, item in value.items()}
    if shape.type_name == "list":
        return [received(shape.member, item) for item in value]
    if shape.type_name == "map":
        return {key: received(shape.value, item) for key, item in value.items()}
    if shape.type_name == "timestamp":
        return parse_timestamp(value).astimezone(UTC)
    if shape.type_name == "blob":
        return base64.b64decode(value)
    return value


def outside_enums(shape: Any, value: Any, path: str = "") -> list[tuple[str, str, list[str]]]:
    """Every (value, path, allowed values) of a request that is not in its shape's enum."""
    if shape.type_name == "structure":
        return [
            problem
            for key, item in value.items()
            for problem in outside_enums(shape.members[key], item, f"{path}.{key}".lstrip("."))
        ]
    if shape.type_name == "list":
        return [
            problem
            for number, item in enumerate(value, start=1)
            for problem in outside_enums(shape.member, item, f"{path}.{number}.member")
        ]
    allowed = list(getattr(shape, "enum", ()))
    return [(value, path, allowed)] if allowed and value not in allowed else []


def answered(shape: Any, value: Any, timestamp: Callable[[datetime], Any], path: str = "") -> Any:
    """The answer in wire scalars; None members are absent.

    Args:
        shape: botocore's output shape.
        value: what the handler answered.
        timestamp: how the protocol writes a point in time.
        path: where in the answer, for the error.

    Raises:
        AnswerShapeError: a member is unknown or missing, or of the wrong type or enum.
    """
    if shape.type_name == "structure":
        return _structure(shape, value, timestamp, path)
    if shape.type_name == "list":
        _expect(isinstance(value, (list, tuple)), path, value, "a list")
        return [
            answered(shape.member, item, timestamp, f"{path}[{number}]")
            for number, item in enumerate(value)
        ]
    if shape.type_name == "map":
        _expect(isinstance(value, Mapping), path, value, "a map")
        return {
            key: answered(shape.value, item, timestamp, f"{path}[{key}]")
            for key, item in value.items()
        }
    return _scalar(shape, value, timestamp, path)


def _structure(shape: Any, value: Any, timestamp: Callable[[datetime], Any], path: str) -> Any:
    _expect(isinstance(value, Mapping), path, value, f"a {shape.name}")
    present = {key: item for key, item in value.items() if item is not None}
    unknown = sorted(set(present) - set(shape.members))
    if unknown:
        raise AnswerShapeError(f"{path or shape.name}: {shape.name} has no member {unknown}")
    absent = sorted(set(shape.required_members) - set(present))
    if absent:
        raise AnswerShapeError(f"{path or shape.name}: {shape.name} requires {absent}")
    return {
        key: answered(shape.members[key], item, timestamp, f"{path}.{key}")
        for key, item in present.items()
    }


def _scalar(shape: Any, value: Any, timestamp: Callable[[datetime], Any], path: str) -> Any:
    kind = shape.type_name
    if kind == "timestamp":
        _expect(isinstance(value, datetime) and value.tzinfo is not None, path, value, "a time")
        return timestamp(value)
    if kind == "blob":
        _expect(isinstance(value, bytes), path, value, "bytes")
        return base64.b64encode(value).decode()
    _expect(
        isinstance(value, _SCALARS[kind]) and (kind == "boolean" or not isinstance(value, bool)),
        path,
        value,
        f"of type {kind}",
    )
    allowed = getattr(shape, "enum", ())
    if allowed:
        _expect(value in allowed, path, value, f"one of {list(allowed)}")
    return value


def _expect(fulfilled: bool, path: str, value: Any, what: str) -> None:
    if not fulfilled:
        raise AnswerShapeError(f"{path}: {value!r} is not {what}")
