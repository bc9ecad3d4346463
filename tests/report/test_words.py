import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer import events
from ecsinfer.model import Change, Ref, Verb
from ecsinfer.report import words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0s"), (59.4, "59s"), (59.6, "1m 00s"), (185, "3m 05s"), (3720, "1h 02m")],
)
def test_durations_read_as_a_person_says_them(seconds: float, said: str) -> None:
    assert events.duration(seconds) == said


def test_every_verb_has_a_sign_a_colour_and_a_phrase() -> None:
    assert set(words.SIGN) == set(words.COLOUR) == set(words.PHRASE) == set(Verb)


def test_a_promised_value_is_shown_as_such() -> None:
    assert words.shown(Ref.to("task-definition/llm", "arn")) == "(known after apply)"
    assert words.shown([Ref.to("cluster/a", "arn")]) == "[(known after apply)]"


def test_a_long_arn_keeps_its_telling_end() -> None:
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/llm/0123456789abcdef"
    assert words.shown(arn, width=30) == "..." + arn[-27:]


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_a_shown_value_always_fits_its_line(value: object) -> None:
    text = words.shown(value)
    assert len(text) <= 60
    assert "\n" not in text


def test_the_gravest_effect_is_named_first() -> None:
    changes = [Change("a", 1, 2), Change("b", 1, 2, "rollout"), Change("c", 1, 2, "replace")]
    assert [each.effect for each in words.effects(changes)] == ["replace", "rollout", "in-place"]


def test_progress_is_told_in_numbers_only_where_there_are_numbers() -> None:
    assert words.progress_line({}) == ""
    numbers = {"desired": 3, "running": 1, "pending": 2, "failed": 0, "stage": "BAKE_TIME"}
    assert words.progress_line(numbers) == "1/3 running, 2 pending, bake time"
