"""One account of the embedded AWS, the commands that are run against it, and what is then in it."""

from __future__ import annotations

import contextlib
import random
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from ecsinfer.aws.gateway import Gateway, Sent
from ecsinfer.cli import planning
from ecsinfer.events import Event, Outcome
from ecsinfer.model import Action, Answer, Call, Node, Plan, Read
from ecsinfer.reconcile.reconciler import Reconciler
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.scenario import Scenario, Timings
from ecsinfer.spec import Spec, load

QUICK = Scenario(
    timings=Timings(
        launch=2, boot=2, eni=1, pull=1, load=1, stop=1, capacity_provider=1, attachments=1,
        fargate=1,
    )
)  # fmt: skip
"""A healthy world in a hurry: the fewer looks at it, the more worlds can be tried."""

DIRECTORY = Path(__file__).parents[2] / "configs"
CONFIGS: Mapping[str, Spec] = {path.stem: load(path) for path in sorted(DIRECTORY.glob("*.yaml"))}
"""Every spec that comes with ecsinfer, by name."""


def config(name: str, *sets: str) -> Spec:
    """One of them, with some values set as by ``--set``."""
    return load(DIRECTORY / f"{name}.yaml", sets=sets)


class KilledError(BaseException):
    """The process is gone: nobody catches this."""


Kill = Callable[["Door", str], None]
"""Told ``read``, ``write`` or ``written`` whenever one is about to happen, or has; may kill."""

Send = Callable[[], Answer]
Around = Callable[["Door", Sent, Send], Answer]
"""Sends one request, and does before and after it what it likes; may kill."""


def just_send(_door: Door, _sent: Sent, send: Send) -> Answer:
    """Send it, and that is all."""
    return send()


class Door(Gateway):
    """The real gateway, and what went through it.

    Attributes:
        executed: every write that was asked for, in order.
        rounds: how many times reads went out together.
        kill: ends the process at a moment of its choice, once there is a plan.
    """

    def __init__(
        self, session: boto3.Session, sandbox: Sandbox, around: Around = just_send
    ) -> None:
        # One read at a time: threads would make the order of reads, and the kills, a matter of luck.
        super().__init__(session, clock=sandbox.clock, jitter=random.Random(1), concurrency=1)
        self.executed: list[Call] = []
        self.rounds = 0
        self.kill: Kill = lambda _door, _moment: None
        self._around = around

    def gather(self, reads: Sequence[Read]) -> list[Answer]:
        if reads:
            self.rounds += 1
            self.kill(self, "read")
        return super().gather(reads)

    def execute(self, call: Call, notify: Callable[[str, float], None]) -> Answer:
        self.executed.append(call)
        self.kill(self, "write")
        answer = super().execute(call, notify)
        self.kill(self, "written")
        return answer

    def _send_once(
        self, service: str, operation: str, params: Mapping[str, Any], *, writes: bool
    ) -> Answer:
        def send() -> Answer:
            return super(Door, self)._send_once(service, operation, params, writes=writes)

        return self._around(self, Sent(service, operation, writes), send)


@dataclass
class Run:
    """One run of a command.

    Attributes:
        plan: what it was to do.
        nodes: what the plan was made from.
        door: what it did it through.
        reconciler: what carries it out.
        events: what it told.
        outcome: how it ended; None when it was killed.
    """

    plan: Plan
    nodes: tuple[Node[Any, Any], ...]
    door: Door
    reconciler: Reconciler
    events: list[Event] = field(default_factory=list)
    outcome: Outcome | None = None

    def apply(self, **options: Any) -> Outcome:
        """Carry out the plan."""
        self.outcome = self.reconciler.apply(self.plan, self.nodes, **options)
        return self.outcome

    @property
    def writes(self) -> list[str]:
        """The writes that went out, repeated ones too."""
        return [sent.operation for sent in self.door.log if sent.writes]

    @property
    def status(self) -> str:
        """How it ended."""
        return self.outcome.status if self.outcome else "killed"

    @property
    def error(self) -> str:
        """What went wrong."""
        return self.outcome.error if self.outcome else "killed"


class Account:
    """One account; commands run one after another, each a new process as far as it can tell.

    Attributes:
        around: sends every request of the commands, those of their planning too.
    """

    def __init__(self, scenario: Scenario = QUICK, region: str = "") -> None:
        free = _FREE.pop() if _FREE else _connected()
        weakref.finalize(self, _FREE.append, free)
        self.sandbox, self.session = free
        self.sandbox.reset(scenario)
        if region:
            self.session = _OneClientEach(self.sandbox, region)
        self.around: Around = just_send

    def reconnect(self) -> None:
        """Have new clients: botocore's retry quota is a client's, and every process begins full."""
        self.session = _OneClientEach(self.sandbox, "")
        for service in ("ecs", "application-autoscaling", "autoscaling", "logs"):
            self.client(service)

    def client(self, service: str) -> Any:
        """A plain boto3 client: what anybody else sees and does."""
        return self.session.client(service)

    def plan(self, spec: Spec, *, destroy: bool = False, **choices: Any) -> Plan:
        """What a deploy, or a destroy, would do."""
        return self.prepare(spec, destroy=destroy, **choices).plan

    def deploy(self, spec: Spec, *, kill: Kill | None = None, **choices: Any) -> Run:
        """Plan a deploy and apply it."""
        return self._apply(self.prepare(spec, **choices), kill)

    def destroy(self, spec: Spec, *, kill: Kill | None = None, **choices: Any) -> Run:
        """Plan a destroy and apply it."""
        return self._apply(self.prepare(spec, destroy=True, **choices), kill)

    def prepare(self, spec: Spec, *, destroy: bool = False, **choices: Any) -> Run:
        """A run that has its plan, and has not begun."""
        door = Door(self.session, self.sandbox, self.around)
        events: list[Event] = []
        clock = self.sandbox.clock
        reconciler = Reconciler(door, clock, events.append, jitter=random.Random(2))
        made = planning.make(reconciler, door, spec, destroying=destroy, **choices)
        events += made.warnings
        return Run(made.plan, made.nodes, door, reconciler, events)

    def _apply(self, run: Run, kill: Kill | None) -> Run:
        if kill is not None:
            run.door.kill = kill
        with contextlib.suppress(KilledError):
            run.apply()
        return run


class _OneClientEach(boto3.Session):
    """A session that makes every client once: making them takes longer than using them."""

    def __init__(self, sandbox: Sandbox, region: str) -> None:
        made = sandbox.session(region)
        super().__init__(region_name=made.region_name, botocore_session=made._session)
        self._made: dict[tuple[str, str], Any] = {}

    def client(self, service_name: Any, *args: Any, **options: Any) -> Any:
        config = options.get("config")
        key = (service_name, str(getattr(config, "retries", None)))
        if key not in self._made:
            self._made[key] = super().client(service_name, *args, **options)
        return self._made[key]


_FREE: list[tuple[Sandbox, _OneClientEach]] = []
"""Sandboxes of accounts that nobody holds any more, with clients that talk to them."""


def _connected() -> tuple[Sandbox, _OneClientEach]:
    sandbox = Sandbox()
    return sandbox, _OneClientEach(sandbox, "")


def operations(plan: Plan) -> list[str]:
    """The writes of a plan."""
    return [call.operation for call in plan.calls]


def busy(plan: Plan) -> dict[str, Action]:
    """What a plan does, by node, but for what it keeps."""
    return {each.node: each for each in plan.actions if each.verb.value != "keep"}
