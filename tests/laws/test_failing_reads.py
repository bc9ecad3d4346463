"""L4: a question that fails once is asked again, and the command ends as if it had not."""

from __future__ import annotations

import time

import pytest

from ecsinfer.sandbox.scenario import Fault
from ecsinfer.sandbox.wire.faults import Faults
from tests.laws.contents import REST
from tests.laws.faults import KINDS, fault
from tests.laws.lives import (
    SPECS,
    account,
    commands,
    require_undisturbed,
    run,
    undisturbed,
)
from tests.laws.world import Account, Run


class EveryReadOnce(Faults):
    """Every question fails, and is answered when it is asked again."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._fault = fault(kind, "*", 0)
        self._failed = False
        self.struck = 0

    def due(self, service: str, operation: str) -> Fault | None:
        if not operation.startswith(("Describe", "List", "Get", "BatchGet")):
            return None
        self._failed = not self._failed
        self.struck += self._failed
        return self._fault if self._failed else None


@pytest.mark.rule("I5", "0.5")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SPECS)
def test_a_read_that_fails_once_is_asked_again_and_nothing_else_changes(
    name: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All of them fail in one run. As every next request is that of the undisturbed run, each read
    # told what it would have told: what holds for all of them holds for any one.
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    where = account()
    where.reconnect()
    for command in commands(name):
        met = failing(where, name, command, kind)
        assert met.door.log == undisturbed(name).requests[command]
        where.sandbox.clock.sleep(REST)


@pytest.mark.rule("I5", "0.5")
@pytest.mark.parametrize("name", SPECS)
def test_the_time_that_failing_reads_take_changes_nothing_that_is_left(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = account()
    where.reconnect()
    # botocore asks again by itself, after a pause of its own: a long one when it is throttled.
    monkeypatch.setattr(time, "sleep", where.sandbox.clock.sleep)
    for command in commands(name):
        failing(where, name, command, "throttled")
        require_undisturbed(where, name, command, command)


def failing(where: Account, name: str, command: str, kind: str) -> Run:
    """The command, whose every read fails once."""
    where.sandbox.application.faults = faults = EveryReadOnce(kind)
    met = run(where, name, command)
    where.sandbox.application.faults = Faults()
    assert (met.status, met.error) == ("done", ""), command
    assert faults.struck == met.door.counts.reads, command
    return met
