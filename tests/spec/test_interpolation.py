from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.spec.interpolation import Offline, Reference, interpolate, unresolved
from ecsinfer.spec.reading import parse
from ecsinfer.spec.tree import Mark, Node, plain
from tests.spec.support import (
    ON_GPUS,
    ROLE,
    load_document,
    only_problem_of,
    problems_of,
    with_service,
)

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:hf-0a1b2c"


class Answers:
    """A lookup that knows a few things, and counts what it is asked."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()

    def _answer(self, known: Mapping[str, str], name: str) -> str | None:
        self.asked[name] += 1
        return known.get(name)

    def env(self, name: str) -> str | None:
        return self._answer({"IMAGE": "vllm:v2", "COUNT": "3", "EMPTY": ""}, name)

    def ssm(self, path: str) -> str | None:
        return self._answer({"/model": "llama", "/count": "3"}, path)

    def secret_arn(self, name: str) -> str | None:
        return self._answer({"hf": ARN}, name)

    def stack_output(self, stack: str, output: str) -> str | None:
        return self._answer({"network.SubnetId": "subnet-9"}, f"{stack}.{output}")


def answered(text: str) -> object:
    stage = interpolate(parse(f"k: {text}", "f"), Answers())
    assert not stage.problems
    return plain(stage.root)["k"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${env:IMAGE}", "vllm:v2"),
        ("registry/${env:IMAGE}-x", "registry/vllm:v2-x"),
        ("${env:NOPE:-default}", "default"),
        ("${env:NOPE:-}", ""),
        ("${env:EMPTY}", ""),
        ("${ssm:/model}", "llama"),
        ("${secret:hf}", ARN),
        ("${secret:hf}:token::", f"{ARN}:token::"),
        ("${cfn:network.SubnetId}", "subnet-9"),
        ("$${env:IMAGE}", "${env:IMAGE}"),
        ("${HOME} ${PORT:-80} ${x:1}", "${HOME} ${PORT:-80} ${x:1}"),
    ],
)
def test_interpolations_are_answered(text: str, value: str) -> None:
    assert answered(f"'{text}'") == value


def test_an_unquoted_number_is_a_number() -> None:
    assert answered("${env:COUNT}") == 3
    assert answered("'${env:COUNT}'") == "3"


def test_a_secret_becomes_its_arn() -> None:
    document = with_service(
        ON_GPUS, f"{{secrets: {{HF_TOKEN: '${{secret:hf}}'}}, roles: {{execution: '{ROLE}'}}}}"
    )
    spec = load_document(document, lookup=Answers())
    assert spec.services["llm"].secrets == {"HF_TOKEN": ARN}


def test_each_thing_is_asked_for_once() -> None:
    answers = Answers()
    interpolate(parse("- a-${ssm:/model}\n- b-${ssm:/model}\n- ${ssm:/count}", "f"), answers)
    assert answers.asked == {"/model": 1, "/count": 1}


def test_everything_without_an_answer_is_told_at_once_with_its_line() -> None:
    text = "a: ${env:NOPE}\nb:\n- ${ssm:/nope}\n- ${secret:nope}\nc: ${cfn:nope.Out}\n"
    problems = interpolate(parse(text, "f.yaml"), Answers()).problems
    assert [(each.line, each.path) for each in problems] == [
        (1, "a"),
        (3, "b[0]"),
        (4, "b[1]"),
        (5, "c"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "${env:}", "${env:1X}", "${env:X", "${env:X:-${env:Y}}", "${ssm:}", "${ssm:a b}",
        "${secret:}", "${cfn:stack}", "${evn:X}", "${task-definition/llm#arn}",
    ],
)  # fmt: skip
def test_what_is_malformed_is_told_and_not_repeated(text: str) -> None:
    (problem,) = interpolate(parse(f"k: '{text}'", "f"), Answers()).problems
    assert problem.hint
    assert (problem.file, problem.line) == ("f", 1)


def test_a_default_is_never_repeated() -> None:
    (problem,) = interpolate(parse("k: '${env:1X:-hunter2}'", "f"), Answers()).problems
    assert "hunter2" not in str(problem)


def test_a_broken_interpolation_does_not_hide_what_else_is_wrong() -> None:
    document = with_service(ON_GPUS, "{replicas: '${env:NOPE}', image: '${evn:X}', port: 70000}")
    assert {each.path for each in problems_of(document, lookup=Answers())} == {
        "services.llm.replicas",
        "services.llm.image",
        "services.llm.port",
    }


class TestOffline:
    def test_environment_variables_are_the_process_s(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COUNT", "4")
        spec = load_document(with_service(ON_GPUS, "replicas: ${env:COUNT:-1}"))
        assert spec.services["llm"].replicas == 4

    def test_what_only_aws_knows_stays_and_is_checked_in_form(self) -> None:
        document = with_service(ON_GPUS, "network: {subnets: ['${cfn:network.SubnetId}']}")
        spec = load_document(document)
        assert spec.services["llm"].network.subnets == ("${cfn:network.SubnetId}",)
        broken = with_service(ON_GPUS, "network: {subnets: ['${cfn:network}']}")
        assert "${cfn:stack.output}" in only_problem_of(broken).text

    def test_what_would_be_asked_of_aws_is_known_and_stays_as_it_is_written(self) -> None:
        offline = Offline()
        text = (
            "- ${ssm:/model:3}-${secret:hf}\n- ${cfn:base.Group} ${ssm:/model:3}\n"
            "- $${ssm:/not} ${HOME} ${env:NOPE:-x}\n"
        )
        stage = interpolate(parse(text, "f"), offline)
        assert plain(stage.root) == [
            "${ssm:/model:3}-${secret:hf}",
            "${cfn:base.Group} ${ssm:/model:3}",
            "${ssm:/not} ${HOME} x",
        ]
        assert offline.references == [
            Reference("ssm", "/model:3"),
            Reference("secret", "hf"),
            Reference("cfn", "base", "Group"),
        ]

    def test_a_name_that_only_aws_knows_is_not_held_against_its_form(self) -> None:
        spec = load_document({**ON_GPUS, "cluster": {"name": "${cfn:base.Cluster}"}})
        assert unresolved(spec.cluster_name)


@given(st.text(alphabet="${}:-envsmcf/x. \n"))
def test_interpolating_never_raises_and_is_the_text_where_nothing_is_asked(text: str) -> None:
    node = Node(text, Mark("f"))
    stage = interpolate(node, Answers())
    if "${" not in text:
        assert stage.root == node


@given(st.text())
def test_escaping_gives_any_text_back(text: str) -> None:
    escaped = Node(text.replace("${", "$${"), Mark("f"))
    if "$$${" not in escaped.value:  # type: ignore[operator]  # it is a text
        assert interpolate(escaped, Answers()).root.value == text
