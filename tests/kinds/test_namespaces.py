"""A namespace of Service Connect is the same by name and by ARN, and another one is a change."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from ecsinfer.errors import AwsError
from ecsinfer.kinds import namespaces
from ecsinfer.sandbox.scenario import Fault, Scenario
from ecsinfer.spec import Spec
from tests.application.specs import fargate
from tests.kinds.driving import rounds
from tests.kinds.living import Life, operations

ID = "ns-0a1b2c3d4e5f6a7b"
OWNER = "arn:aws:ecs:us-east-1:123456789012:service/inference/llm"
ARN = f"arn:aws:servicediscovery:us-east-1:123456789012:namespace/{ID}"
SHARED = ARN.replace("123456789012", "210987654321")
ANSWERS = {"GetNamespace": {"Namespace": {"Id": ID, "Name": "apps"}}}


def told(declared: str, shown: str, answers: Any = ANSWERS) -> tuple[Any, list[Any]]:
    """The namespace that counts as shown, and what was asked to know it."""
    seen = namespaces.as_declared({"namespace": declared}, {"namespace": shown}, OWNER)
    found, asked = rounds(seen, answers)
    return found["namespace"], [read.params for each in asked for read in each]


@pytest.mark.rule("A8", "D29")
def test_cloud_map_is_asked_only_where_one_is_a_name_and_the_other_an_arn() -> None:
    assert told("apps", ARN) == ("apps", [{"Id": ID}])
    assert told(ARN, "apps") == (ARN, [{"Id": ID}])
    assert told("others", ARN) == (ARN, [{"Id": ID}])
    assert told(ARN, "others") == ("others", [{"Id": ID}])
    for declared, shown in (("apps", "others"), (ARN, SHARED), ("", ARN), ("apps", "")):
        assert told(declared, shown) == (shown, [])


def test_a_shared_namespace_is_asked_for_by_its_arn() -> None:
    assert told("apps", SHARED) == ("apps", [{"Id": SHARED}])


def test_a_namespace_that_is_gone_is_another_and_one_that_is_hidden_the_same() -> None:
    assert told("apps", ARN, {})[0] == ARN
    denied = {"GetNamespace": {"denied": "servicediscovery:GetNamespace"}}
    assert told("apps", ARN, denied)[0] == "apps"


def connected(namespace: str) -> Spec:
    """A service in a namespace, which is its cluster's default."""
    made = fargate(service_connect={"enabled": True, "namespace": namespace})
    document = made.model_dump(exclude_unset=True)
    default = {"overrides": {"serviceConnectDefaults": {"namespace": namespace}}}
    return Spec.model_validate({**document, "cluster": default})


def world(form: Literal["given", "arn", "name"]) -> tuple[Life, dict[str, str]]:
    """An account that has namespaces, and their ARNs by name."""
    life = Life(Scenario(namespaces=form))
    cloud_map = life.sandbox.session().client("servicediscovery")
    for name in ("apps", "others"):
        cloud_map.create_http_namespace(Name=name)
    return life, {each["Name"]: each["Arn"] for each in cloud_map.list_namespaces()["Namespaces"]}


@pytest.mark.rule("A8", "D6", "D29")
@pytest.mark.parametrize("declared", ["name", "arn"])
@pytest.mark.parametrize("form", ["given", "arn", "name"])
def test_the_next_plan_is_empty_in_whichever_form_aws_shows_a_namespace(
    form: Literal["given", "arn", "name"], declared: str
) -> None:
    life, arns = world(form)
    made, other = (
        connected(name if declared == "name" else arns[name]) for name in ("apps", "others")
    )
    assert life.deploy(made).status == "done"
    assert life.plan(made).empty
    assert operations(life.plan(other)) == ["UpdateCluster", "UpdateService"]
    assert life.deploy(other).status == "done"
    assert life.plan(other).empty


@pytest.mark.rule("A8")
def test_a_default_namespace_is_removed_once() -> None:
    life, _ = world("given")
    life.deploy(connected("apps"))
    removed = connected("apps").model_dump(exclude_unset=True)
    removed["cluster"]["overrides"]["serviceConnectDefaults"]["namespace"] = ""
    spec = Spec.model_validate(removed)
    assert operations(life.plan(spec)) == ["UpdateCluster"]
    life.deploy(spec)
    assert life.plan(spec).empty


def test_what_is_no_configuration_is_left_to_the_check_of_the_call() -> None:
    nonsense: tuple[Any, ...] = ("apps", [], {"namespace": 7}, None)
    for each in nonsense:
        assert namespaces.of(each) is None
    life, _ = world("arn")
    life.deploy(connected("apps"))
    raw = {"service": {"serviceConnectConfiguration": "apps"}}
    with pytest.raises(AwsError, match="Invalid type for parameter serviceConnectConfiguration"):
        life.plan(fargate(overrides=raw))


@pytest.mark.rule("D29")
def test_nothing_rolls_where_namespaces_may_not_be_read() -> None:
    life, _ = world("arn")
    life.deploy(connected("apps"))
    life.sandbox.faults.add(
        Fault("GetNamespace", nth=0, code="AccessDeniedException", message="not authorized")
    )
    assert life.plan(connected("apps")).empty
