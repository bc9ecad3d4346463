"""What AWS refuses about placement constraints and strategies (D16)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ecsinfer.sandbox.errors import invalid_parameter

MOST_STRATEGIES = 5
MOST_CONSTRAINTS = 10


def check_placement(
    strategies: Sequence[Mapping[str, Any]],
    constraints: Sequence[Mapping[str, Any]],
    *,
    fargate: bool,
) -> None:
    """Check both lists; Fargate has neither.

    Raises:
        ServiceError: InvalidParameterException.
    """
    if fargate and (strategies or constraints):
        what = "strategies" if strategies else "constraints"
        raise invalid_parameter(f"Placement {what} are not supported with FARGATE launch type.")
    if len(strategies) > MOST_STRATEGIES:
        raise invalid_parameter(f"placementStrategy can have at most {MOST_STRATEGIES} items.")
    if len(constraints) > MOST_CONSTRAINTS:
        raise invalid_parameter(f"placementConstraints can have at most {MOST_CONSTRAINTS} items.")
    for item in strategies:
        _check_strategy(item.get("type", ""), item.get("field", ""))
    for item in constraints:
        _check_constraint(item.get("type", ""), item.get("expression", ""))


def _check_strategy(kind: str, field: str) -> None:
    valid = {
        "binpack": field.lower() in {"cpu", "memory"},
        "random": not field,
        "spread": field.lower() in {"instanceid", "host"} or field.startswith("attribute:"),
    }
    if not valid.get(kind, False):
        raise invalid_parameter(f"The {kind} field '{field}' is invalid.")


def _check_constraint(kind: str, expression: str) -> None:
    if kind == "distinctInstance" and expression:
        raise invalid_parameter(
            "The distinctInstance placement constraint does not take an expression."
        )
    if kind == "memberOf" and not expression:
        raise invalid_parameter("The memberOf placement constraint needs an expression.")
    if len(expression) > 2000:
        raise invalid_parameter("The expression of a placement constraint is too long.")
