from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.errors import SpecError
from ecsinfer.spec import load
from ecsinfer.spec.overlay import assign, merge, overlay_path
from ecsinfer.spec.reading import parse
from ecsinfer.spec.tree import Mark, Node, plain
from tests.spec.support import ON_GPUS, load_document, patched, problems_of

SCALARS = st.booleans() | st.integers(0, 9) | st.text("ab", max_size=2)


def mappings(scalars: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    keys = st.sampled_from("abcd")
    return st.recursive(
        st.dictionaries(keys, scalars | st.lists(SCALARS, max_size=2), max_size=3),
        lambda inner: st.dictionaries(keys, inner | scalars, max_size=3),
        max_leaves=8,
    )


MAPPINGS = mappings(SCALARS)
OVERLAYS = mappings(SCALARS | st.none())


def tree(value: Any, file: str = "base") -> Node:
    mark = Mark(file)
    if isinstance(value, dict):
        return Node({key: tree(item, file) for key, item in value.items()}, mark)
    if isinstance(value, list):
        return Node(tuple(tree(item, file) for item in value), mark)
    return Node(value, mark)


@given(MAPPINGS)
def test_merging_nothing_changes_nothing(base: dict[str, Any]) -> None:
    assert merge(tree(base), tree({})) == tree(base)


@given(MAPPINGS, OVERLAYS)
def test_merging_twice_is_merging_once(base: dict[str, Any], over: dict[str, Any]) -> None:
    once = merge(tree(base), tree(over))
    assert merge(once, tree(over)) == once


@given(MAPPINGS, OVERLAYS)
def test_merging_is_json_merge_patch(base: dict[str, Any], over: dict[str, Any]) -> None:
    assert plain(merge(tree(base), tree(over))) == patched(base, over)


@given(MAPPINGS, st.sampled_from("abcd"))
def test_null_takes_a_key_away(base: dict[str, Any], key: str) -> None:
    merged = plain(merge(tree(base), tree({key: None})))
    assert merged == {other: value for other, value in base.items() if other != key}


@given(MAPPINGS, MAPPINGS)
def test_every_value_keeps_the_file_it_was_written_in(
    base: dict[str, Any], over: dict[str, Any]
) -> None:
    merged = merge(tree(base, "base"), tree(over, "over"))
    for key, node in merged.entries.items():
        if not isinstance(node.value, dict):
            assert node.mark.file == ("over" if key in over else "base")


def test_lists_are_replaced_not_joined() -> None:
    assert plain(merge(tree({"a": [1, 2]}), tree({"a": [3]}))) == {"a": [3]}


class TestEnvironments:
    @pytest.fixture
    def base(self, tmp_path: Path) -> Path:
        path = tmp_path / "ecsinfer.yaml"
        path.write_text(
            "name: inference\ncapacity: {gpu: {auto_scaling_group: my-asg}}\n"
            "services:\n  llm:\n    image: vllm:v1\n    resources: {memory: 14 GiB}\n"
            "    network: {subnets: [subnet-1]}\n    replicas: 2\n"
        )
        return path

    def test_an_overlay_is_laid_over_the_base(self, base: Path) -> None:
        base.with_name("ecsinfer.prod.yaml").write_text("services: {llm: {replicas: 6}}\n")
        assert load(base).services["llm"].replicas == 2
        assert load(base, env="prod").services["llm"].replicas == 6

    def test_a_problem_names_the_file_that_it_came_from(self, base: Path) -> None:
        base.with_name("ecsinfer.prod.yaml").write_text("services:\n  llm:\n    replicas: many\n")
        with pytest.raises(SpecError) as raised:
            load(base, env="prod")
        (problem,) = raised.value.problems
        assert (Path(problem.file).name, problem.line) == ("ecsinfer.prod.yaml", 3)

    def test_a_missing_overlay_is_told_with_those_that_there_are(self, base: Path) -> None:
        base.with_name("ecsinfer.staging.yaml").write_text("{}")
        with pytest.raises(SpecError, match=r"there is no overlay .*(?s:.*)there are: staging"):
            overlay_path(base, "prod")

    def test_an_environment_is_no_path(self, base: Path) -> None:
        with pytest.raises(SpecError, match="letters, digits"):
            overlay_path(base, "../../etc/passwd")


class TestAssignments:
    def test_a_value_is_set_and_typed_as_in_the_file(self) -> None:
        spec = load_document(
            ON_GPUS, sets=["services.llm.image=repo:v2", "services.llm.replicas=3"]
        )
        assert (spec.services["llm"].image, spec.services["llm"].replicas) == ("repo:v2", 3)

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("a.b=1", {"a": {"b": 1}}),
            ("a.b=[x, y]", {"a": {"b": ["x", "y"]}}),
            ("a.b=", {"a": {"b": ""}}),
            ("a.b=null", {"a": {}}),
            (r"a.b\.c=x", {"a": {"b.c": "x"}}),
            ("a.b=x=y", {"a": {"b": "x=y"}}),
        ],
    )
    def test_assignments_are_yaml(self, text: str, value: object) -> None:
        assert plain(assign(parse("{}", "f"), [text])) == value

    def test_all_assignments_that_cannot_be_understood_are_told(self) -> None:
        with pytest.raises(SpecError) as raised:
            assign(parse("{a: [1]}", "f"), ["nonsense", "a.0=1", "b=[", "c=1"])
        assert len(raised.value.problems) == 3

    def test_the_value_does_not_come_back_in_a_problem(self) -> None:
        (problem,) = problems_of(ON_GPUS, sets=["services.llm.replicas=hunter2"])
        assert problem.file == "--set services.llm.replicas"
        assert str(problem).startswith("--set services.llm.replicas: "), "an option has no lines"
        assert "hunter2" not in str(problem)
