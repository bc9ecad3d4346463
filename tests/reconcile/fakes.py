"""A world of things: the smallest AWS that a reconciler can be wrong about.

Things are made, boot for a while, and drain before they are gone. One kind knows them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from ecsinfer.errors import AwsError, OwnershipError, ResponseLostError
from ecsinfer.events import Event, Outcome
from ecsinfer.model import (
    Answer,
    Call,
    Change,
    Failed,
    Node,
    Observation,
    Pending,
    Read,
    Ready,
    Ref,
    Settle,
    Step,
    Target,
    Verb,
    Verdict,
)
from ecsinfer.reconcile.explaining import Explain, no_idea
from ecsinfer.reconcile.reconciler import Reconciler
from ecsinfer.sandbox.clock import VirtualClock

E = TypeVar("E")

BOOT = 60.0
DRAIN = 40.0
WITHIN = 300.0


@dataclass(frozen=True, slots=True)
class Thing:
    """What is wanted of a thing; `uses` may be a Ref to another one's ARN."""

    name: str
    size: int = 1
    uses: str = ""


class ThingKind:
    name: ClassVar[str] = "thing"

    def observe(
        self, desired: Thing, saved: Mapping[str, str]
    ) -> Observation[Mapping[str, Any] | None]:
        (answer,) = yield (
            Read("things", "DescribeThings", {"names": [desired.name]}, batch="names", limit=10),
        )
        return next((each for each in answer["things"] if each["name"] == desired.name), None)

    def diff(
        self, desired: Thing, observed: Mapping[str, Any] | None
    ) -> tuple[Verb, tuple[Change, ...]]:
        if observed is None or observed["status"] == "DRAINING":
            return Verb.CREATE, ()
        if observed["owner"] != "us":
            raise OwnershipError(f"thing {desired.name} is not ours", hint="--adopt")
        if observed["uses"] != desired.uses:
            change = Change("uses", observed["uses"], desired.uses, "replace")
            return Verb.REPLACE, (change,)
        if observed["size"] != desired.size:
            return Verb.UPDATE, (Change("size", observed["size"], desired.size),)
        return Verb.KEEP, ()

    def steps(
        self, desired: Thing, observed: Mapping[str, Any] | None, verb: Verb
    ) -> tuple[Step, ...]:
        ready, gone = Settle("ready", WITHIN), Settle("gone", WITHIN)
        create = Call(
            "things",
            "CreateThing",
            {"name": desired.name, "size": desired.size, "uses": desired.uses},
            saves={"arn": "thing.arn", "first_part": "thing.parts.0"},
        )
        update = Call("things", "UpdateThing", {"name": desired.name, "size": desired.size})
        match verb:
            case Verb.CREATE:
                return (create, ready) if observed is None else (gone, create, ready)
            case Verb.REPLACE:
                return (_delete(desired), gone, create, ready)
            case Verb.UPDATE:
                return (update, ready)
            case _:
                return ()

    def teardown(
        self, desired: Thing, observed: Mapping[str, Any] | None
    ) -> tuple[Verb, str, tuple[Step, ...]]:
        if observed is None:
            return Verb.KEEP, "", ()
        if observed["owner"] != "us":
            return Verb.RETAIN, "it is not ours", ()
        gone = Settle("gone", WITHIN)
        if observed["status"] == "DRAINING":
            return Verb.DELETE, "it drains already", (gone,)
        return Verb.DELETE, "", (_delete(desired), gone)

    def verdict(
        self, desired: Thing, observed: Mapping[str, Any] | None, saved: Mapping[str, str]
    ) -> Verdict:
        if observed is None:
            return Pending(f"{desired.name} is not visible yet")
        match observed["status"]:
            case "ACTIVE":
                return Ready()
            case "FAILED":
                return Failed(f"{desired.name} crashed", ("exit code 137",))
            case "TAKEN":
                return Failed(f"{desired.name} was taken over", superseded=True)
            case status:
                return Pending(f"{desired.name} is {status}", {"size": observed["size"]})

    def outputs(self, desired: Thing, observed: Mapping[str, Any]) -> Mapping[str, str]:
        return {"arn": observed["arn"], "name": desired.name}


def _delete(desired: Thing) -> Call:
    return Call("things", "DeleteThing", {"name": desired.name}, saves={"deleted": "thing.status"})


KIND = ThingKind()


def thing(
    name: str,
    *,
    size: int = 1,
    uses: str = "",
    needs: Sequence[str] = (),
    after: Sequence[str] = (),
    unwanted: bool = False,
) -> Node[Any, Any]:
    """A node; `uses` another thing by its ARN, which it then needs."""
    wanted = Thing(name, size, Ref.to(f"thing/{uses}", "arn") if uses else "")
    before = [*needs, uses] if uses else needs
    return Node(
        KIND,
        name,
        wanted,
        needs=tuple(f"thing/{each}" for each in before),
        after=tuple(f"thing/{each}" for each in after),
        unwanted=unwanted,
    )


