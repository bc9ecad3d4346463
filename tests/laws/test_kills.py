"""L4: a process that dies at any moment; the same command again ends as if it had not.

The moments are before and after every write, and before every look, of every deploy and destroy;
of a change, those of its writes. A process takes nothing with it, so two moments between which
nothing was written and no time passed are the same one.
"""

from __future__ import annotations

import itertools
from datetime import datetime

import pytest

from tests.laws.lives import SPECS, account, commands, require_undisturbed, run, through
from tests.laws.world import Account, Door, Kill, KilledError

PARTS = 3
"""Every spec's moments are tried in so many tests, to be shared among processors."""


@pytest.mark.rule("I7", "K", "N")
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", SPECS)
def test_a_run_that_is_killed_at_any_moment_is_picked_up(name: str, part: int) -> None:
    left = list(commands(name))
    for number in itertools.count(part + 1, PARTS):
        where = account()
        # What was picked up is as if it had never been interrupted, so the next can follow it.
        for command in through(name, left):
            if not picked_up(where, name, command, number) and command in left:
                left.remove(command)  # it has no more moments
        if not left:
            return


def picked_up(where: Account, name: str, command: str, number: int) -> bool:
    """The command, killed and run again; whether it had so many moments."""
    looks = command != "change"  # which waits as a deploy does
    if run(where, name, command, kill_at(where, number, looks=looks)).status != "killed":
        return False
    again = run(where, name, command)
    assert again.error == "", (name, command, number)
    require_undisturbed(where, name, command, (name, command, number))
    return True


def kill_at(where: Account, number: int, *, looks: bool) -> Kill:
    """Ends the process at the moment of that number, from 1, since it has its plan."""
    moments: set[tuple[int, datetime]] = set()

    def kill(door: Door, now: str) -> None:
        if now == "read" and not looks:
            return
        moments.add((door.counts.writes, where.sandbox.clock.now()))
        if len(moments) == number:
            raise KilledError

    return kill
