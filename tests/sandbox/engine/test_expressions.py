from __future__ import annotations

import pytest

from ecsinfer.sandbox.engine.expressions import ExpressionError, matches

ATTRIBUTES = {
    "ecs.instance-type": "g5.xlarge",
    "ecs.availability-zone": "us-east-1a",
    "stack": "production",
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("attribute:ecs.instance-type == g5.xlarge", True),
        ("attribute:ecs.instance-type != g5.xlarge", False),
        ("attribute:ecs.instance-type =~ g5.*", True),
        ("attribute:ecs.instance-type !~ g5.*", False),
        ("attribute:ecs.availability-zone in [us-east-1a, us-east-1b]", True),
        ("attribute:ecs.availability-zone not_in ['us-east-1a']", False),
        ("attribute:stack exists", True),
        ("attribute:owner not_exists", True),
        ("attribute:stack == production and attribute:owner exists", False),
        ("attribute:stack == production or attribute:owner exists", True),
        ("not (attribute:owner exists || attribute:stack == staging)", True),
        ("!(attribute:stack == 'production')", False),
    ],
)
def test_an_expression_selects_instances(expression: str, expected: bool) -> None:
    assert matches(expression, ATTRIBUTES) is expected


@pytest.mark.parametrize(
    "expression", ["attribute:stack", "attribute:stack ~ x", "(attribute:stack exists", "a == b c"]
)
def test_what_is_not_an_expression_is_refused(expression: str) -> None:
    with pytest.raises(ExpressionError):
        matches(expression, ATTRIBUTES)
