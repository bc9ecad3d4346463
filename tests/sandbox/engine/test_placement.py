from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ecsinfer.capacity.slots import Requirements, Room
from ecsinfer.sandbox.clock import EPOCH
from ecsinfer.sandbox.engine.placement import Candidate, Refusal, Wish, explain, place
from ecsinfer.sandbox.state import ContainerInstance

SMALL = Requirements(cpu=100, memory=100)


def candidate(name: str, zone: str = "a", *, cpu: int = 1000, memory: int = 1000) -> Candidate:
    instance = ContainerInstance(
        arn=f"arn:aws:ecs:us-east-1:1:container-instance/main/{name}",
        cluster="main",
        ec2_id=f"i-{name}",
        instance_type="m5.large",
        zone=zone,
        registered_at=EPOCH,
        cpu=cpu,
        memory=memory,
        enis=2,
    )
    return Candidate(instance, Room(cpu=cpu, memory=memory, interfaces=2))


def name_of(chosen: ContainerInstance | Refusal) -> str:
    assert isinstance(chosen, ContainerInstance)
    return chosen.ec2_id


def rules(*pairs: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"type": kind, "field": field} for kind, field in pairs]


TWO = [candidate("roomy", "a"), candidate("tight", "b", memory=200)]


def test_binpack_fills_the_fullest_instance_that_has_room() -> None:
    wish = Wish(SMALL, rules(("binpack", "memory")))
    assert name_of(place(TWO, wish)) == "i-tight"
    assert name_of(place(TWO, replace(wish, need=Requirements(memory=300)))) == "i-roomy"


def test_the_default_balances_zones_before_instances() -> None:
    instances = [candidate("a1", "a"), candidate("a2", "a"), candidate("b1", "b")]
    arns = [item.instance.arn for item in instances]
    assert name_of(place(instances, Wish(SMALL, peers=[arns[0]]))) == "i-b1"
    assert name_of(place(instances, Wish(SMALL, peers=[arns[0], arns[2]]))) == "i-a2"


def test_strategies_count_in_their_order() -> None:
    instances = [
        candidate("full", "a", memory=200),
        candidate("empty", "a"),
        candidate("other", "b"),
    ]
    spread = ("spread", "attribute:ecs.availability-zone")
    binpack = ("binpack", "memory")
    peers = [instances[0].instance.arn]
    assert name_of(place(instances, Wish(SMALL, rules(binpack, spread), peers=peers))) == "i-full"
    assert name_of(place(instances, Wish(SMALL, rules(spread, binpack), peers=peers))) == "i-other"


def test_distinct_instance_wants_one_without_a_peer() -> None:
    wish = Wish(SMALL, constraints=[{"type": "distinctInstance"}], peers=[TWO[0].instance.arn])
    assert name_of(place(TWO, wish)) == "i-tight"
    refused = place(TWO[:1], wish)
    assert isinstance(refused, Refusal)
    assert refused.code == "ATTRIBUTE"


def test_member_of_keeps_to_matching_instances() -> None:
    expression = "attribute:ecs.availability-zone == b"
    constraints = [{"type": "memberOf", "expression": expression}]
    assert name_of(place(TWO, Wish(SMALL, constraints=constraints))) == "i-tight"


@pytest.mark.rule("D11")
def test_a_task_goes_only_where_it_has_a_subnet() -> None:
    refused = place(TWO, Wish(SMALL, zones=frozenset({"c"})))
    assert isinstance(refused, Refusal)
    assert "is missing an attribute required by your task" in explain(refused, provider=False)


@pytest.mark.rule("J7")
@pytest.mark.parametrize(
    ("need", "text"),
    [
        (Requirements(cpu=2000), "has insufficient CPU units available."),
        (Requirements(memory=2000), "has insufficient memory available."),
        (Requirements(gpus=1), 'encountered error "RESOURCE:GPU".'),
    ],
)
def test_a_refusal_names_what_the_closest_instance_lacks(need: Requirements, text: str) -> None:
    refused = place(TWO, Wish(need))
    assert isinstance(refused, Refusal)
    assert explain(refused, provider=True) == (
        f"The closest matching (container-instance roomy) {text}"
    )


@pytest.mark.rule("J7")
def test_without_instances_the_refusal_says_where_there_are_none() -> None:
    refused = place([], Wish(SMALL))
    assert isinstance(refused, Refusal)
    assert explain(refused, provider=True).endswith("found in your capacity provider.")
    assert explain(refused, provider=False).endswith("found in your cluster.")


def test_a_disconnected_agent_gets_no_task() -> None:
    lost = candidate("lost")
    lost.instance.agent_connected = False
    refused = place([lost], Wish(SMALL))
    assert isinstance(refused, Refusal)
    assert refused.code == "AGENT"
