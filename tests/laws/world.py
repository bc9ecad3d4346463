"""One account of the embedded AWS, the commands that are run against it, and what is then in it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from ecsinfer.application import compile_spec
from ecsinfer.aws.gateway import Gateway
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

CONFIGS: Mapping[str, Spec] = {
    path.stem: load(path)
    for path in sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
}
"""Every spec that comes with ecsinfer, by name."""


class KilledError(BaseException):
    """The process is gone: nobody catches this."""


Kill = Callable[["Door", str], None]
"""Told ``read``, ``write`` or ``written`` whenever one is about to happen, or has; may kill."""


class Door(Gateway):
    """The real gateway, and what went through it.

    Attributes:
        executed: every write that was asked for, in order.
        rounds: how many times reads went out together.
        kill: ends the process at a moment of its choice.
    """

    def __init__(self, session: boto3.Session, sandbox: Sandbox, kill: Kill | None) -> None:
        # One read at a time: threads would make the order of reads, and the kills, a matter of luck.
        super().__init__(session, clock=sandbox.clock, jitter=random.Random(1), concurrency=1)
        self.executed: list[Call] = []
        self.rounds = 0
        self._kill = kill or (lambda _door, _moment: None)

    def gather(self, reads: Sequence[Read]) -> list[Answer]:
        if reads:
            self.rounds += 1
            self._kill(self, "read")
        return super().gather(reads)

    def execute(self, call: Call, notify: Callable[[str, float], None]) -> Answer:
        self.executed.append(call)
        self._kill(self, "write")
        answer = super().execute(call, notify)
        self._kill(self, "written")
        return answer


@dataclass
class Run:
    """One run of a command.

    Attributes:
        plan: what it was to do.
        nodes: what the plan was made from.
        door: what it did it through.
        events: what it told.
        outcome: how it ended; None when it was killed.
    """

    plan: Plan
    nodes: tuple[Node[Any, Any], ...]
    door: Door
    events: list[Event] = field(default_factory=list)
    outcome: Outcome | None = None

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
    """One account; commands run one after another, each a new process as far as it can tell."""

    def __init__(self, scenario: Scenario = QUICK) -> None:
        self.sandbox = Sandbox(scenario)
        self.session = _OneClientEach(self.sandbox)

    def client(self, service: str) -> Any:
        """A plain boto3 client: what anybody else sees and does."""
        return self.session.client(service)

    def plan(self, spec: Spec, *, destroy: bool = False, **choices: Any) -> Plan:
        """What a deploy, or a destroy, would do."""
        return self._prepare(spec, destroy, None, choices)[1].plan

    def deploy(self, spec: Spec, *, kill: Kill | None = None, **choices: Any) -> Run:
        """Plan a deploy and apply it."""
        return self._run(spec, False, kill, choices)

    def destroy(self, spec: Spec, *, kill: Kill | None = None, **choices: Any) -> Run:
        """Plan a destroy and apply it."""
        return self._run(spec, True, kill, choices)

    def apply(self, run: Run, **options: Any) -> Outcome:
        """Carry out a plan that was made before."""
        reconciler = self.reconciler(run.door, run.events)
        run.outcome = reconciler.apply(run.plan, run.nodes, **options)
        return run.outcome

    def prepared(self, spec: Spec, *, destroy: bool = False, **choices: Any) -> Run:
        """A run that has its plan, and has not begun."""
        return self._prepare(spec, destroy, None, choices)[1]

    def reconciler(self, door: Door, events: list[Event]) -> Reconciler:
        """A reconciler on this account."""
        return Reconciler(door, self.sandbox.clock, events.append, jitter=random.Random(2))

    def _run(self, spec: Spec, destroy: bool, kill: Kill | None, choices: Mapping[str, Any]) -> Run:
        reconciler, run = self._prepare(spec, destroy, kill, choices)
        try:
            run.outcome = reconciler.apply(run.plan, run.nodes)
        except KilledError:
            run.outcome = None
        return run

    def _prepare(
        self, spec: Spec, destroy: bool, kill: Kill | None, choices: Mapping[str, Any]
    ) -> tuple[Reconciler, Run]:
        nodes = compile_spec(spec, destroying=destroy, **choices)
        door = Door(self.session, self.sandbox, kill)
        events: list[Event] = []
        reconciler = self.reconciler(door, events)
        make = reconciler.plan_destroy if destroy else reconciler.plan
        return reconciler, Run(make(nodes, spec.name), nodes, door, events)


class _OneClientEach(boto3.Session):
    """A session that makes every client once: making them takes longer than using them."""

    def __init__(self, sandbox: Sandbox) -> None:
        made = sandbox.session()
        super().__init__(region_name=made.region_name, botocore_session=made._session)
        self._made: dict[tuple[str, str], Any] = {}

    def client(self, service_name: str, *args: Any, **options: Any) -> Any:  # type: ignore[override]  # boto3-stubs has one overload per service
        config = options.get("config")
        key = (service_name, str(getattr(config, "retries", None)))
        if key not in self._made:
            self._made[key] = super().client(service_name, *args, **options)  # type: ignore[call-overload]  # likewise
        return self._made[key]


def operations(plan: Plan) -> list[str]:
    """The writes of a plan."""
    return [call.operation for call in plan.calls]


def busy(plan: Plan) -> dict[str, Action]:
    """What a plan does, by node, but for what it keeps."""
    return {each.node: each for each in plan.actions if each.verb.value != "keep"}
