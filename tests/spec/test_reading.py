from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.errors import Problem, SpecError
from ecsinfer.spec import reading
from ecsinfer.spec.tree import plain


@pytest.fixture(autouse=True, params=["CSafeLoader", "SafeLoader"])
def _either_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """libyaml is there on most machines, not on all."""
    monkeypatch.setattr(reading, "_LOADER", getattr(yaml, request.param))


def values(text: str) -> Any:
    return plain(reading.parse(text, "f.yaml"))


def refusal(text: str) -> Problem:
    with pytest.raises(SpecError) as raised:
        reading.parse(text, "f.yaml")
    (problem,) = raised.value.problems
    return problem


def test_every_value_knows_its_line_and_column() -> None:
    root = reading.parse("a: 1\nb:\n  c: [x,\n    y]\n", "f.yaml")
    marks = {path: root.find(path).mark for path in (("a",), ("b", "c"), ("b", "c", 1))}
    assert {path: (mark.line, mark.column) for path, mark in marks.items()} == {
        ("a",): (1, 1),
        ("b", "c"): (3, 3),
        ("b", "c", 1): (4, 5),
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("8000", 8000), ("-1", -1), ("0.5", 0.5), ("true", True), ("false", False),
        ("", None), ("~", None), ("null", None), ("'8000'", "8000"), ("!!str 8000", "8000"),
    ],
)  # fmt: skip
def test_unquoted_scalars_have_their_types(text: str, value: object) -> None:
    found = values(f"k: {text}")["k"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "text", ["yes", "no", "on", "off", "1.10", "012345678901", "1_000", "0x1F", "2026-01-01", "1e3"]
)
def test_what_other_parsers_would_change_stays_as_it_is_written(text: str) -> None:
    assert values(f"k: {text}") == {"k": text}


def test_a_key_written_twice_is_refused_with_the_line_of_the_first() -> None:
    problem = refusal("a: 1\nb: 2\na: 3\n")
    assert (problem.line, problem.text) == (3, "the key a was written in line 1 already")


def test_keys_are_texts_whatever_they_look_like() -> None:
    assert values("8000: a\nno: b\n") == {"8000": "a", "no": "b"}


def test_anchors_and_merge_keys_work() -> None:
    text = "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a\n"
    assert values(text) == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 1, "y": 3},
        "c": {"x": 1, "y": 2},
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1", "this is not YAML"),
        ("a: 1\n---\nb: 2\n", "a second document"),
        ("a: !!python/object:os.system x", "tags"),
        ("a: *b", "alias"),
        ("a: &a [*a]", "alias"),
        ("? [1]\n: 2\n", "a key must be a plain word"),
        ("~: 1", "a key must be a plain word"),
        ("<<: 1", "merges mappings only"),
        ("[" * 60 + "]" * 60, "nested deeper"),
        ("a: \x07", "does not allow"),
        ("a: \ud800", "does not allow"),
    ],
)
def test_what_would_mislead_is_refused_with_its_line(text: str, words: str) -> None:
    problem = refusal(text)
    assert words in str(problem)
    assert problem.line >= 1


def test_a_document_that_doubles_itself_over_and_over_is_refused() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 30)]
    assert "more than" in refusal("\n".join(lines)).text


def test_a_file_that_is_not_there_is_a_problem_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"missing\.yaml:1:1: cannot read the file: no such file"):
        reading.read(tmp_path / "missing.yaml")


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"name: caf\xe9\n")
    with pytest.raises(SpecError, match="UTF-8"):
        reading.read(path)


def test_what_is_written_does_not_come_back_in_a_syntax_error() -> None:
    assert "hunter2" not in str(refusal("password: *hunter2"))
    assert "hunter2" not in str(refusal("password: @hunter2"))
    assert "hunter2" not in str(refusal("password: 'hunter2"))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text("abc: #'\"\n-{}[]"),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("ab-"), inner, max_size=3)
        ),
        max_leaves=10,
    )
)
def test_what_pyyaml_writes_is_read_as_it_was(value: Any) -> None:
    assert values(yaml.safe_dump(value)) == value
