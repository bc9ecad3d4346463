"""L4: one fault at every write of every spec; the same command again ends as if nothing had been.

The full product of calls and faults is tried for the quickstart. For the other specs every call of
every spec has one fault, and the kinds of faults take turns: each way a call can fail is the
executor's business and not the kind's, and the whole product would take ten minutes for what the
turns have always found as well.
"""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from ecsinfer.sandbox.scenario import Fault
from tests.laws.contents import contents
from tests.laws.world import CONFIGS, Account, Door, Kill, KilledError, Run

KILLS = ("killed before", "killed after")
FAULTS: dict[str, Callable[[str, int], Fault]] = {
    "lost": lambda operation, nth: Fault(operation, nth=nth, kind="lost"),
    "throttled": lambda operation, nth: Fault(operation, nth=nth),
    "500": lambda operation, nth: Fault(operation, nth=nth, code="ServerException", status=500),
}
KINDS = (*KILLS, *FAULTS)


class Trouble(NamedTuple):
    """One fault at one write of one command on one spec.

    Attributes:
        config: the spec's name.
        command: ``deploy`` or ``destroy``.
        number: which write, from 0.
        operation: what it is.
        nth: which write of that operation, from 1.
        kind: what befalls it.
    """

    config: str
    command: str
    number: int
    operation: str
    nth: int
    kind: str


class Undisturbed(NamedTuple):
    """A life without faults: the writes of each command, and what was in the account after it."""

    writes: dict[str, list[str]]
    contents: dict[str, dict[str, Any]]


@functools.cache
def undisturbed(config: str) -> Undisturbed:
    """The life of a spec that all others must come to."""
    account, spec = Account(), CONFIGS[config]
    life = Undisturbed({}, {})
    for command, do in (("deploy", account.deploy), ("destroy", account.destroy)):
        life.writes[command] = do(spec).writes
        life.contents[command] = contents(account)
    return life


def troubles(config: str, command: str, kind: str) -> Iterator[Trouble]:
    """The writes of a command that get this kind of fault."""
    seen: Counter[str] = Counter()
    for number, operation in enumerate(undisturbed(config).writes[command]):
        seen[operation] += 1
        if config == "quickstart" or KINDS[number % len(KINDS)] == kind:
            yield Trouble(config, command, number, operation, seen[operation], kind)


def kill_at(moment: str, number: int) -> Kill:
    """Ends the process at the write of that number."""

    def kill(door: Door, now: str) -> None:
        if now == moment and len(door.executed) == number + 1:
            raise KilledError

    return kill


def meet(account: Account, trouble: Trouble) -> Run:
    """The command, with its fault."""
    command = getattr(account, trouble.command)
    spec = CONFIGS[trouble.config]
    if trouble.kind in KILLS:
        moment = "write" if trouble.kind == "killed before" else "written"
        return command(spec, kill=kill_at(moment, trouble.number))
    account.sandbox.faults.add(FAULTS[trouble.kind](trouble.operation, trouble.nth))
    return command(spec)


@pytest.mark.rule("I7", "0.6", "K", "N")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("config", CONFIGS)
def test_after_a_fault_the_same_command_ends_as_if_nothing_had_been(
    config: str, kind: str
) -> None:
    deploys, destroys = (troubles(config, command, kind) for command in ("deploy", "destroy"))
    # A deploy that was survived leaves what an undisturbed one leaves, so a destroy can follow it.
    for deploy, destroy in itertools.zip_longest(deploys, destroys):
        account = Account()
        survive(account, deploy) if deploy else account.deploy(CONFIGS[config])
        if destroy:
            survive(account, destroy)


def survive(account: Account, trouble: Trouble) -> None:
    """The command meets its fault; running it again comes to the same as without the fault."""
    spec = CONFIGS[trouble.config]
    command = getattr(account, trouble.command)
    met = meet(account, trouble)
    if trouble.kind in KILLS:
        assert met.status == "killed", trouble
        again = command(spec)
        assert again.error == "", trouble
    else:
        assert (met.status, met.error) == ("done", ""), trouble  # overcome in the same run
    assert contents(account) == undisturbed(trouble.config).contents[trouble.command], trouble
    last = command(spec)
    assert (last.status, last.writes) == ("nothing-to-do", []), trouble
