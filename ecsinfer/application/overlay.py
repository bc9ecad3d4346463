"""Raw API fields of the user, merged last over what the spec says in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def overlay(base: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the fields of `raw`: mappings merge, null removes, all else replaces."""
    merged = dict(base)
    for key, value in raw.items():
        below = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            merged[key] = overlay(below if isinstance(below, Mapping) else {}, value)
        else:
            merged[key] = value
    return merged


def said(**fields: Any) -> dict[str, Any]:
    """The fields that say something: neither None nor an empty list or mapping."""
    return {
        key: value
        for key, value in fields.items()
        if value is not None and not (isinstance(value, list | dict) and not value)
    }
