from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from ecsinfer.errors import Problem, SpecError
from ecsinfer.spec import Spec, load
from tests.spec.strategies import documents, specs
from tests.spec.support import ON_GPUS, load_document, load_text, plain, problems_of, with_service

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
KEYS = st.sampled_from(
    [
        "name", "region", "capacity", "services", "cluster", "gpu", "llm", "image", "command",
        "port", "ports", "resources", "network", "load_balancer", "task_definition", "scaling",
        "containerDefinitions", "portMappings", "rollout", "health", "logs", "sidecars", "volumes",
        "mounts", "environment", "secrets", "overrides", "service", "container", "tags", "FARGATE",
        "<<",
    ]
)  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 10**6)
    | st.floats(allow_nan=False)
    | st.text(max_size=6)
    | st.sampled_from(["${env:NOPE}", "${ssm:/x}", "5m", "1 GiB", "awsvpc", "FARGATE", "llm"])
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


def told(text: str) -> None:
    """Load a text; if it is refused, every problem has a line and says something."""
    problems: tuple[Problem, ...] = ()
    try:
        load_text(text)
    except SpecError as error:
        problems = error.problems
    assert all(each.line >= 1 and each.file and each.text for each in problems)


@given(st.text())
@example("{")
@example("name: x\nservices: {llm: {task_definition: [1]}}")
def test_no_text_makes_loading_raise_anything_but_a_spec_error(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    told(text)


@given(TREES)
def test_no_document_makes_loading_raise_anything_but_a_spec_error(tree: Any) -> None:
    told(yaml.safe_dump(tree))


@given(TREES, st.sampled_from(sorted(ON_GPUS["services"]["llm"])))
def test_nothing_in_a_service_makes_loading_raise_anything_but_a_spec_error(
    tree: Any, key: str
) -> None:
    document = plain(ON_GPUS)
    document["services"]["llm"][key] = tree
    told(yaml.safe_dump(document))


@given(st.dictionaries(st.text("abcN_-", min_size=1), TREES, max_size=3))
def test_no_task_definition_makes_loading_raise_anything_but_a_spec_error(tree: Any) -> None:
    container = {"name": "a", "image": "a", "memory": 512, **tree}
    definition = {"family": "llm", "containerDefinitions": [container, *tree.values()], **tree}
    service = {"task_definition": definition, "capacity": {"gpu": {}}}
    told(yaml.safe_dump({**ON_GPUS, "services": {"llm": service}}, sort_keys=False))


@given(documents())
def test_a_generated_spec_loads_to_what_its_models_say(document: dict[str, Any]) -> None:
    assert load_document(document) == Spec.model_validate(document)


@given(specs())
def test_generated_specs_name_everything(spec: Spec) -> None:
    for key in spec.services:
        assert spec.strategy(key)
        assert spec.service_name(key) == spec.container_name(key) == key
        assert spec.family(key) == f"{spec.name}-{key}"
        assert spec.log_group(key) == f"/ecsinfer/{spec.name}/{key}"
        assert all(spec.provider_name(each) for each in spec.strategy(key))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_the_examples_load(path: Path) -> None:
    assert load(path).services


def test_the_classic_example_has_every_name_as_given() -> None:
    spec = load(next(path for path in CONFIGS if path.stem == "capacity-provider-service"))
    provider, service = spec.capacity["main"], spec.services["app"]
    assert spec.cluster_name == "ecsCluster"
    assert spec.provider_name("main") == "myCapacityProvider"
    assert provider.tags == {"Name": "ecsCapacityProvider"}
    assert (provider.target_capacity, provider.scaling_steps) == (75, (1, 1000))
    assert provider.termination_protection
    assert spec.family("app") == "service"
    assert spec.container_name("app") == "my-inference-service"
    assert spec.service_name("app") == "appService"
    assert (service.resources.cpu, service.resources.memory, service.port) == (256, 512, 80)
    assert (service.capacity["main"].weight, service.capacity["main"].base) == (1, 1)
    assert (service.replicas, len(service.network.subnets)) == (3, 2)


class TestTaskDefinitionFiles:
    DEFINITION: ClassVar[Mapping[str, Any]] = {
        "family": "llm",
        "networkMode": "awsvpc",
        "containerDefinitions": [{"name": "llm", "image": "a", "memory": 512, "cpu": 0}],
    }

    @pytest.fixture
    def spec(self, tmp_path: Path) -> Path:
        patch = "{task_definition: taskdef.json, image: null, port: null, resources: null}"
        path = tmp_path / "ecsinfer.yaml"
        path.write_text(yaml.safe_dump(plain(with_service(ON_GPUS, patch))))
        return path

    def test_a_file_is_found_beside_the_spec_and_used_as_it_is(self, spec: Path) -> None:
        shell = {**self.DEFINITION, "containerDefinitions": [
            {**self.DEFINITION["containerDefinitions"][0], "command": ["echo", "${env:HOME}"]}
        ]}  # fmt: skip
        spec.with_name("taskdef.json").write_text(json.dumps(shell, indent="\t"))
        assert load(spec).services["llm"].task_definition == shell

    def test_yaml_and_described_task_definitions_are_understood(self, spec: Path) -> None:
        described = {"revision": 7, "status": "ACTIVE", "registeredBy": "me", **self.DEFINITION}
        tags = [{"key": "a", "value": "b"}]
        answer = {"taskDefinition": described, "tags": tags}
        spec.with_name("taskdef.yml").write_text(yaml.safe_dump(answer))
        spec.write_text(spec.read_text().replace("taskdef.json", "taskdef.yml"))
        assert load(spec).services["llm"].task_definition == {**self.DEFINITION, "tags": tags}

    def test_a_missing_file_is_told_where_it_is_named(self, spec: Path) -> None:
        with pytest.raises(SpecError) as raised:
            load(spec)
        (problem,) = raised.value.problems
        assert (problem.file, problem.path) == (str(spec), "services.llm.task_definition")
        assert "taskdef.json" in problem.text
        assert problem.line > 1

    @pytest.mark.parametrize(
        ("content", "line", "words"),
        [
            ('{"family":\n  oops}', 2, "not JSON"),
            ("[]", 1, "a task definition is a mapping"),
            ("\xff", 1, "not JSON"),
        ],
    )
    def test_a_broken_file_is_told_with_its_own_line(
        self, spec: Path, content: str, line: int, words: str
    ) -> None:
        path = spec.with_name("taskdef.json")
        path.write_bytes(content.encode("latin-1"))
        with pytest.raises(SpecError) as raised:
            load(spec)
        (problem,) = raised.value.problems
        assert (problem.file, problem.line) == (str(path), line)
        assert words in problem.text

    def test_the_name_of_a_file_must_be_known_without_aws(self) -> None:
        document = with_service(ON_GPUS, "task_definition: '${ssm:/name}'")
        assert "without asking AWS" in problems_of(document)[0].text


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ({"auto_scaling_group": "my-asg"}, "inference-gpu"),
        ({"auto_scaling_group": "my-asg", "name": "mine"}, "mine"),
        ({"existing": True}, "gpu"),
        ({"existing": True, "name": "theirs"}, "theirs"),
    ],
)
def test_a_provider_is_named_after_the_application_unless_it_is_not_ours(
    provider: dict[str, Any], name: str
) -> None:
    document = {**ON_GPUS, "capacity": {"gpu": provider}}
    assert load_document(document).provider_name("gpu") == name
