"""Waiting for the world: one poll loop for everything that is on its way."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ecsinfer import events
from ecsinfer.errors import AwsError, BusyError, EcsInferError, RolloutFailedError, TimedOutError
from ecsinfer.model import Clock, Failed, Pending, Reader, Ready, Settle, Verb, Verdict
from ecsinfer.reconcile.explaining import Explaining
from ecsinfer.reconcile.graph import AnyNode
from ecsinfer.reconcile.observe import observe

FIRST_POLL = 2.0
SLOWEST_POLL = 12.0
GROWTH = 1.4
"""Seconds between two looks, growing: quick things are seen quickly, and long waits leave the
account's read bucket to others (I3)."""

MOST_FAILED_LOOKS = 5
"""Looks in a row that may fail before the wait does: a laptop that sleeps is no failed rollout."""


@dataclass(frozen=True, slots=True)
class Wait:
    """One node that something waits for.

    Attributes:
        node: the node.
        desired: what is wanted of it, bound.
        saved: what the calls on it saved.
        settle: the goal, and the seconds it may take.
        verb: what is being done with the node.
        since: when the wait began.
    """

    node: AnyNode
    desired: Any
    saved: Mapping[str, str]
    settle: Settle
    verb: Verb
    since: datetime


@dataclass(frozen=True, slots=True)
class Arrived:
    """The world is where it should be; `observed` is what it looks like."""

    wait: Wait
    observed: Any


@dataclass(frozen=True, slots=True)
class Broken:
    """The wait is over without its goal."""

    wait: Wait
    error: EcsInferError
    evidence: tuple[str, ...] = ()
    causes: tuple[events.Cause, ...] = ()


End = Arrived | Broken


@dataclass(slots=True)
class WaitingRoom:
    """Nodes on their way, looked at together.

    Attributes:
        reader: what looks.
        clock: what sleeps.
        emit: is told of every look.
        jitter: spreads the looks of several runs.
        explaining: is asked why a node is not ready.
        deadline: of the whole run; None is unlimited.
    """

    reader: Reader
    clock: Clock
    emit: events.Emit
    jitter: random.Random
    explaining: Explaining
    deadline: datetime | None = None
    _waits: dict[str, Wait] = field(default_factory=dict)
    _failed_looks: int = 0

    @property
    def rolling(self) -> tuple[str, ...]:
        """Keys of the nodes that are waited for."""
        return tuple(self._waits)

    def add(self, wait: Wait) -> None:
        """Wait for one more node."""
        self._waits[wait.node.key] = wait

    def until(self, keys: Iterable[str]) -> Iterator[End]:
        """Wait until none of `keys` is on its way; every wait that ends meanwhile, as it ends.

        Raises:
            AwsError: looking failed again and again.
        """
        wanted = set(keys)
        pause = FIRST_POLL
        while wanted & self._waits.keys():
            yield from self._poll()
            if wanted & self._waits.keys():
                self.clock.sleep(self._pause(pause))
                pause = min(SLOWEST_POLL, pause * GROWTH)

    def _pause(self, seconds: float) -> float:
        """The time to the next look: jittered, and never past the nearest deadline."""
        now = self.clock.now()
        left = min((self._limit(wait) - now).total_seconds() for wait in self._waits.values())
        return max(0.1, min(seconds * self.jitter.uniform(0.85, 1.15), left))

    def _limit(self, wait: Wait) -> datetime:
        own = wait.since + timedelta(seconds=wait.settle.within)
        return own if self.deadline is None else min(own, self.deadline)

    def _poll(self) -> list[End]:
        looks = {key: w.node.kind.observe(w.desired, w.saved) for key, w in self._waits.items()}
        try:
            seen = observe(self.reader, looks)
        except AwsError as error:
            self._failed_looks += 1
            if self._failed_looks >= MOST_FAILED_LOOKS:
                raise
            self.emit(events.Warned(f"could not look, trying again: {error}"))
            return []
        self._failed_looks = 0
        judged = [self._judge(wait, seen[key]) for key, wait in self._waits.items()]
        ended = [end for end in judged if end is not None]
        for end in ended:
            del self._waits[end.wait.node.key]
        return ended

    def _judge(self, wait: Wait, observed: Any) -> End | None:
        verdict = judge(wait, observed)
        if isinstance(verdict, Ready):
            return Arrived(wait, observed)
        if isinstance(verdict, Failed):
            return Broken(wait, _failure(wait, verdict), verdict.evidence, self._causes(wait))
        now = self.clock.now()
        if now >= self._limit(wait):
            causes = self._causes(wait)
            deepest = [each.title for each in causes[:1] if each.title not in verdict.why]
            why = ": ".join((verdict.why, *deepest))
            elapsed = (now - wait.since).total_seconds()
            return Broken(wait, _timeout(wait, why, elapsed), causes=causes)
        self.emit(
            events.Waiting(
                node=wait.node.key,
                why=verdict.why,
                elapsed=(now - wait.since).total_seconds(),
                within=(self._limit(wait) - wait.since).total_seconds(),
                progress=verdict.progress,
            )
        )
        if wait.settle.goal == "ready":
            self.explaining.on_the_way(wait.node.key, wait.saved)
        return None

    def _causes(self, wait: Wait) -> tuple[events.Cause, ...]:
        ready = wait.settle.goal == "ready"
        return self.explaining.ask(wait.node.key, wait.saved) if ready else ()


def judge(wait: Wait, observed: Any) -> Verdict:
    """How far a wait is."""
    verdict = wait.node.kind.verdict(wait.desired, observed, wait.saved)
    if wait.settle.goal == "ready":
        return verdict
    if observed is None:
        return Ready()
    if isinstance(verdict, Failed) and wait.saved:
        # The kind knows from `saved` that we sent the deletion: it is the deletion that failed.
        return verdict
    return verdict if isinstance(verdict, Pending) else Pending(f"{wait.node.key} is still there")


def _failure(wait: Wait, verdict: Failed) -> EcsInferError:
    text = f"{wait.node.key}: {verdict.why}"
    if verdict.superseded:
        return BusyError(text, hint="somebody else deploys here: run plan to see what is there now")
    return RolloutFailedError(text, hint=verdict.hint or "correct the cause and deploy again")


def _timeout(wait: Wait, why: str, elapsed: float) -> TimedOutError:
    return TimedOutError(
        f"{wait.node.key}: not {wait.settle.goal} after {events.duration(elapsed)}: {why}",
        hint="nothing was undone, and it goes on by itself: run the same command again to pick it "
        "up",
    )
