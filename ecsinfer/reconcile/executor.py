"""Carrying out a plan, and nothing but a plan.

Before a node is touched it is observed again and the planner's own decision is made again; if
that would not send the calls that the plan holds, the plan is stale and the run ends. A call whose
answer was lost is judged in the same way: if the decision no longer wants it, it was applied (I7).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from ecsinfer import events
from ecsinfer.errors import (
    EcsInferError,
    NotAttemptedError,
    OwnershipError,
    PlanStaleError,
    ResponseLostError,
    TimedOutError,
)
from ecsinfer.model import (
    Action,
    Answer,
    Call,
    Clock,
    Plan,
    Reader,
    Settle,
    Step,
    Verb,
    Writer,
    bind,
    unbound,
)
from ecsinfer.reconcile.ending import Failure
from ecsinfer.reconcile.explaining import Explain, Explaining, no_idea
from ecsinfer.reconcile.graph import AnyNode, Graph
from ecsinfer.reconcile.observe import observe
from ecsinfer.reconcile.planner import DECIDE, View, calls, leaves, normal, parts
from ecsinfer.reconcile.waiting import Broken, End, Wait, WaitingRoom

LOOK_AGAIN = 5.0
"""Seconds before a call whose answer was lost is looked for: reads trail writes (0.9)."""

MOST_SENDS = 3
"""How often a call is sent whose answers get lost."""


class Door(Reader, Writer, Protocol):
    """What the executor reads and writes through."""


@dataclass(slots=True)
class Executor:
    """One execution of one plan.

    Attributes:
        door: to AWS.
        clock: for waits.
        emit: is told everything.
        plan: what is carried out.
        graph: the plan's nodes.
        view: what was seen just before; kept up to date for outputs.
        jitter: spreads the looks of several runs.
        deadline: of the whole run; None is unlimited.
        explain: knows why a node is not ready.
        failures: nodes that did not reach their goal, in the order of failing.
        done: nodes whose calls have all been answered.
    """

    door: Door
    clock: Clock
    emit: events.Emit
    plan: Plan
    graph: Graph
    view: View
    jitter: random.Random
    deadline: datetime | None = None
    explain: Explain = no_idea
    failures: dict[str, Failure] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    _room: WaitingRoom = field(init=False)
    _saved: dict[str, dict[str, str]] = field(default_factory=dict)
    _started: dict[str, datetime] = field(default_factory=dict)
    _outdated: set[str] = field(default_factory=set)
    _untouched: bool = True

    def __post_init__(self) -> None:
        explaining = Explaining(self.explain, self.clock, self.emit)
        self._room = WaitingRoom(
            self.door, self.clock, self.emit, self.jitter, explaining, self.deadline
        )

    @property
    def rolling(self) -> tuple[str, ...]:
        """Nodes that are on their way."""
        return self._room.rolling

    @property
    def outstanding(self) -> tuple[str, ...]:
        """Nodes that have something in the plan that was not finished."""
        ended = self.done | self.failures.keys()
        return tuple(
            each.node for each in self.plan.actions if each.steps and each.node not in ended
        )

    def run(self, *, wait: bool) -> None:
        """Carry out every action; a node that fails stops only what depends on it.

        With `wait` false the last waits are left out that no later action needs.

        Raises:
            PlanStaleError: the world is not the one that was planned for.
        """
        for action in self.plan.actions:
            if action.verb is Verb.RETAIN:
                self.emit(events.Retained(action.node, action.why))
            elif action.steps:
                self._act(action)
        if wait:
            self._wait_for(self.rolling)
            self._restore()
        for key in self.rolling:
            self.emit(events.Warned("not waited for: it goes on by itself", node=key))

    def _restore(self) -> None:
        """Do again what AWS undid since: what a replaced node had may go late, with the new (E12).

        Only calls of the plan go out again; anything else is for the next plan.
        """
        for action in self._behind_replaced():
            node = self.graph.nodes[action.node]
            desired = bind(node.desired, self.view.outputs)
            observed = observe(self.door, {node.key: node.kind.observe(desired, {})})[node.key]
            steps = DECIDE[self.plan.intent](node, desired, observed).steps
            undone = calls(steps)
            if undone and set(undone) <= set(calls(self._bound(node, action.steps))):
                self.emit(events.Warned("AWS has undone it: it is done again", node=node.key))
                self._act(replace(action, steps=steps))
        self._wait_for(self.rolling)

    def _behind_replaced(self) -> list[Action]:
        """What was done for something that was replaced, however far behind it."""
        behind: set[str] = set()
        found = []
        for action in self.plan.actions:
            key = action.node
            if key in self.failures or leaves(self.graph.nodes[key], self.plan.intent):
                continue
            if action.verb is Verb.REPLACE:
                behind.add(key)
            elif behind & self.graph.earlier[key]:
                behind.add(key)
                found.append(action)
        return [action for action in found if action.node in self.done]

    def look_again(self) -> None:
        """Bring the outputs of what was written to, and not seen since, up to date."""
        self._look_at(sorted(self._outdated))

    def _act(self, action: Action) -> None:
        self._wait_for(self.graph.waits_for(action.node))
        self._started[action.node] = self.clock.now()
        try:
            self._require_chance(action.node)
            self._carry_out(action)
        except PlanStaleError:
            raise
        except EcsInferError as error:
            self._record(Failure(action.node, error), action.verb)

    def _require_chance(self, key: str) -> None:
        failed = sorted(self.graph.earlier[key] & self.failures.keys())
        if failed:
            earlier = self.failures[failed[0]].error
            because = earlier.because if isinstance(earlier, NotAttemptedError) else failed[0]
            raise NotAttemptedError(key, because=because)
        self._require_time(key, 0)

    def _carry_out(self, action: Action) -> None:
        key = action.node
        node = self.graph.nodes[key]
        steps = self._bound(node, action.steps)
        desired = bind(node.desired, self.view.outputs)
        steps = self._agreed(action, desired, steps)
        self.emit(events.ActionStarted(key, action.verb.value, action.why))
        planned = frozenset(calls(steps))
        for number, step in enumerate(steps, start=1):
            if isinstance(step, Call):
                self._send(action, desired, step, planned)
                continue
            self._room.add(self._wait(action, desired, step))
            if number == len(steps):
                self.done.add(key)
                return
            self._wait_for((key,))
            if key in self.failures:
                return
        self.done.add(key)
        self._finish(action.node, action.verb)

    def _bound(self, node: AnyNode, steps: Sequence[Step]) -> tuple[Step, ...]:
        """The steps with every Ref bound; what they point at is looked at if need be."""
        if any(unbound(step) for step in steps):
            self._look_at(self.graph.earlier[node.key])
        bound: tuple[Step, ...] = bind(tuple(steps), self.view.outputs)
        return bound

    def _look_at(self, keys: Iterable[str]) -> None:
        """Bring the outputs of nodes up to date."""
        looks = {}
        for key in keys:
            node = self.graph.nodes[key]
            desired = bind(node.desired, self.view.outputs)
            looks[key] = node.kind.observe(desired, self._saved.get(key, {}))
        for key, observed in observe(self.door, looks).items():
            self._know(key, observed)

    def _know(self, key: str, observed: Any) -> None:
        self.view.observed[key] = observed
        self._outdated.discard(key)
        if observed is None:
            return
        node = self.graph.nodes[key]
        desired = bind(node.desired, self.view.outputs)
        saved = self._saved.get(key, {})
        self.view.outputs[key] = {**node.kind.outputs(desired, observed), **saved}

    def _agreed(self, action: Action, desired: Any, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """The plan's steps, if the world still wants them.

        Raises:
            PlanStaleError: it wants others.
        """
        node = self.graph.nodes[action.node]
        if not self._untouched:
            seen = observe(self.door, {node.key: node.kind.observe(desired, {})})
            self.view.observed[node.key] = seen[node.key]
        try:
            now = DECIDE[self.plan.intent](node, desired, self.view.observed[node.key])
        except OwnershipError as error:
            raise PlanStaleError(str(error), hint=error.hint) from error
        require_same(node, self.plan.intent, steps, now.steps)
        if not leaves(node, self.plan.intent) and calls(steps) == calls(now.steps):
            return steps
        if now.verb is Verb.RETAIN:
            self.emit(events.Retained(node.key, now.why))
        return now.steps  # what an earlier run removed is gone already

    def _send(self, action: Action, desired: Any, call: Call, planned: frozenset[str]) -> None:
        for attempt in range(1, MOST_SENDS + 1):
            self._untouched = False
            self._outdated.add(action.node)
            self.emit(events.CallSent(action.node, call.service, call.operation))
            try:
                answer = self.door.execute(call, self._notifier(action.node, call.operation))
            except ResponseLostError:
                applied = self._was_applied(action, desired, call, planned)
                self.emit(events.ResponseLost(action.node, call.operation, applied))
                if applied:
                    return
                if attempt == MOST_SENDS:
                    raise
            else:
                self._save(action.node, call, answer)
                return

    def _was_applied(
        self, action: Action, desired: Any, call: Call, planned: frozenset[str]
    ) -> bool:
        self.clock.sleep(LOOK_AGAIN)
        node = self.graph.nodes[action.node]
        saved = self._saved.get(node.key, {})
        observed = observe(self.door, {node.key: node.kind.observe(desired, saved)})[node.key]
        left = calls(DECIDE[self.plan.intent](node, desired, observed).steps)
        if normal(call) in left:
            return False
        if not planned.issuperset(left):
            raise PlanStaleError(
                f"{node.key}: the answer to {call.operation} was lost, and what is there now is "
                "neither the old nor the new",
                hint="run the command again: it plans from what is there",
            )
        self._know(node.key, observed)
        return True

    def _save(self, key: str, call: Call, answer: Answer) -> None:
        found = {name: value_at(answer, path) for name, path in call.saves.items()}
        saved = self._saved.setdefault(key, {})
        saved.update({name: str(value) for name, value in found.items() if value is not None})
        self.view.outputs[key] = {**self.view.outputs.get(key, {}), **saved}

    def _notifier(self, key: str, operation: str) -> Callable[[str, float], None]:
        def notify(why: str, seconds: float) -> None:
            self._require_time(key, seconds)
            self.emit(events.CallRetried(key, operation, why, seconds))

        return notify

    def _require_time(self, key: str, seconds: float) -> None:
        if self.deadline and self.clock.now() + timedelta(seconds=seconds) >= self.deadline:
            raise TimedOutError(
                f"{key}: the time given to this run is over",
                hint="run the same command again to go on, with a longer --timeout",
            )

    def _wait(self, action: Action, desired: Any, settle: Settle) -> Wait:
        saved = self._saved.setdefault(action.node, {})
        node = self.graph.nodes[action.node]
        return Wait(node, desired, dict(saved), settle, action.verb, self.clock.now())

    def _wait_for(self, keys: Iterable[str]) -> None:
        if not set(keys) & set(self.rolling):
            return
        self._untouched = False
        for end in self._room.until(keys):
            self._settle(end)

    def _settle(self, end: End) -> None:
        key = end.wait.node.key
        if isinstance(end, Broken):
            self._record(Failure(key, end.error, end.evidence, end.causes), end.wait.verb)
            return
        if end.wait.settle.goal == "gone":
            # What was saved spoke of the one that is gone.
            self._saved.pop(key, None)
            self.view.outputs.pop(key, None)
        self._know(key, end.observed)
        if key in self.done:
            self._finish(key, end.wait.verb)

    def _finish(self, key: str, verb: Verb) -> None:
        seconds = (self.clock.now() - self._started[key]).total_seconds()
        self.emit(events.ActionFinished(key, verb.value, seconds))

    def _record(self, failure: Failure, verb: Verb) -> None:
        self.failures[failure.node] = failure
        error = failure.error
        self.emit(
            events.ActionSkipped(failure.node, verb.value, error.because)
            if isinstance(error, NotAttemptedError)
            else events.ActionFailed(
                failure.node, verb.value, str(error), error.hint, failure.evidence
            )
        )


def require_same(
    node: AnyNode, intent: str, planned: Sequence[Step], wanted: Sequence[Step]
) -> None:
    """Refuse a plan whose calls on a node are not the ones that the world wants now.

    What is to be removed may be gone already, or some of it: less than planned is done then, never
    more.

    Raises:
        PlanStaleError: the world has changed.
    """
    gone_already = leaves(node, intent) and parts(wanted) <= parts(planned)
    gone_already |= calls(wanted) == calls(_without_removals(planned, calls(wanted)))
    if calls(planned) != calls(wanted) and not gone_already:
        raise PlanStaleError(
            f"{node.key} has changed since the plan was made",
            hint="run plan again and look at what is different",
        )


def _without_removals(planned: Sequence[Step], wanted: Sequence[str]) -> list[Call]:
    """The planned calls but for those that would remove what is not there to be removed."""
    return [
        step
        for step in planned
        if isinstance(step, Call) and ("gone" not in step.retry_on or normal(step) in wanted)
    ]


def value_at(answer: Any, path: str) -> Any:
    """What a dotted path such as ``service.deployments.0.id`` leads to; None if nowhere."""
    for part in path.split("."):
        if isinstance(answer, list):
            answer = answer[int(part)] if part.isdigit() and int(part) < len(answer) else None
        else:
            answer = answer.get(part) if isinstance(answer, dict) else None
    return answer
