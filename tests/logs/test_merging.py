"""Many streams as one order: every line once, in order of time, however it is paged and delayed."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.logs.lines import Line, Source
from ecsinfer.logs.merging import OVERLAP, Following, Merging
from ecsinfer.sandbox.clock import EPOCH

SECOND = timedelta(seconds=1)
A, B = Source("/app", "a", "llm/a/"), Source("/app", "b", "llm/b/")


def line(second: float, name: str = "", source: Source = A) -> Line:
    at = EPOCH + second * SECOND
    return Line(at, "1", source.container, name, source.group, f"{source.prefix}1", name)


def names(lines: list[Line]) -> list[str]:
    return [each.message for each in lines]


def test_a_line_waits_until_no_source_can_have_an_older_one() -> None:
    merging = Merging([A, B])
    merging.take(A, [line(1, "a1"), line(5, "a5")], more=False)
    assert merging.ready() == []
    merging.take(B, [line(2, "b2", B), line(3, "b3", B)], more=True)
    assert names(merging.ready()) == ["a1", "b2", "b3"]
    assert merging.ready() == []
    merging.take(B, [line(6, "b6", B)], more=False)
    assert names(merging.ready()) == ["a5", "b6"]


def test_an_empty_page_that_is_not_the_last_holds_back_what_it_may_be_older_than() -> None:
    merging = Merging([A, B])
    merging.take(A, [line(1, "a1")], more=False)
    merging.take(B, [], more=True)
    assert merging.ready() == []
    merging.take(B, [line(0, "b0", B)], more=False)
    assert names(merging.ready()) == ["b0", "a1"]


pages = st.lists(st.lists(st.integers(0, 20), max_size=4), min_size=1, max_size=4)


@given(st.lists(pages, max_size=4))
def test_every_line_is_given_once_and_all_are_in_order_of_time(
    written: list[list[list[int]]],
) -> None:
    sources = [Source("/app", str(number), f"llm/{number}/") for number in range(len(written))]
    left: dict[Source, list[list[Line]]] = {}
    for source, chunks in zip(sources, written, strict=True):
        times = iter(sorted(at for chunk in chunks for at in chunk))
        left[source] = [
            [
                line(next(times), f"{source.container}-{number}-{place}", source)
                for place in range(len(chunk))
            ]
            for number, chunk in enumerate(chunks)
        ]
    every = [each for chunks in left.values() for chunk in chunks for each in chunk]
    merging, given_out = Merging(sources), list[Line]()
    while left:
        for source in list(left):
            merging.take(source, left[source].pop(0), more=bool(left[source]))
            if not left[source]:
                del left[source]
        given_out += merging.ready()
    assert [each.at for each in given_out] == sorted(each.at for each in every)
    assert Counter(names(given_out)) == Counter(names(every))
    for source in sources:
        assert [each for each in given_out if each.container == source.container] == [
            each for each in every if each.container == source.container
        ]


class Shown:
    """CloudWatch Logs: lines can be read some seconds after they were written."""

    def __init__(self, written: list[tuple[int, int]]) -> None:
        self.lines = [(line(at, str(n)), at + delay) for n, (at, delay) in enumerate(written)]

    def read(self, since: datetime, now: int) -> list[Line]:
        visible = [each for each, seen in self.lines if seen <= now and each.at >= since]
        return sorted(visible, key=lambda each: each.at)


@given(
    st.lists(st.tuples(st.integers(0, 100), st.integers(0, 29)), max_size=30),
    st.integers(1, 17),
    st.integers(-200, 200),
)
def test_following_tells_every_line_once_however_wrong_this_machine_s_clock_is(
    written: list[tuple[int, int]], pause: int, error: int
) -> None:
    logs = Shown(written)
    following = Following(EPOCH)
    told: list[Line] = []
    for now in range(0, 150, pause):
        told += following.new(logs.read(following.start, now), EPOCH + (now + error) * SECOND)
    assert sorted(names(told)) == sorted(each.message for each, _ in logs.lines)


def test_following_reads_no_more_than_the_overlap_again_and_remembers_no_more() -> None:
    following = Following(EPOCH)
    for now in range(0, 600, 10):
        following.new([line(now, str(now))], EPOCH + now * SECOND)
    assert following.start == EPOCH + 590 * SECOND - OVERLAP
    assert len(following._recent) == OVERLAP.seconds / 10 + 1


@pytest.mark.parametrize("ahead", [0, 3600])
def test_a_container_whose_clock_is_ahead_hides_nobody_s_lines(ahead: int) -> None:
    following = Following(EPOCH)
    following.new([line(100 + ahead, "ahead")], EPOCH + 100 * SECOND)
    assert following.start == EPOCH + 100 * SECOND - OVERLAP
