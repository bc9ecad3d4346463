from __future__ import annotations

import json
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.errors import UsageError
from ecsinfer.model import Action, Call, Change, Plan, Settle, Target, Verb
from ecsinfer.reconcile.codec import dump, load

TEXT = st.text(max_size=8)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | TEXT
    | st.datetimes(timezones=st.just(UTC)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
PARAMS = st.dictionaries(TEXT, VALUES, max_size=4)
CALLS = st.builds(
    Call,
    TEXT,
    TEXT,
    PARAMS,
    st.dictionaries(TEXT, TEXT, max_size=2),
    st.frozensets(st.sampled_from(["busy", "in-use", "gone"])),
)
SETTLES = st.builds(Settle, st.sampled_from(["ready", "gone"]), st.floats(0, 1e6))
CHANGES = st.builds(
    Change,
    TEXT,
    VALUES,
    VALUES,
    st.sampled_from(["in-place", "new-revision", "rollout", "replace"]),
)
ACTIONS = st.builds(
    Action,
    TEXT,
    st.sampled_from(Verb),
    st.lists(CHANGES, max_size=2).map(tuple),
    st.lists(CALLS | SETTLES, max_size=3).map(tuple),
    TEXT,
)
PLANS = st.builds(
    Plan,
    TEXT,
    st.builds(Target, TEXT, TEXT, TEXT),
    st.sampled_from(["deploy", "destroy"]),
    st.lists(ACTIONS, max_size=3).map(tuple),
)
EMPTY = Plan("app", Target("123456789012", "us-east-1"), "deploy", ())


@given(PLANS)
def test_a_plan_comes_back_as_it_went(plan: Plan) -> None:
    assert load(dump(plan)) == plan


def changed(**fields: Any) -> str:
    return json.dumps({**json.loads(dump(EMPTY)), **fields})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("not json", "no JSON"),
        ("[]", "no plan"),
        (changed(format="terraform"), "no plan"),
        (changed(version=1), "format version 1, and this ecsinfer executes version 2"),
        (changed(intent="explode"), "damaged"),
        (changed(actions=[{}]), "damaged"),
        (changed(target={"planet": "earth"}), "damaged"),
    ],
)
def test_what_is_no_plan_of_this_version_is_refused(text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        load(text)


def test_a_plan_of_another_application_is_refused() -> None:
    assert load(dump(EMPTY), application="app") == EMPTY
    with pytest.raises(UsageError, match="not of other"):
        load(dump(EMPTY), application="other")