Fault = Callable[[Callable[[], Answer]], Answer]
"""What befalls a call: it is handed what carries it out."""


def lost(apply: Callable[[], Answer]) -> Answer:
    """Applied, and the answer never came."""
    apply()
    raise ResponseLostError("lost")


def reset(apply: Callable[[], Answer]) -> Answer:
    """Not applied, which the caller cannot know."""
    raise ResponseLostError("reset")


def refused(apply: Callable[[], Answer]) -> Answer:
    """Refused for good."""
    raise AwsError("refused", code="ClientException")


def killed_before(apply: Callable[[], Answer]) -> Answer:
    """The user interrupts just before the call."""
    raise KeyboardInterrupt


def killed_after(apply: Callable[[], Answer]) -> Answer:
    """The user interrupts when the call is applied."""
    apply()
    raise KeyboardInterrupt


@dataclass
class World:
    """The things, the clock they live by, and the gateway to them."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: dict[int, Fault] = field(default_factory=dict)
    booted: Mapping[str, str] = field(default_factory=dict)
    rounds: list[list[Read]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    failing_looks: int = 0
    account: str = "123456789012"
    is_planning: bool = False
    made: int = 0

    # The gateway's side.

    @property
    def reads(self) -> int:
        return len(self.rounds)

    @property
    def writes(self) -> int:
        return len(self.calls)

    @property
    def counts(self) -> World:
        return self

    @contextmanager
    def planning(self) -> Iterator[None]:
        self.is_planning = True
        yield
        self.is_planning = False

    def target(self) -> Target:
        return Target(self.account, "us-east-1")

    def gather(self, reads: Sequence[Read]) -> list[Answer]:
        if reads:
            self.rounds.append(list(reads))
        if self.failing_looks:
            self.failing_looks -= 1
            raise AwsError("the network is down")
        return [{"things": [dict(each) for each in self.things.values()]} for _ in reads]

    def check(self, call: Call) -> None:
        if call.params.get("size", 0) > 100:
            raise AwsError("size is at most 100", code="ParamValidation")

    def execute(self, call: Call, notify: Callable[[str, float], None]) -> Answer:
        assert not self.is_planning
        self.calls.append(call)
        fault = self.faults.pop(len(self.calls), None)
        if fault is None:
            return self._apply(call, notify)
        return fault(lambda: self._apply(call, notify))

    # The world's side.

    def _apply(self, call: Call, notify: Callable[[str, float], None]) -> Answer:
        notify("busy", 0.5)
        name = call.params["name"]
        match call.operation:
            case "CreateThing":
                assert name not in self.things, f"a twin of {name}"
                self.put(name, call.params["size"], call.params["uses"])
                self._boot(name)
            case "UpdateThing":
                self.things[name]["size"] = call.params["size"]
                self._boot(name)
            case "DeleteThing":
                self.things[name]["status"] = "DRAINING"
                self.clock.after(DRAIN, lambda: self.drop(name))
        return {"thing": dict(self.things[name])}

    def put(self, name: str, size: int = 1, uses: str = "", **fields: Any) -> None:
        """Have a thing there, ACTIVE and ours unless `fields` say otherwise."""
        self.made += 1
        self.things[name] = {
            "name": name,
            "size": size,
            "uses": uses,
            "arn": f"arn:{name}:{self.made}",
            "status": "ACTIVE",
            "owner": "us",
            "parts": ["a", "b"],
            **fields,
        }

    def drop(self, name: str) -> None:
        """Have a thing there no more."""
        del self.things[name]

    def _boot(self, name: str) -> None:
        made = self.things[name]
        made["status"] = "BOOTING"

        def end() -> None:
            if made["status"] == "BOOTING":
                made["status"] = self.booted.get(name, "ACTIVE")

        self.clock.after(BOOT, end)

    @property
    def operations(self) -> list[str]:
        """Every write so far, as ``Operation name``."""
        return [f"{call.operation} {call.params['name']}" for call in self.calls]


@dataclass
class Run:
    """A reconciler over a world, and what it told."""

    world: World
    events: list[Event] = field(default_factory=list)
    explain: Explain = no_idea

    def __post_init__(self) -> None:
        self.reconciler = Reconciler(
            self.world,
            self.world.clock,
            self.events.append,
            jitter=random.Random(7),
            explain=self.explain,
        )

    def told(self, event: type[E]) -> list[E]:
        """The events of one type."""
        return [each for each in self.events if isinstance(each, event)]

    def deploy(self, *nodes: Node[Any, Any], **options: Any) -> Outcome:
        """Plan and apply."""
        return self.reconciler.apply(self.reconciler.plan(nodes, "app"), nodes, **options)

    def destroy(self, *nodes: Node[Any, Any], **options: Any) -> Outcome:
        """Plan a destroy and apply it."""
        return self.reconciler.apply(self.reconciler.plan_destroy(nodes, "app"), nodes, **options)
