"""The JSON Schema of the spec, for editors and for CI."""

from __future__ import annotations

from functools import cache
from typing import Any

from ecsinfer.spec.models import Spec
from ecsinfer.spec.tree import Path

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_INTERPOLATION = {"type": "string", "pattern": r"\$\{(env|ssm|secret|cfn):"}


@cache
def json_schema() -> dict[str, Any]:
    """The schema, in the 2020-12 dialect, with a description for every key."""
    schema = _open(Spec.model_json_schema())
    return {"$schema": DIALECT, **schema, "title": "ecsinfer"}


_STANDARD = {
    "ge": "minimum",
    "le": "maximum",
    "gt": "exclusiveMinimum",
    "lt": "exclusiveMaximum",
}
"""What pydantic calls bounds that it finds beside a validator, and what JSON Schema does."""


def _open(schema: Any) -> Any:
    """Without pydantic's titles, and with an interpolation wherever a number or choice may be."""
    if isinstance(schema, list):
        return [_open(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    opened = {
        _STANDARD.get(key, key): {name: _open(inner) for name, inner in value.items()}
        if key in ("properties", "patternProperties", "$defs")
        else _open(value)
        for key, value in schema.items()
        if key != "title"
    }
    if opened.get("type") in ("integer", "number", "boolean") or "enum" in opened:
        said = {key: opened.pop(key) for key in ("description", "default") if key in opened}
        return {"anyOf": [opened, _INTERPOLATION], **said}
    return opened


def keys_at(path: Path) -> list[str]:
    """The keys that the mapping at a path may have; none where any is taken, or for no mapping."""
    schema = json_schema()
    here = [schema]
    for step in path:
        here = [inner for each in here for inner in _inner(schema, each, step)]
    found = {key for each in here for key in _whole(schema, each).get("properties", {})}
    return sorted(found)


def _inner(schema: dict[str, Any], here: dict[str, Any], step: str | int) -> list[dict[str, Any]]:
    whole = _whole(schema, here)
    if isinstance(step, int):
        found = whole.get("items")
    else:
        others = whole.get("additionalProperties") or [*whole.get("patternProperties", {}).values()]
        found = whole.get("properties", {}).get(step, others)
        found = found[0] if isinstance(found, list) and found else found
    return _members(schema, found) if isinstance(found, dict) else []


def _members(schema: dict[str, Any], here: dict[str, Any]) -> list[dict[str, Any]]:
    """The schema itself, or what it is a choice of."""
    return [_whole(schema, each) for each in here.get("anyOf", [here])]


def _whole(schema: dict[str, Any], here: dict[str, Any]) -> dict[str, Any]:
    reference = here.get("$ref", "")
    found: dict[str, Any] = schema["$defs"][reference.rpartition("/")[2]] if reference else here
    return found
