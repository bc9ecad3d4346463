"""The types that the fields of the spec share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from ecsinfer.spec import units

_TRUE, _FALSE = frozenset({"true", "yes", "on"}), frozenset({"false", "no", "off"})


class Section(BaseModel):
    """A mapping of the spec: keys that it does not know are refused, and it never changes."""

    # Built only with the whole spec: a third less time to import.
    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True
    )


def _scalar_text(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _number(value: object) -> object:
    # Python's bool is an int, and pydantic would take it for one.
    if value is True or value is False:
        raise ValueError("expected a number, found true or false")
    return value


def _flag(value: object) -> object:
    # yes, no, on and off are text in YAML 1.2; where a switch is meant they cannot mislead.
    if isinstance(value, bool):
        return value
    word = value.lower() if isinstance(value, str) else ""
    if word in _TRUE | _FALSE:
        return word in _TRUE
    raise ValueError("expected true or false")


def _gpu(value: object) -> object:
    if isinstance(value, str) and value.lower() == "all":
        return "ALL"
    if not isinstance(value, bool):
        try:
            amount = float(value)  # type: ignore[arg-type]  # whatever is no number is refused
        except (TypeError, ValueError):
            amount = 0.0
        if 0 < amount < 1:
            return str(amount)
        if amount.is_integer() and 1 <= amount <= 64:
            return str(int(amount))
    raise ValueError("GPUs are a whole number, all, or a fraction such as 0.25 (G6f, Gr6f)")


def _size_schema(unit: str) -> WithJsonSchema:
    return WithJsonSchema(
        {
            "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string"}],
            "examples": [f"14 {unit}"],
        }
    )


Words: TypeAlias = Annotated[str, Field(min_length=1)]
"""Text that says something."""

Text: TypeAlias = Annotated[
    str,
    BeforeValidator(_scalar_text),
    WithJsonSchema({"type": ["string", "number", "boolean"]}),
]
"""Text that a number or a switch may be written for: ``PORT: 8000`` is the text ``8000``."""

Flag: TypeAlias = Annotated[bool, BeforeValidator(_flag), WithJsonSchema({"type": "boolean"})]
"""true or false; yes, no, on and off are understood."""

Count: TypeAlias = Annotated[int, BeforeValidator(_number)]
Number: TypeAlias = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]

Duration: TypeAlias = Annotated[
    int,
    BeforeValidator(units.parse_duration),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "string"},
            ],
            "examples": ["90s", "5m", "1h30m"],
        }
    ),
]
"""Seconds."""

Mebibytes: TypeAlias = Annotated[int, BeforeValidator(units.parse_mebibytes), _size_schema("GiB")]
Gibibytes: TypeAlias = Annotated[int, BeforeValidator(units.parse_gibibytes), _size_schema("GiB")]

CpuUnits: TypeAlias = Annotated[
    int,
    BeforeValidator(units.parse_cpu),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "string"},
            ],
            "examples": [1024, "4 vCPU"],
        }
    ),
]
"""1024 are one vCPU."""

GpuCount: TypeAlias = Annotated[
    str,
    BeforeValidator(_gpu),
    WithJsonSchema({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"const": "all"}]}),
]
"""As the API wants it: ``1``, ``ALL`` or ``0.25``."""

Raw: TypeAlias = Mapping[str, Any]
"""Fields of the AWS API in its own names."""

Tags: TypeAlias = Mapping[str, Text]
