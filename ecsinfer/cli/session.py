"""One run of a command against AWS: the spec, the door, the clock, the sinks, put together."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from ecsinfer.cli.options import Common

if TYPE_CHECKING:
    from rich.console import Console

    from ecsinfer.aws.gateway import Gateway
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
    console: Console
    simulated: bool

    def nodes(self, services: tuple[str, ...] = (), **choices: Any) -> tuple[Node[Any, Any], ...]:
        """The spec compiled; only the named services, and what they share, when any are named."""
        from ecsinfer.application import compile_spec  # noqa: PLC0415  keeps --help light

        return compile_spec(self.spec, services=services, **choices)

    def started(self, command: str) -> None:
        """Say first where this run applies."""
        from ecsinfer import events  # noqa: PLC0415

        target = self.gateway.target()
        self.emit(
            events.Started(
                command, self.spec.name, target.account, target.region, target.endpoint,
                simulated=self.simulated,
            )
        )  # fmt: skip

    def show_plan(self, plan: Plan) -> None:
        """Write the plan where data goes: standard output."""
        if self.common.output == "text":
            from ecsinfer.report.plan_view import print_plan  # noqa: PLC0415

            print_plan(plan, self.console)
        elif self.common.output == "json":
            from ecsinfer.report.jsonl import plan_document  # noqa: PLC0415

            click.echo(json.dumps(plan_document(plan), indent=2, default=str))

    def show_outcome(self, outcome: Outcome, outputs: dict[str, Any]) -> int:
        """Write how it ended; the exit code."""
        if self.common.output == "json":
            from ecsinfer.report.jsonl import outcome_document  # noqa: PLC0415

            document = {**outcome_document(outcome), "outputs": outputs}
            click.echo(json.dumps(document, indent=2, default=str))
        elif self.common.output == "text":
            from ecsinfer.report.outcome_view import print_failure, print_outputs  # noqa: PLC0415

            if outcome.exit_code:
                from rich.console import Console  # noqa: PLC0415

                print_failure(outcome, Console(stderr=True, highlight=False))
            elif outputs:
                print_outputs(outputs, self.console)
        return outcome.exit_code
