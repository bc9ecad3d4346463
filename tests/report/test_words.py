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


REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/team"
DIGESTS = "a180b5324b32" + "0" * 52, "b291c6435c43" + "0" * 52


def test_an_image_keeps_its_repository_its_tag_and_what_tells_of_its_digest() -> None:
    assert words.shown(f"vllm:v1@sha256:{DIGESTS[0]}") == "vllm:v1@sha256:a180b5324b32..."
    long = f"{REGISTRY}/vllm:v1@sha256:{DIGESTS[0]}"
    assert words.shown(long) == ".../team/vllm:v1@sha256:a180b5324b32..."
    assert words.shown(f"{REGISTRY}/inference/vllm-openai:v0.11.0") == (
        ".../team/inference/vllm-openai:v0.11.0"
    )


def test_a_tag_that_moved_shows_both_digests() -> None:
    old, new = (f"{REGISTRY}/vllm:v1@sha256:{digest}" for digest in DIGESTS)
    assert words.contrasted(old, new) == (
        ".../team/vllm:v1@sha256:a180b5324b32...",
        ".../team/vllm:v1@sha256:b291c6435c43...",
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["--model", "x" * 80, "--tp", "1"], ["--model", "x" * 80, "--tp", "2"]),
        ("x" * 80, "x" * 80 + "y"),
        (f"vllm@sha256:{'a' * 63}0", f"vllm@sha256:{'a' * 63}1"),
        ("1", 1),
        ("a b", "a\nb"),
    ],
)
def test_what_differs_is_shown_differently(old: object, new: object) -> None:
    shown = words.contrasted(old, new)
    assert shown[0] != shown[1]
    assert max(map(len, shown)) <= 60


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
