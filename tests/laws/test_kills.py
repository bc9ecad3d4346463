"""L4: a process that dies at any moment; the same command again ends as if it had not.

The moments are before and after every write, and before every look. A process takes nothing with
it but time, so two moments between which nothing was written and no time passed are the same one.
"""

from __future__ import annotations

import itertools
from datetime import datetime

import pytest

from tests.laws.lives import SPECS, account, commands, require_undisturbed, run
from tests.laws.world import Account, Door, Kill, KilledError

PARTS = 3
"""Every spec's moments are tried in so many tests, to be shared among processors."""


@pytest.mark.rule("I7", "K", "N")
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", SPECS)
def test_a_run_that_is_killed_at_any_moment_is_picked_up(name: str, part: int) -> None:
    for number in itertools.count(part + 1, PARTS):
        where = account()
        # What was picked up is as if it had never been interrupted, so the next can follow it.
        killed = [picked_up(where, name, command, number) for command in commands(name)]
        if not any(killed):
            return  # no command has so many moments


def picked_up(where: Account, name: str, command: str, number: int) -> bool:
    """The command, killed and run again; whether it had so many moments."""
    if run(where, name, command, kill_at(where, number)).status != "killed":
        return False
    again = run(where, name, command)
    assert again.error == "", (name, command, number)
    require_undisturbed(where, name, command, (name, command, number))
    return True


def kill_at(where: Account, number: int) -> Kill:
    """Ends the process at the moment of that number, from 1, since it has its plan."""
    moments: set[tuple[int, datetime]] = set()

    def kill(door: Door, _now: str) -> None:
        moments.add((door.counts.writes, where.sandbox.clock.now()))
        if len(moments) == number:
            raise KilledError

    return kill
