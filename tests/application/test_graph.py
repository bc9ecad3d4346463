"""A spec becomes nodes that need each other in the order that AWS allows."""

from __future__ import annotations

from typing import Any

import pytest

from ecsinfer.application import compile_spec
from ecsinfer.errors import UsageError
from ecsinfer.kinds.capacity_provider import CapacityProvider
from ecsinfer.model import Node, Verb
from ecsinfer.spec import Spec
from tests.application.specs import CPU, GPU, LLM, SPECS, fargate, gpu, spec
from tests.kinds.driving import calls


def nodes(made: Spec, **choices: Any) -> dict[str, Node[Any, Any]]:
    return {node.key: node for node in compile_spec(made, **choices)}


def test_the_nodes_of_the_gpu_service() -> None:
    found = nodes(gpu())
    assert list(found) == [
        "log-group/ecsinfer/inference/llm",
        "cluster/inference",
        "capacity-provider/inference-gpu",
        "cluster-association/inference",
        "task-definition/llm",
        "service/llm",
        "scalable-target/llm",
    ]
    assert found["service/llm"].needs == ("task-definition/llm", "cluster-association/inference")
    assert found["cluster-association/inference"].needs == (
        "cluster/inference", "capacity-provider/inference-gpu",
    )  # fmt: skip


@pytest.mark.rule("K", "E12")
def test_scaling_follows_the_service_but_not_its_rollout() -> None:
    found = nodes(SPECS["scaled"])
    assert found["scalable-target/llm"].after == ("service/llm",)
    assert found["scaling-policies/llm"].needs == ("scalable-target/llm",)
    assert nodes(gpu())["service/llm"].after == ("scalable-target/llm",)


@pytest.mark.rule("B22")
def test_managed_instances_are_needed_by_their_service_and_associated_by_nobody() -> None:
    found = nodes(SPECS["managed-instances"])
    assert "cluster-association/inference" not in found
    assert found["service/llm"].needs[1:] == (
        "cluster/inference", "managed-instances/inference-mi",
    )  # fmt: skip


def test_fargate_is_associated_where_it_is_used_and_never_created() -> None:
    association = nodes(fargate())["cluster-association/inference"].desired
    assert association.providers == ("FARGATE", "FARGATE_SPOT")
    assert association.created == ()


def test_an_existing_provider_is_attached_and_never_written() -> None:
    capacity = {"theirs": {"name": "theirs", "existing": True}}
    service = {**LLM, "capacity": {"theirs": {}}}
    found = nodes(spec(capacity=capacity, services={"llm": service}))
    assert not any(key.startswith("capacity-provider/") for key in found)
    association = found["cluster-association/inference"].desired
    assert (association.providers, association.created) == (("theirs",), ())
    request = found["task-definition/llm"].desired.request
    assert "requiresCompatibilities" not in request


@pytest.mark.rule("B5", "B7")
def test_a_providers_settings_are_said_whole() -> None:
    desired: CapacityProvider = nodes(gpu())["capacity-provider/inference-gpu"].desired
    assert desired.settings == {
        "managedScaling": {
            "status": "ENABLED",
            "targetCapacity": 75,
            "minimumScalingStepSize": 1,
            "maximumScalingStepSize": 1000,
            "instanceWarmupPeriod": 300,
        },
        "managedTerminationProtection": "ENABLED",
        "managedDraining": "ENABLED",
    }


@pytest.mark.parametrize("name", SPECS)
def test_everything_that_a_spec_creates_carries_its_tag(name: str) -> None:
    made = SPECS[name]
    tagged = [
        node.desired.tags["ecsinfer:app"]
        for node in nodes(made).values()
        if hasattr(node.desired, "tags")
    ]
    assert tagged
    assert set(tagged) == {made.name}


@pytest.mark.parametrize("name", SPECS)
def test_every_create_is_a_call_that_botocore_accepts(name: str) -> None:
    for key, node in nodes(SPECS[name]).items():
        if key.startswith(("task-definition/", "scaling-policies/")):
            continue  # what they want depends on an answer
        verb, _ = node.kind.diff(node.desired, None)
        assert verb is Verb.KEEP or calls(node.kind.steps(node.desired, None, verb))


def test_tags_of_the_spec_are_on_everything_and_the_nearer_ones_win() -> None:
    made = spec(
        tags={"team": "ml", "stage": "prod"},
        capacity={"gpu": {**GPU, "tags": {"stage": "test"}}},
        services={"llm": LLM},
    )
    found = nodes(made)
    assert found["cluster/inference"].desired.tags["stage"] == "prod"
    tags = found["capacity-provider/inference-gpu"].desired.tags
    assert (tags["team"], tags["stage"]) == ("ml", "test")


def test_a_log_group_that_services_share_is_one_node() -> None:
    logs = {"logs": {"group": "/shared"}}
    services = {"one": {**LLM, **logs}, "two": {**LLM, **logs}}
    found = nodes(spec(capacity={"gpu": GPU}, services=services))
    assert [key for key in found if key.startswith("log-group/")] == ["log-group/shared"]
    assert nodes(spec(capacity={"gpu": GPU}, services=services), services=["one"])[
        "log-group/shared"
    ].desired.retain


def test_log_groups_that_differ_in_a_slash_are_two_nodes() -> None:
    services = {"one": {**LLM, "logs": {"group": "/a"}}, "two": {**LLM, "logs": {"group": "a"}}}
    found = nodes(spec(capacity={"gpu": GPU}, services=services))
    names = {node.desired.name for key, node in found.items() if key.startswith("log-group/")}
    assert names == {"/a", "a"}


def test_choosing_services_keeps_what_they_share() -> None:
    found = nodes(SPECS["several"], services=["api"])
    assert "service/llm" not in found
    assert "llm" in found["cluster/inference"].desired.retain
    assert found["cluster-association/inference"].desired.retain
    assert not nodes(SPECS["several"])["cluster/inference"].desired.retain


def test_an_unknown_service_or_region_is_a_wrong_command() -> None:
    with pytest.raises(UsageError, match="no service 'nope'"):
        compile_spec(gpu(), services=["nope"])
    regionless = Spec.model_validate(
        {"name": "inference", "capacity": {"cpu": CPU}, "services": {"llm": LLM}}
        | {"capacity": {"gpu": GPU}}
    )
    with pytest.raises(UsageError, match="region"):
        compile_spec(regionless)
    assert compile_spec(regionless, region="us-east-1")


@pytest.mark.rule("D2")
def test_another_fixed_field_is_another_create() -> None:
    def salt(made: Spec) -> str:
        found: str = nodes(made)["task-definition/llm"].desired.salt
        return found

    daemon = gpu(overrides={"service": {"schedulingStrategy": "DAEMON"}})
    assert salt(gpu()) == salt(gpu(replicas=5)) != salt(daemon)
