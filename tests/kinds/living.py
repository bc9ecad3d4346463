"""Specs deployed to an embedded AWS and destroyed again, through the real gateway."""

from __future__ import annotations

import random
from typing import Any

from ecsinfer.application import compile_spec
from ecsinfer.aws.gateway import Gateway
from ecsinfer.events import Outcome
from ecsinfer.model import Plan
from ecsinfer.reconcile.reconciler import Reconciler
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.scenario import Scenario
from ecsinfer.spec import Spec


class Life:
    """One account, and what is done to it."""

    def __init__(self, scenario: Scenario | None = None) -> None:
        self.sandbox = Sandbox(scenario)
        self.ecs = self.sandbox.session().client("ecs")
        self.reads = 0

    def plan(self, spec: Spec, *, destroy: bool = False, **choices: Any) -> Plan:
        """What would be done; `reads` counts what it took to say so."""
        return self._prepare(spec, destroy=destroy, **choices)[0]

    def deploy(self, spec: Spec, **choices: Any) -> Outcome:
        """Deploy, however it ends."""
        plan, nodes, reconciler = self._prepare(spec, **choices)
        return reconciler.apply(plan, nodes)

    def destroy(self, spec: Spec, **choices: Any) -> Outcome:
        """Destroy, however it ends."""
        plan, nodes, reconciler = self._prepare(spec, destroy=True, **choices)
        return reconciler.apply(plan, nodes)

    def _prepare(
        self, spec: Spec, *, destroy: bool = False, **choices: Any
    ) -> tuple[Plan, Any, Reconciler]:
        clock = self.sandbox.clock
        gateway = Gateway(self.sandbox.session(), clock=clock, jitter=random.Random(1))
        reconciler = Reconciler(gateway, clock, jitter=random.Random(1))
        nodes = compile_spec(spec, destroying=destroy, **choices)
        make = reconciler.plan_destroy if destroy else reconciler.plan
        plan = make(nodes, spec.name)
        self.reads = gateway.counts.reads
        return plan, nodes, reconciler

    def service(self, name: str = "llm", cluster: str = "inference") -> dict[str, Any]:
        """The service as AWS describes it."""
        answer = self.ecs.describe_services(cluster=cluster, services=[name], include=["TAGS"])
        found: dict[str, Any] = answer["services"][0]
        return found


def operations(plan: Plan) -> list[str]:
    """The writes of a plan."""
    return [call.operation for call in plan.calls]


def verbs(plan: Plan) -> dict[str, str]:
    """Node -> what the plan does with it, of those that it does something with."""
    return {
        action.node: action.verb.value for action in plan.actions if action.verb.value != "keep"
    }
