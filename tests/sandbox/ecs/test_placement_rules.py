from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.ecs.placement_rules import check_placement
from ecsinfer.sandbox.errors import ServiceError
from tests.sandbox.ecs.service_world import ZONE_SPREAD, ServiceWorld, case

REFUSED = [
    case(
        "D16",
        {"strategies": [{"type": "binpack", "field": "gpu"}]},
        "binpack field 'gpu' is invalid",
    ),
    case(
        "D16",
        {"strategies": [{"type": "spread", "field": "rack"}]},
        "spread field 'rack' is invalid",
    ),
    case(
        "D16", {"strategies": [{"type": "random", "field": "cpu"}]}, "random field 'cpu' is invalid"
    ),
    case("D16", {"strategies": [ZONE_SPREAD] * 6}, "at most 5"),
    case("D16", {"constraints": [{"type": "distinctInstance"}] * 11}, "at most 10"),
    case(
        "D16",
        {"constraints": [{"type": "distinctInstance", "expression": "a == b"}]},
        "does not take an expression",
    ),
    case("D16", {"constraints": [{"type": "memberOf"}]}, "needs an expression"),
    case("D16", {"constraints": [{"type": "memberOf", "expression": "x" * 2001}]}, "too long"),
    case("D16", {"strategies": [ZONE_SPREAD], "fargate": True}, "not supported with FARGATE"),
    case(
        "D16",
        {"constraints": [{"type": "distinctInstance"}], "fargate": True},
        "not supported with FARGATE",
    ),
]


def check(**given: Any) -> None:
    check_placement(
        given.get("strategies", []),
        given.get("constraints", []),
        fargate=given.get("fargate", False),
    )


@pytest.mark.parametrize(("given", "message"), REFUSED)
def test_aws_refuses(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ServiceError, match="InvalidParameterException") as caught:
        check(**given)
    assert message in caught.value.message


@pytest.mark.rule("D16")
def test_fields_are_compared_without_case() -> None:
    check(
        strategies=[
            {"type": "binpack", "field": "MEMORY"},
            {"type": "spread", "field": "Host"},
            {"type": "random"},
        ]
    )


@pytest.mark.rule("D16")
def test_host_is_described_as_instance_id_and_the_order_is_kept(services: ServiceWorld) -> None:
    strategy = [
        ZONE_SPREAD,
        {"type": "spread", "field": "host"},
        {"type": "binpack", "field": "CPU"},
    ]
    assert services.create(placementStrategy=strategy)["placementStrategy"] == [
        ZONE_SPREAD,
        {"type": "spread", "field": "instanceId"},
        {"type": "binpack", "field": "cpu"},
    ]
