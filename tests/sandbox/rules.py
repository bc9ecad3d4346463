"""Which test holds which rule of AWS, as the tests' own markers say it.

`rules.yaml` lists every rule with its tests, or why no test holds it.
``python -m tests.sandbox.rules`` writes the tests that carry the markers into it; a test compares.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import yaml

TESTS = Path(__file__).parent.parent
RULES = TESTS / "sandbox" / "rules.yaml"
_RULE = re.compile(r"0\.\d|[A-J]\d+|K|L|M|N|O\d")
_HEAD = """\
# The rules of AWS that the project respects, and the tests that hold them: in `tests`, or, where no
# test holds the rule, why in `unheld`; what of a rule no test holds is in `but`. The tests follow from their markers: after a change,
# python -m tests.sandbox.rules
"""

Sources: TypeAlias = Mapping[str, tuple[ast.FunctionDef, tuple[ast.AST, ...]]]


def table() -> dict[str, dict[str, Any]]:
    """The committed rules by id."""
    rules: dict[str, dict[str, Any]] = yaml.safe_load(RULES.read_text())
    return rules


def sources() -> Sources:
    """Every test by its id: the function, and the tables of its module that it names."""
    found: dict[str, tuple[ast.FunctionDef, tuple[ast.AST, ...]]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        module = ast.parse(path.read_text())
        tables = dict(_assigned(module))
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                named = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
                of_module = tuple(tables[name] for name in sorted(named & tables.keys()))
                found[f"{path.relative_to(TESTS)}::{node.name}"] = (node, of_module)
    return found


def marked(tests: Sources) -> dict[str, list[str]]:
    """The ids of the tests that carry each rule's marker."""
    holders = defaultdict(list)
    for test, (function, tables) in tests.items():
        for rule in {rule for each in function.decorator_list for rule in _rules(each, tables)}:
            holders[rule].append(test)
    return holders


def rewrite() -> None:
    """Write the tests that carry the markers into the table."""
    rules, holders = table(), marked(sources())
    for rule, entry in rules.items():
        entry.pop("tests", None)
        if rule in holders:
            entry["tests"] = holders[rule]
    RULES.write_text(_HEAD + yaml.safe_dump(rules, sort_keys=False, width=100, allow_unicode=True))


def _assigned(module: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    for node in module.body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value


def _rules(decorator: ast.AST, tables: tuple[ast.AST, ...]) -> Iterator[str]:
    """The rules a decorator names: itself, or row by row in the table that it goes through."""
    marks = [each for each in _calls(decorator) if getattr(each.func, "attr", "") == "rule"]
    named = [text for mark in marks for cell in mark.args for text in _text(cell)]
    yield from named
    for table_ in (decorator, *tables):
        for row in ast.walk(table_):
            if (marks and not named) or (isinstance(row, ast.Call) and _is_case(row)):
                yield from _first(row)


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Call))


def _is_case(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "case"


def _first(row: ast.AST) -> Iterator[str]:
    """The rule with which a row of a parametrisation begins."""
    cells = row.args if isinstance(row, ast.Call) else getattr(row, "elts", [])
    yield from (text for cell in cells[:1] for text in _text(cell) if _RULE.fullmatch(text))


def _text(cell: ast.AST) -> Iterator[str]:
    if isinstance(cell, ast.Constant) and isinstance(cell.value, str):
        yield cell.value


if __name__ == "__main__":
    rewrite()
