from __future__ import annotations

import pytest

from tests.sandbox import rules

RANGES = {"A": 14, "B": 23, "C": 17, "D": 30, "E": 13, "F": 6, "G": 3, "H": 1}
PROMISED = [f"{room}{n}" for room, most in RANGES.items() for n in range(1, most + 1)] + ["J7"]


@pytest.fixture(scope="module")
def holders() -> dict[str, list[str]]:
    return rules.marked(rules.sources())


def test_every_rule_of_the_embedded_aws_is_listed() -> None:
    assert set(PROMISED) <= rules.table().keys()


def test_a_rule_has_tests_or_a_reason_for_having_none() -> None:
    for rule, entry in rules.table().items():
        assert entry["rule"], rule
        assert bool(entry.get("tests")) != bool(entry.get("unheld")), rule


def test_every_test_that_is_listed_carries_its_rule(holders: dict[str, list[str]]) -> None:
    for rule, entry in rules.table().items():
        assert set(entry.get("tests", ())) <= set(holders.get(rule, ())), rule


def test_every_rule_a_test_carries_is_listed(holders: dict[str, list[str]]) -> None:
    assert holders.keys() <= rules.table().keys()


def test_a_rule_listed_as_unheld_has_no_test(holders: dict[str, list[str]]) -> None:
    unheld = {rule for rule, entry in rules.table().items() if "unheld" in entry}

    assert unheld.isdisjoint(holders)
