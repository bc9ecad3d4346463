"""One run of a command against AWS: the spec, the door, the clock, the sinks, put together."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from ecsinfer.cli.options import Common

if TYPE_CHECKING:
    from pathlib import Path

    from ecsinfer.aws.gateway import Gateway
    from ecsinfer.cli.planning import Planned
    from ecsinfer.errors import InterruptedRunError
    from ecsinfer.events import Emit, Outcome
    from ecsinfer.model import Clock, Node, Plan
    from ecsinfer.reconcile.reconciler import Reconciler
    from ecsinfer.spec import Spec


@dataclass(slots=True)
class Session:
    """What a command works with."""

    common: Common
    spec: Spec
    gateway: Gateway
    clock: Clock
    emit: Emit
    reconciler: Reconciler
    simulated: bool

    def nodes(self, services: tuple[str, ...] = (), **choices: Any) -> tuple[Node[Any, Any], ...]:
        """The spec compiled; only the named services, and what they share, when any are named."""
        from ecsinfer.application import compile_spec

        return compile_spec(self.spec, services=services, region=self.gateway.region, **choices)

    def plan(self, **choices: Any) -> Planned:
        """A plan of a deploy, or of a destroy if the choices say so."""
        from ecsinfer.cli import planning

        return planning.make(self.reconciler, self.gateway, self.spec, **choices)

    def saved_plan(self, file: Path, **choices: Any) -> Planned:
        """The plan in a file.

        Raises:
            UsageError: it is none of this application.
            PlanStaleError: it was made from another spec.
            PreflightError: what a deploy needs to be there is not, any more.
        """
        from ecsinfer.cli import planning
        from ecsinfer.reconcile.codec import load

        digest = planning.digest(self.spec)
        plan = load(file.read_bytes(), application=self.spec.name, spec=digest)
        return planning.saved(self.gateway, self.spec, plan, **choices)

    def warn(self, planned: Planned) -> None:
        """Tell what stands beside the plan."""
        for warning in planned.warnings:
            self.emit(warning)

    def now(self) -> datetime:
        """The time by AWS's clock: that of the embedded AWS is its own."""
        if self.simulated:
            from ecsinfer.sandbox import daemon

            running = daemon.status()
            if running is not None:
                return datetime.fromisoformat(running.simulated_time)
        return self.clock.now()

    def started(self, command: str) -> None:
        """Say first where this run applies."""
        from ecsinfer import events

        target = self.gateway.target()
        self.emit(
            events.Started(
                command, self.spec.name, target.account, target.region, target.endpoint,
                simulated=self.simulated,
            )
        )  # fmt: skip

    def show_plan(self, plan: Plan) -> None:
        """Write the plan as what was asked for: on standard output."""
        if self.common.output == "text":
            from ecsinfer.report import plan_view, terminal

            plan_view.print_plan(plan, terminal.data())
        elif self.common.output == "json":
            from ecsinfer.report.jsonl import plan_document

            self.common.answer.document(plan_document(plan), "plan")
        else:
            from ecsinfer.reconcile.reconciler import planned

            self.emit(planned(plan))

    def announce_plan(self, plan: Plan) -> None:
        """Write the plan as what is about to happen: on standard error."""
        if self.common.output == "text":
            from ecsinfer.report import plan_view, terminal

            plan_view.print_plan(plan, terminal.messages(), applied=True)

    def summarise(self, plan: Plan) -> None:
        """Leave the plan in the summary of the step, where this is one of a GitHub workflow."""
        from ecsinfer.report import github, summary

        if github.active(os.environ):
            github.summarise(os.environ, summary.of_plan(plan))

    def suggest(self, *commands: str) -> None:
        """Say what one would do next; `{options}` stands for the options that chose the spec."""
        if self.common.output == "text":
            from ecsinfer.report import outcome_view, terminal

            options = self.common.again()
            lines = [command.format(options=options) for command in commands]
            if self.simulated:
                lines.append("ecsinfer sandbox stop")
            if not lines:
                return
            outcome_view.print_next(lines, terminal.messages())

    def show_outcome(self, outcome: Outcome, outputs: dict[str, Any]) -> int:
        """Write how it ended, a failure on standard error in any case; the exit code."""
        from ecsinfer.report import outcome_view, terminal

        if self.common.output == "json":
            from ecsinfer.report.jsonl import outcome_document

            document = {**outcome_document(outcome), "outputs": outputs}
            self.common.answer.document(document)
        elif self.common.output == "text" and not outcome.exit_code:
            outcome_view.print_outputs(outputs, terminal.data())
        if outcome.exit_code:
            terminal.fail(outcome)
        return outcome.exit_code


