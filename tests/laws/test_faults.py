"""L4: one fault at every write of every spec; the same command again ends as if nothing had been.

The full product of calls and faults is tried for deploy and destroy of the quickstart. Elsewhere
every call of every command has one fault, and the kinds of faults take turns: how a call fails is
the executor's business and not the kind's, and the whole product would take several minutes.
"""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.scenario import Fault
from ecsinfer.spec import Spec
from tests.laws.contents import contents
from tests.laws.world import CONFIGS, Account, Door, Kill, KilledError, Run, config

KILLS = ("killed before", "killed after")
FAULTS: dict[str, Callable[[str, int], Fault]] = {
    "lost": lambda operation, nth: Fault(operation, nth=nth, kind="lost"),
    "throttled": lambda operation, nth: Fault(operation, nth=nth),
    "500": lambda operation, nth: Fault(operation, nth=nth, code="ServerException", status=500),
}
KINDS = (*KILLS, *FAULTS)


CHANGED: dict[str, Spec] = {
    "quickstart": config(
        "quickstart",
        f"services.llm.image={furniture.VLLM}:v2",
        "services.llm.replicas=3",
        "services.llm.logs.retention_days=7",
        "capacity.gpu.target_capacity=90",
        "cluster.insights=enabled",
        "tags.team=inference",
    ),
    "vllm-gpu": config(
        "vllm-gpu",
        f"services.llm.image={furniture.VLLM}:v2",
        "services.llm.capacity.gpu.weight=2",
        "services.llm.scaling.max=14",
        "services.llm.scaling.requests_per_replica=500",
        "services.llm.rollout.maximum=200",
    ),
}
"""What some of the specs become later in their lives."""


class Trouble(NamedTuple):
    """One fault at one write of one command on one spec.

    Attributes:
        config: the spec's name.
        command: ``deploy``, ``change`` or ``destroy``.
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


def commands(name: str) -> tuple[str, ...]:
    """What happens in the life of a spec."""
    return ("deploy", "change", "destroy") if name in CHANGED else ("deploy", "destroy")


def run(account: Account, name: str, command: str, kill: Kill | None = None) -> Run:
    """One command."""
    if command == "deploy":
        return account.deploy(CONFIGS[name], kill=kill)
    spec = CHANGED.get(name, CONFIGS[name])
    return (
        account.destroy(spec, kill=kill)
        if command == "destroy"
        else account.deploy(spec, kill=kill)
    )


@functools.cache
def undisturbed(name: str) -> Undisturbed:
    """The life of a spec that all others must come to."""
    account = Account()
    life = Undisturbed({}, {})
    for command in commands(name):
        life.writes[command] = run(account, name, command).writes
        life.contents[command] = contents(account)
    return life


def troubles(name: str, command: str, kind: str) -> Iterator[Trouble]:
    """The writes of a command that get this kind of fault."""
    seen: Counter[str] = Counter()
    for number, operation in enumerate(undisturbed(name).writes[command]):
        seen[operation] += 1
        every_kind = name == "quickstart" and command != "change"
        if every_kind or KINDS[number % len(KINDS)] == kind:
            yield Trouble(name, command, number, operation, seen[operation], kind)


def kill_at(moment: str, number: int) -> Kill:
    """Ends the process at the write of that number."""

    def kill(door: Door, now: str) -> None:
        if now == moment and len(door.executed) == number + 1:
            raise KilledError

    return kill


def meet(account: Account, trouble: Trouble) -> Run:
    """The command, with its fault."""
    if trouble.kind in KILLS:
        moment = "write" if trouble.kind == "killed before" else "written"
        kill = kill_at(moment, trouble.number)
        return run(account, trouble.config, trouble.command, kill)
    account.sandbox.faults.clear()
    account.sandbox.faults.add(FAULTS[trouble.kind](trouble.operation, trouble.nth))
    return run(account, trouble.config, trouble.command)


@pytest.mark.rule("I7", "0.6", "K", "N")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CONFIGS)
def test_after_a_fault_the_same_command_ends_as_if_nothing_had_been(name: str, kind: str) -> None:
    # A command that was survived leaves what an undisturbed one leaves, so the next can follow it.
    each = [troubles(name, command, kind) for command in commands(name)]
    for life in itertools.zip_longest(*each):
        account = Account()
        for command, trouble in zip(commands(name), life, strict=True):
            if trouble:
                survive(account, trouble)
            else:
                run(account, name, command)


def survive(account: Account, trouble: Trouble) -> None:
    """The command meets its fault; running it again comes to the same as without the fault."""
    met = meet(account, trouble)
    if trouble.kind in KILLS:
        assert met.status == "killed", trouble
        again = run(account, trouble.config, trouble.command)
        assert again.error == "", trouble
    else:
        assert (met.status, met.error) == ("done", ""), trouble  # overcome in the same run
    assert contents(account) == undisturbed(trouble.config).contents[trouble.command], trouble
    last = run(account, trouble.config, trouble.command)
    assert (last.status, last.writes) == ("nothing-to-do", []), trouble


@pytest.mark.rule("N")
@pytest.mark.parametrize("command", ["deploy", "destroy"])
def test_a_run_that_is_killed_while_it_waits_is_picked_up(command: str) -> None:
    name = "managed-instances"
    # Between two writes a look differs from the next by seconds: every third one is enough.
    for number in itertools.count(1, 3):
        account = Account()
        if command == "destroy":
            run(account, name, "deploy")
        if run(account, name, command, kill_at_look(number)).status != "killed":
            return  # it had no such look
        assert run(account, name, command).error == "", number
        assert contents(account) == undisturbed(name).contents[command], number


def kill_at_look(number: int) -> Kill:
    """Ends the process before it looks for that time since it has its plan."""
    looks = itertools.count(1)

    def kill(_door: Door, now: str) -> None:
        if now == "read" and next(looks) == number:
            raise KilledError

    return kill
