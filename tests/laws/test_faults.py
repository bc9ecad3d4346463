"""L4: one fault at every write of every spec; the command ends as if nothing had been.

A call that is throttled, that AWS stumbles over or whose answer is lost is overcome in the same
run. `test_kills` has the faults that end the run, `test_failing_reads` those of questions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from ecsinfer import events
from tests.laws.faults import KINDS, fault
from tests.laws.lives import (
    SPECS,
    account,
    commands,
    require_undisturbed,
    run,
    through,
    undisturbed,
)
from tests.laws.world import Account


class Trouble(NamedTuple):
    """One fault at one write of one command on one spec.

    Attributes:
        config: the spec's name.
        command: ``deploy``, ``change`` or ``destroy``.
        operation: what is written.
        nth: which write of that operation, from 1.
        kind: what befalls it.
    """

    config: str
    command: str
    operation: str
    nth: int
    kind: str


def troubles(name: str, command: str, kind: str) -> Iterator[Trouble]:
    """Every write of a command with this kind of fault."""
    seen: Counter[str] = Counter()
    for operation in undisturbed(name).writes[command]:
        seen[operation] += 1
        yield Trouble(name, command, operation, seen[operation], kind)


@pytest.mark.rule("I7", "0.6", "K")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SPECS)
def test_a_write_that_fails_once_is_overcome_in_the_same_run(name: str, kind: str) -> None:
    each = {command: list(troubles(name, command, kind)) for command in commands(name)}
    for number in range(max(map(len, each.values()))):
        where = account()
        # What was overcome is as if it had never been, so the next can follow it.
        for command in through(name, [key for key in each if number < len(each[key])]):
            if number < len(each[command]):
                overcome(where, each[command][number])
            else:
                run(where, name, command)


def overcome(where: Account, trouble: Trouble) -> None:
    """The command meets its fault and comes to the same as without it."""
    where.sandbox.faults.clear()
    where.sandbox.faults.add(fault(trouble.kind, trouble.operation, trouble.nth))
    met = run(where, trouble.config, trouble.command)
    where.sandbox.faults.clear()
    assert (met.status, met.error) == ("done", ""), trouble
    assert any(told(each, trouble.operation) for each in met.events), trouble
    require_undisturbed(where, trouble.config, trouble.command, trouble)


def told(event: events.Event, operation: str) -> bool:
    """Whether the event says that a call of the operation was not simply answered."""
    troubled = events.CallRetried | events.ResponseLost
    return isinstance(event, troubled) and event.operation == operation
