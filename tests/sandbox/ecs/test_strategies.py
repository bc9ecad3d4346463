from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.sandbox.ecs.strategies import placement_choice
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.errors import ServiceError

SPOT = {"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}
ARN = "arn:aws:ecs:us-east-1:123456789012:capacity-provider/FARGATE_SPOT"


def choice(ecs: Any, sandbox: Sandbox, default: Any = (), **request: Any) -> tuple[str, Any]:
    ecs.create_cluster(
        clusterName="x",
        capacityProviders=["FARGATE_SPOT"],
        defaultCapacityProviderStrategy=list(default),
    )
    with sandbox.lock:
        return placement_choice(sandbox.world, sandbox.world.clusters["x"], request)


@pytest.mark.rule("D3", "A14")
def test_it_is_a_launch_type_or_a_strategy_or_the_clusters_default(
    ecs: Any, sandbox: Sandbox
) -> None:
    assert choice(ecs, sandbox) == ("EC2", [])
    ecs.delete_cluster(cluster="x")
    assert choice(ecs, sandbox, [SPOT]) == ("", [SPOT])
    assert choice(ecs, sandbox, [SPOT], launchType="FARGATE") == ("FARGATE", [])
    assert choice(ecs, sandbox, [SPOT], launchType="EC2", capacityProviderStrategy=[]) == (
        "EC2",
        [],
    )


@pytest.mark.rule("B18", "B20", "D3")
@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (
            {"launchType": "EC2", "capacityProviderStrategy": [SPOT]},
            (
                "Specifying both a launch type and capacity provider strategy is not supported. "
                "Remove one and try again."
            ),
        ),
        (
            {"capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}]},
            "cannot contain a capacity provider that is not associated with the cluster",
        ),
        (
            {"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "base": 1}]},
            "At least one capacity provider must have a weight value greater than zero specified",
        ),
    ],
)
def test_what_tasks_cannot_be_placed_by_is_refused(
    ecs: Any, sandbox: Sandbox, request_: dict[str, Any], text: str
) -> None:
    with pytest.raises(ServiceError) as caught:
        choice(ecs, sandbox, **request_)
    assert caught.value.code == "InvalidParameterException"
    assert text in caught.value.message


@pytest.mark.rule("B18")
def test_a_default_without_weights_is_kept_and_fails_where_it_is_used(
    ecs: Any, sandbox: Sandbox
) -> None:
    with pytest.raises(ServiceError, match="weight value greater than zero"):
        choice(ecs, sandbox, [{"capacityProvider": "FARGATE_SPOT"}])


@pytest.mark.rule("B19")
def test_an_arn_is_accepted_and_stays_an_arn(ecs: Any, sandbox: Sandbox) -> None:
    item = {"capacityProvider": ARN, "weight": 1, "base": 0}
    assert choice(ecs, sandbox, capacityProviderStrategy=[item]) == ("", [item])
