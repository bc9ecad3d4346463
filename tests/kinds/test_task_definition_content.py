"""Two task definitions are the same when AWS would run them the same."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.kinds import task_definition_content as content

REQUEST: dict[str, Any] = {
    "family": "llm",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["EC2"],
    "cpu": "4096",
    "memory": "14336",
    "containerDefinitions": [
        {
            "name": "llm",
            "image": "vllm:v1",
            "command": ["--model", "/models/llama"],
            "environment": [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}],
            "portMappings": [{"containerPort": 8000}],
            "resourceRequirements": [{"type": "GPU", "value": "1"}],
            "healthCheck": {"command": ["CMD", "true"]},
            "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/llm"}},
            "mountPoints": [{"sourceVolume": "models", "containerPath": "/models"}],
        },
        {"name": "proxy", "image": "envoy:1"},
    ],
    "volumes": [
        {"name": "models", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}},
    ],
}


def as_aws_describes() -> dict[str, Any]:
    """REQUEST with everything that AWS adds and reorders."""
    described = copy.deepcopy(REQUEST)
    described.update(
        taskDefinitionArn="arn:aws:ecs:us-east-1:123456789012:task-definition/llm:3",
        revision=3,
        status="ACTIVE",
        compatibilities=["EC2", "EXTERNAL"],
        requiresAttributes=[{"name": "com.amazonaws.ecs.capability.efsAuth"}],
        placementConstraints=[],
        registeredBy="arn:aws:iam::123456789012:root",
        cpu="4 vCPU",
        memory="14 GB",
        runtimePlatform={"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
        enableFaultInjection=False,
    )
    llm, proxy = described["containerDefinitions"]
    described["containerDefinitions"] = [proxy, llm]
    for container in (llm, proxy):
        container.update(cpu=0, essential=True, volumesFrom=[], systemControls=[])
    proxy.update(environment=[], mountPoints=[], portMappings=[])
    llm["environment"].reverse()
    llm["portMappings"][0].update(hostPort=8000, protocol="tcp")
    llm["healthCheck"].update(interval=30, timeout=5, retries=3)
    llm["mountPoints"][0]["readOnly"] = False
    llm["aNewFeature"] = {"enabled": True}
    described["volumes"][0]["efsVolumeConfiguration"].update(
        rootDirectory="/", transitEncryption="DISABLED"
    )
    return described


def changed(edit: Any) -> dict[str, tuple[Any, Any]]:
    """path -> (old, new) of the changes that an edit of REQUEST makes."""
    desired = copy.deepcopy(REQUEST)
    edit(desired)
    found = content.differences(desired, as_aws_describes())
    return {change.path: (change.old, change.new) for change in found}


def container(request: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = request["containerDefinitions"][0]
    return found


@pytest.mark.rule("C10")
def test_what_aws_fills_in_and_reorders_is_no_difference() -> None:
    assert content.differences(REQUEST, as_aws_describes()) == ()


@pytest.mark.rule("C10")
def test_what_aws_fills_in_does_not_change_the_digest() -> None:
    described = as_aws_describes()
    del described["containerDefinitions"][1]["aNewFeature"]
    assert content.digest(described) == content.digest(REQUEST)


def test_an_edited_variable_differs_under_its_own_name() -> None:
    def edit(request: dict[str, Any]) -> None:
        container(request)["environment"][1]["value"] = "9"

    assert changed(edit) == {
        "containerDefinitions[llm].environment[A]": ("1", "9"),
    }


def test_a_variable_that_comes_or_goes_is_one_change() -> None:
    def edit(request: dict[str, Any]) -> None:
        container(request)["environment"] = [{"name": "A", "value": "1"}, {"name": "C"}]

    assert changed(edit) == {
        "containerDefinitions[llm].environment[B]": ("2", None),
        "containerDefinitions[llm].environment[C]": (None, ""),
    }


def test_what_the_spec_dropped_differs() -> None:
    def edit(request: dict[str, Any]) -> None:
        del container(request)["environment"][0]
        del container(request)["healthCheck"]

    assert set(changed(edit)) == {
        "containerDefinitions[llm].environment[B]",
        "containerDefinitions[llm].healthCheck.command",
    }


@pytest.mark.rule("C10")
def test_the_order_of_a_command_matters() -> None:
    def edit(request: dict[str, Any]) -> None:
        container(request)["command"].reverse()

    assert set(changed(edit)) == {"containerDefinitions[llm].command"}


@pytest.mark.rule("C10")
def test_a_role_by_name_is_the_role_by_arn() -> None:
    by_name = {**REQUEST, "taskRoleArn": "llm-task"}
    by_arn = {**as_aws_describes(), "taskRoleArn": "arn:aws:iam::123456789012:role/llm-task"}
    assert content.differences(by_name, by_arn) == ()
    assert content.differences({**by_name, "taskRoleArn": "other"}, by_arn) != ()


@pytest.mark.parametrize("key", ["HF_TOKEN", "DB_PASSWORD", "apiKey", "CLIENT_SECRET"])
def test_a_value_whose_name_looks_secret_is_hidden(key: str) -> None:
    def edit(request: dict[str, Any]) -> None:
        container(request)["environment"].append({"name": key, "value": "s3cret"})

    shown = changed(edit)
    assert f"containerDefinitions[llm].environment[{key}]" in shown
    assert "s3cret" not in str(shown)


@pytest.mark.parametrize("value", ["postgres://user:s3cret@db/llm", "hf_s3cret" + "a" * 20])
def test_a_value_that_looks_secret_is_hidden_wherever_it_is(value: str) -> None:
    def edit(request: dict[str, Any]) -> None:
        container(request)["environment"][0]["value"] = value
        container(request)["command"].append(value)

    assert "s3cret" not in str(changed(edit))


ports = st.fixed_dictionaries(
    {"containerPort": st.integers(1, 9)},
    optional={
        "hostPort": st.sampled_from([0, 1, 80]),
        "protocol": st.sampled_from(["tcp", "udp"]),
    },
)
maybe_flag = st.sampled_from([None, True, False])
containers: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"name": st.sampled_from("abc"), "image": st.just("i")},
    optional={
        "environment": st.lists(
            st.fixed_dictionaries({"name": st.sampled_from("xyz"), "value": st.text(max_size=3)})
        ),
        "portMappings": st.lists(ports, max_size=3),
        "essential": maybe_flag,
        "privileged": maybe_flag,
        "cpu": st.sampled_from([0, 10]),
        "command": st.lists(st.text(max_size=2), max_size=2),
        "dockerLabels": st.dictionaries(st.text(max_size=2), st.integers() | st.booleans()),
        "ulimits": st.lists(
            st.fixed_dictionaries(
                {"name": st.sampled_from(["nofile", "core"]), "softLimit": st.just(1)}
            )
        ),
    },
)
requests: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "family": st.just("f"),
        "containerDefinitions": st.lists(containers, max_size=3, unique_by=lambda c: c["name"]),
    },
    optional={
        "networkMode": st.sampled_from(["awsvpc", "bridge", "host", None]),
        "cpu": st.sampled_from(["1 vCPU", ".5 vcpu", "1024", 256]),
        "memory": st.sampled_from(["2GB", "2 gb", "512"]),
        "volumes": st.lists(st.fixed_dictionaries({"name": st.just("v"), "host": st.just({})})),
    },
)


@given(requests)
def test_normalising_twice_is_normalising_once(request: dict[str, Any]) -> None:
    once = content.normalise(request)
    assert content.normalise(once) == once


@given(requests, st.randoms(use_true_random=False))
def test_the_digest_is_blind_to_order(request: dict[str, Any], chance: Any) -> None:
    shuffled = copy.deepcopy(request)
    chance.shuffle(shuffled["containerDefinitions"])
    for each in shuffled["containerDefinitions"]:
        for member in ("environment", "portMappings", "ulimits"):
            chance.shuffle(each.get(member, []))
    assert content.digest(shuffled) == content.digest(request)


@given(requests)
def test_nothing_differs_from_itself(request: dict[str, Any]) -> None:
    assert content.differences(request, content.normalise(request)) == ()
