"""Asking for causes: seldom, each told once, and never at the cost of the run."""

from __future__ import annotations

from collections.abc import Mapping

from ecsinfer.errors import AwsError
from ecsinfer.events import Cause, Event, Explained, Warned
from ecsinfer.reconcile.explaining import EVERY, Explaining
from ecsinfer.sandbox.clock import VirtualClock

KEY = "service/llm"


class Doctor:
    """Says what it is told to say, and counts how often it was asked."""

    def __init__(self, *codes: str) -> None:
        self.codes = codes
        self.asked = 0
        self.error: AwsError | None = None

    def __call__(self, _key: str, _saved: Mapping[str, str]) -> tuple[Cause, ...]:
        self.asked += 1
        if self.error:
            raise self.error
        return tuple(Cause(code, code) for code in self.codes)


def explaining(doctor: Doctor) -> tuple[Explaining, VirtualClock, list[Event]]:
    told: list[Event] = []
    clock = VirtualClock()
    return Explaining(doctor, clock, told.append), clock, told


def test_a_node_that_is_looked_at_often_is_asked_about_seldom() -> None:
    doctor = Doctor()
    asking, clock, _ = explaining(doctor)
    polls = 60
    for _ in range(polls):
        asking.on_the_way(KEY, {})
        clock.sleep(EVERY.total_seconds() / 10)
    assert doctor.asked == polls // 10 - 1


def test_a_cause_is_told_when_it_is_new_and_not_again() -> None:
    doctor = Doctor("disk-full")
    asking, _, told = explaining(doctor)
    asking.ask(KEY, {})
    doctor.codes = ("disk-full", "service-throttled")
    assert len(asking.ask(KEY, {})) == 2
    assert told == [
        Explained(KEY, (Cause("disk-full", "disk-full"),)),
        Explained(KEY, (Cause("service-throttled", "service-throttled"),)),
    ]


def test_the_same_cause_of_two_nodes_is_told_of_both() -> None:
    asking, _, told = explaining(Doctor("disk-full"))
    asking.ask(KEY, {})
    asking.ask("service/web", {})
    assert [event.node for event in told if isinstance(event, Explained)] == [KEY, "service/web"]


def test_a_question_that_fails_is_a_warning_and_no_failure() -> None:
    doctor = Doctor()
    doctor.error = AwsError("no answer")
    asking, _, told = explaining(doctor)
    assert asking.ask(KEY, {}) == ()
    assert told == [Warned("could not look for the cause: no answer", node=KEY)]
