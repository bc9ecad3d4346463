from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecsinfer.errors import SpecError
from ecsinfer.spec.json_reading import read_json
from ecsinfer.spec.tree import plain

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@given(JSON, st.sampled_from([None, 2, "\t"]), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_read_is_what_json_says(
    tmp_path: Path, value: Any, indent: Any, ascii_only: bool
) -> None:
    path = tmp_path / "a.json"
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    assert plain(read_json(path)) == value


def test_every_value_knows_its_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"a": 1,\n "b": [\n  "x, y",\n  {"c": null}]}')
    root = read_json(path)
    places = {
        found: (mark.line, mark.column)
        for found, mark in (
            (steps, root.find(steps).mark)
            for steps in (("a",), ("b",), ("b", 0), ("b", 1), ("b", 1, "c"))
        )
    }
    assert list(places.values()) == [(1, 2), (2, 2), (3, 3), (4, 3), (4, 4)]
    assert root.mark.file == str(path)


@pytest.mark.parametrize(
    ("text", "line"), [("", 1), ("{\n1}", 2), ('{"a": NaN}', 1), ("[" * 2000, 1), ("[" * 60 + "]" * 60, 1)]
)  # fmt: skip
def test_what_is_no_json_is_refused_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(SpecError, match="this is not JSON") as refused:
        read_json(path)
    assert refused.value.problems[0].line == line
