"""The façade: plan, plan a destroy, apply a plan, tell outputs. There is no other way to write."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Literal, Protocol

from ecsinfer import events
from ecsinfer.errors import (
    EcsInferError,
    InterruptedRunError,
    PlanStaleError,
)
from ecsinfer.events import Emit, Outcome
from ecsinfer.model import Clock, Plan, Reader, Target, Verb
from ecsinfer.reconcile.ending import ended_by, failed
from ecsinfer.reconcile.executor import Door, Executor, require_same
from ecsinfer.reconcile.explaining import Explain, no_idea
from ecsinfer.reconcile.graph import AnyNode, Graph, deploy_graph, destroy_graph
from ecsinfer.reconcile.planner import View, look


class Counts(Protocol):
    """How many requests went out."""

    @property
    def reads(self) -> int:
        """Questions."""
        ...

    @property
    def writes(self) -> int:
        """Changes."""
        ...


class Gateway(Door, Protocol):
    """What the reconciler asks of ``aws.gateway.Gateway``."""

    @property
    def counts(self) -> Counts:
        """How many requests went out so far."""
        ...

    def planning(self) -> AbstractContextManager[None]:
        """While this lasts nothing can be written."""
        ...

    def target(self) -> Target:
        """The account, region and endpoint."""
        ...


class Reconciler:
    """Plans and applies, over one gateway and one clock, telling one sink."""

    def __init__(
        self,
        gateway: Gateway,
        clock: Clock,
        emit: Emit = lambda _: None,
        *,
        jitter: random.Random | None = None,
        explain: Explain = no_idea,
    ) -> None:
        self._gateway = gateway
        self._clock = clock
        self._emit = emit
        self._jitter = jitter or random.Random()  # noqa: S311  spreads polls, hides nothing
        self._explain = explain
        self._last: tuple[Plan, View] | None = None

    def plan(
        self, nodes: Sequence[AnyNode], application: str, reader: Reader | None = None
    ) -> Plan:
        """What a deploy would do; every call is validated, nothing is written.

        `reader` answers in place of the gateway, as one that has asked the same already.

        Raises:
            OwnershipError: something exists and is not ours.
            AwsError: AWS refused a read, or a call would be refused.
        """
        return self._plan(deploy_graph(nodes), application, "deploy", reader)

    def plan_destroy(
        self, nodes: Sequence[AnyNode], application: str, reader: Reader | None = None
    ) -> Plan:
        """What a destroy would do, from any state; nothing is written."""
        return self._plan(destroy_graph(nodes), application, "destroy", reader)

    def outputs(self, nodes: Sequence[AnyNode]) -> dict[str, dict[str, str]]:
        """Node key -> outputs, of the nodes that exist."""
        with self._gateway.planning():
            return look(self._gateway, destroy_graph(nodes), "destroy").outputs

    def apply(
        self,
        plan: Plan,
        nodes: Sequence[AnyNode],
        *,
        timeout: float | None = None,
        wait: bool = True,
    ) -> Outcome:
        """Carry out `plan`, and say how it ended: every known error is an Outcome, not raised.

        Args:
            plan: made by `plan` or `plan_destroy`, perhaps in another process.
            nodes: the nodes that it was made from.
            timeout: seconds for the whole run; what is rolling then goes on rolling.
            wait: whether to wait for what no later action needs.
        """
        started = self._clock.now()
        self._emit(planned(plan))
        run = _Run(self._gateway, self._clock, self._emit, self._jitter, plan, self._explain)
        try:
            last = self._last[1] if self._last and self._last[0] is plan else None
            outcome = run.apply(_graph(plan, nodes), last, timeout=timeout, wait=wait)
        except KeyboardInterrupt:
            outcome = ended_by(run.interruption())
        except EcsInferError as error:
            outcome = ended_by(error)
        self._finish(outcome, started)
        return outcome

    def _plan(
        self,
        graph: Graph,
        application: str,
        intent: Literal["deploy", "destroy"],
        reader: Reader | None,
    ) -> Plan:
        with self._gateway.planning():
            view = look(reader or self._gateway, graph, intent)
            target = self._gateway.target()
        plan = Plan(application, target, intent, view.actions)
        for call in plan.calls:
            self._gateway.check(call)
        self._last = (plan, view)
        return plan

    def _finish(self, outcome: Outcome, started: datetime) -> None:
        counts = self._gateway.counts
        self._emit(
            events.Finished(
                status=outcome.status,
                exit_code=outcome.exit_code,
                seconds=(self._clock.now() - started).total_seconds(),
                reads=counts.reads,
                writes=counts.writes,
                outputs=outcome.outputs,
                hint=outcome.hint,
                error=outcome.error,
                causes=outcome.causes,
            )
        )


class _Run:
    """One application of a plan; knows what to say when it is interrupted."""

    def __init__(
        self,
        gateway: Gateway,
        clock: Clock,
        emit: Emit,
        jitter: random.Random,
        plan: Plan,
        explain: Explain,
    ) -> None:
        self._gateway = gateway
        self._clock = clock
        self._emit = emit
        self._jitter = jitter
        self._plan = plan
        self._explain = explain
        self._executor: Executor | None = None

    def apply(
        self, graph: Graph, last: View | None, *, timeout: float | None, wait: bool
    ) -> Outcome:
        _require_target(self._plan, self._gateway.target())
        deadline = None if timeout is None else self._clock.now() + timedelta(seconds=timeout)
        if self._plan.empty and last is not None:
            self._tell_retained()
            return Outcome("nothing-to-do", outputs=last.outputs)
        with self._gateway.planning():
            view = look(self._gateway, graph, self._plan.intent)
        _require_fresh(self._plan, graph, view)
        executor = Executor(
            self._gateway,
            self._clock,
            self._emit,
            self._plan,
            graph,
            view,
            self._jitter,
            deadline,
            self._explain,
        )
        self._executor = executor
        executor.run(wait=wait)
        if executor.failures:
            return failed(tuple(executor.failures.values()), view.outputs)
        status = "nothing-to-do" if self._plan.empty else "done"
        if self._plan.intent == "destroy":
            return Outcome(status)
        executor.look_again()
        return Outcome(status, outputs=view.outputs)

    def interruption(self) -> InterruptedRunError:
        """What is still rolling, and what was not begun."""
        rolling = self._executor.rolling if self._executor else ()
        left = self._executor.outstanding if self._executor else ()
        parts = ["interrupted; nothing was undone"]
        if rolling:
            parts.append(f"still rolling: {', '.join(rolling)}")
        if left:
            parts.append(f"not finished: {', '.join(left)}")
        return InterruptedRunError(
            "; ".join(parts), hint="run the same command again: it resumes where this one ended"
        )

    def _tell_retained(self) -> None:
        for action in self._plan.actions:
            if action.verb is Verb.RETAIN:
                self._emit(events.Retained(action.node, action.why))


def planned(plan: Plan) -> events.Planned:
    """The event that tells a plan's size."""
    verbs = Counter(action.verb.value for action in plan.actions)
    return events.Planned(actions=dict(verbs), writes=len(plan.calls))


def _graph(plan: Plan, nodes: Sequence[AnyNode]) -> Graph:
    """The graph of the plan's nodes.

    Raises:
        PlanStaleError: the nodes are not those that the plan was made from.
    """
    graph = deploy_graph(nodes) if plan.intent == "deploy" else destroy_graph(nodes)
    if list(graph.nodes) != [action.node for action in plan.actions]:
        raise PlanStaleError(
            "the plan is for other resources than those that it would be made for now",
            hint="name the services that plan was given, or make a new plan",
        )
    return graph


def _require_target(plan: Plan, target: Target) -> None:
    if plan.target != target:
        raise PlanStaleError(
            f"the plan is for account {plan.target.account} in {plan.target.region}"
            f"{f' at {plan.target.endpoint}' if plan.target.endpoint else ''}, and this is "
            f"{target.account} in {target.region}"
            f"{f' at {target.endpoint}' if target.endpoint else ''}",
            hint="choose the same profile and region, or make a new plan",
        )


def _require_fresh(plan: Plan, graph: Graph, view: View) -> None:
    """Refuse a stale plan before its first write."""
    for then, now in zip(plan.actions, view.actions, strict=True):
        require_same(graph.nodes[then.node], plan.intent, then.steps, now.steps)