@contextlib.contextmanager
def open_session(common: Common) -> Iterator[Session]:
    """Everything a command needs, and the end of the live drawing whatever happens."""
    from ecsinfer import spec

    # A spec that is wrong is told before anything heavy is imported or asked.
    offline = spec.Offline()
    draft = spec.load(common.file, env=common.env, sets=common.sets, lookup=offline)
    endpoint, clock, simulated = reach(common)
    from ecsinfer.aws.gateway import Gateway
    from ecsinfer.aws.lookup import AwsLookup
    from ecsinfer.cli.diagnosis import explainer
    from ecsinfer.reconcile.reconciler import Reconciler
    from ecsinfer.report import terminal

    gateway = Gateway(
        profile=None if simulated else common.profile,
        region=common.region or draft.region,
        endpoint_url=endpoint,
        clock=clock,
        debug=common.debug,
    )
    loaded = draft
    if offline.references:
        loaded = spec.load(common.file, env=common.env, sets=common.sets, lookup=AwsLookup(gateway))
    began = clock.now()
    common.answer.measure = lambda: (
        (clock.now() - began).total_seconds(), gateway.counts.reads, gateway.counts.writes,
    )  # fmt: skip
    emit, close = terminal.sink(common.answer, clock.now)
    try:
        yield Session(
            common=common,
            spec=loaded,
            gateway=gateway,
            clock=clock,
            emit=emit,
            reconciler=Reconciler(gateway, clock, emit, explain=explainer(gateway, clock, loaded)),
            simulated=simulated,
        )
    except KeyboardInterrupt:
        raise _interrupted(gateway.counts.writes) from None
    finally:
        close()


def _interrupted(writes: int) -> InterruptedRunError:
    """What to tell of an interruption that no run of a plan has told of."""
    from ecsinfer.errors import InterruptedRunError
    from ecsinfer.events import plural

    if not writes:
        return InterruptedRunError("interrupted; nothing was changed")
    return InterruptedRunError(
        f"interrupted after {plural(writes, 'write')}; nothing was undone, and what is rolling goes on",
        hint="run the same command again: it resumes where this one ended",
    )


def reach(common: Common) -> tuple[str | None, Clock, bool]:
    """The endpoint, the clock that goes with it, and whether it is the embedded AWS."""
    from ecsinfer.aws.clock import SystemClock
    from ecsinfer.cli.sandbox import ensure_running, running_at

    endpoint = common.endpoint_url or os.environ.get("AWS_ENDPOINT_URL")
    running = ensure_running() if common.sandbox else running_at(endpoint)
    if running is None:
        return common.endpoint_url, SystemClock(), False
    # Its credentials are dummies: nothing real may be reached by accident. The region stays.
    named = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    os.environ.update(running.environment(named) if named else running.environment())
    os.environ.pop("AWS_PROFILE", None)
    clock = SystemClock(running.speed, datetime.fromisoformat(running.simulated_time))
    return running.url, clock, True


def confirm(question: str, *, yes: bool, simulated: bool) -> None:
    """Ask before changing anything; what cannot be asked is refused, naming the flag.

    Raises:
        UsageError: nobody is there to answer.
        click.Abort: the answer was no.
    """
    from ecsinfer.errors import UsageError

    if yes or simulated:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "This would change AWS, and there is no terminal to ask on.",
            hint="add --yes to run without asking",
        )
    click.confirm(question, abort=True, err=True)
