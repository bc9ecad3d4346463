"""L4: one fault at any one request of any command; the same command ends as if it had not been.

Every request that a deploy, a destroy and a destroy that may empty its groups send, of every spec
and from the planning to the last look of the last wait, is met by every fault: the process is
killed before it, and after it was answered; its answer is lost; it is throttled; AWS answers 500.
Of a change it is every write: it plans and waits as a deploy does. A life has one fault, and is
lived to its end. Lives that are one and the same from some moment on are lived once, and these are:

- Killed at two moments between which nothing was written and no time passed. A killed process takes
  nothing with it, so what is left is the world, which changes by writes and by time alone.
- A question that is lost, throttled or answered 500. botocore asks it again, and it is answered as
  if it had not failed, which is tried here for every question with each of the three. A question
  changes nothing, so all that is left of the failure is the second that botocore has waited.
- Two questions of one moment, one of which has failed. Those before it are answered at once, and it
  and those after it a second later. Where that second made no difference to the answers, which is
  compared, the process was told the same whichever it was, and the first one's life is the other's.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Iterator
from datetime import datetime
from functools import partial

import pytest
from botocore.exceptions import ClientError

from ecsinfer import events
from ecsinfer.aws.gateway import Sent
from ecsinfer.model import Answer
from ecsinfer.sandbox.embedded import Sandbox
from tests.laws.branches import Branches, grow
from tests.laws.faults import KINDS, Once
from tests.laws.lives import (
    SPECS,
    account,
    before,
    commands,
    require_as_undisturbed,
    require_undisturbed,
    run,
    undisturbed,
)
from tests.laws.world import Account, Door, KilledError, Run, Send, just_send

Moment = tuple[int, datetime]
Told = Answer | ClientError

LIVES = [(name, command) for name in SPECS for command in commands(name)]

OVERCOME = {"lost": "applied", "throttled": "refused", "500": "not applied"}
"""What a run finds out about a write that has failed: each kind is overcome in its own way."""

PAUSE = 1.0
"""The longest that botocore waits before it asks again for the first time: seconds."""


def ready(name: str, command: str) -> Account:
    """An account in which the command is the next."""
    undisturbed(name, command)  # lived once, not again in every branch
    where = account()
    for earlier in before(name, command):
        run(where, name, earlier)
    return where


@pytest.mark.rule("I7", "K", "N")
@pytest.mark.parametrize(("name", "command"), LIVES)
def test_a_run_that_is_killed_at_any_request_is_picked_up(name: str, command: str) -> None:
    def life(branches: Branches) -> None:
        where = ready(name, command)
        where.around = Killer(where, branches, reads=command != "change")
        with contextlib.suppress(KilledError):
            run(where, name, command)
        where.around = just_send
        if not branches.on_trunk:
            assert run(where, name, command).error == ""
        require_undisturbed(where, name, command, branches.what)

    grow(life)


class Killer:
    """Ends the process before and after every request, in lives of their own."""

    def __init__(self, where: Account, branches: Branches, *, reads: bool) -> None:
        self._sandbox, self._branches, self._reads = where.sandbox, branches, reads
        self._moments: set[Moment] = set()

    def __call__(self, door: Door, sent: Sent, send: Send) -> Answer:
        self._may_kill(door, "before", sent)
        answer = send()
        self._may_kill(door, "after", sent)
        return answer

    def _may_kill(self, door: Door, when: str, sent: Sent) -> None:
        moment = moment_of(door, self._sandbox)
        if moment in self._moments or not (sent.writes or self._reads):
            return
        self._moments.add(moment)
        if self._branches.leave(f"killed {when} {sent.operation}, request {len(door.log)}"):
            raise KilledError


@pytest.mark.rule("I7", "0.6", "K")
@pytest.mark.parametrize(("name", "command"), LIVES)
def test_a_write_that_fails_once_is_overcome_in_the_same_run(name: str, command: str) -> None:
    def life(branches: Branches) -> None:
        where = ready(name, command)
        failing: list[tuple[str, str]] = []

        def around(door: Door, sent: Sent, send: Send) -> Answer:
            if sent.writes and branches.on_trunk:
                for kind, becomes in OVERCOME.items():
                    if branches.leave(f"{kind}: {sent.operation}, request {len(door.log)}"):
                        failing.append((becomes, sent.operation))
                        return fail(where, kind, send)
            return send()

        where.around = around
        met = run(where, name, command)
        where.around = just_send
        assert (met.status, met.error) == ("done", "")
        assert list(troubles(met)) == failing
        require_undisturbed(where, name, command, branches.what)

    grow(life)


@pytest.mark.rule("I5", "0.5")
@pytest.mark.parametrize(("name", "command"), [each for each in LIVES if each[1] != "change"])
def test_a_question_that_fails_once_is_asked_again_and_nothing_else_changes(
    name: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def life(branches: Branches) -> None:
        where = ready(name, command)
        where.reconnect()
        where.around = questions = Questions(where, branches)
        monkeypatch.setattr(time, "sleep", questions.pause)
        met = run(where, name, command)
        where.around = just_send
        assert (met.status, met.error) == ("done", "")
        assert list(troubles(met)) == []
        require_as_undisturbed(where, name, command, branches.what)

    grow(life)


class Questions:
    """Every question fails once in every way; the lives that differ from then on leave the trunk.

    They report what they were told at the moment after the failure.
    """

    def __init__(self, where: Account, branches: Branches) -> None:
        self._where, self._branches = where, branches
        self._turn = itertools.cycle(KINDS)
        self._moment: Moment | None = None
        self._now: list[int] = []
        self._later: list[int] = []

    def __call__(self, door: Door, sent: Sent, send: Send) -> Answer:
        if sent.writes:
            return send()
        return given(self._ask(door, send) if self._branches.on_trunk else self._noted(door, send))

    def _ask(self, door: Door, send: Send) -> Told:
        """What the trunk is told."""
        told = outcome(send)
        self._rehearse(told, door, send)
        first = self._moment != moment_of(door, self._where.sandbox)
        if first:
            self._moment, self._now = moment_of(door, self._where.sandbox), []
        if first or self._now != self._later[: len(self._now)]:
            kind = next(self._turn)
            if self._branches.leave(f"{kind}: {door.log[-1].operation}, request {len(door.log)}"):
                self._moment = None
                return self._noted(door, partial(fail, self._where, kind, send))
        if first:
            self._later = self._branches.report
        self._now.append(self._digest(told))
        return told

    def _rehearse(self, told: Told, door: Door, send: Send) -> None:
        """A question that fails without time to pass is answered as if it had not."""
        now, before = self._where.sandbox.clock.now(), len(door.log)
        for kind in KINDS:
            again = outcome(partial(fail, self._where, kind, send))
            assert self._digest(again) == self._digest(told), (kind, again, told)
            assert self._where.sandbox.clock.now() == now
        del door.log[before:]

    def _noted(self, door: Door, send: Send) -> Told:
        """What a life was told, which it reports if it is still the moment after the failure."""
        told = outcome(send)
        moment = moment_of(door, self._where.sandbox)
        self._moment = self._moment or moment
        if moment == self._moment:
            self._branches.report.append(self._digest(told))
        return told

    def _digest(self, told: Told) -> int:
        words = str(told) if isinstance(told, ClientError) else repr(told)
        return hash((repr(self._where.sandbox.calls[-1]), words))

    def pause(self, _seconds: float) -> None:
        """What botocore does before it asks again."""
        if not self._branches.on_trunk:
            self._where.sandbox.clock.sleep(PAUSE)


def fail(where: Account, kind: str, send: Send) -> Answer:
    """Send a request that meets a fault of that kind, though not when it is sent again."""
    where.sandbox.application.faults = once = Once(kind)
    try:
        return send()
    finally:
        assert once.struck


def troubles(met: Run) -> Iterator[tuple[str, str]]:
    """Each call that was not simply answered, with what had become of it."""
    for event in met.events:
        if isinstance(event, events.CallRetried):
            yield "refused", event.operation
        elif isinstance(event, events.ResponseLost):
            yield "applied" if event.applied else "not applied", event.operation


def moment_of(door: Door, sandbox: Sandbox) -> Moment:
    """The world changes by writes and by time alone."""
    return door.counts.writes, sandbox.clock.now()


def outcome(send: Send) -> Told:
    """The answer, or the refusal: that something is not there is an answer, too."""
    try:
        return send()
    except ClientError as refusal:
        return refusal


def given(told: Told) -> Answer:
    """What the process is told."""
    if isinstance(told, ClientError):
        raise told
    return told
