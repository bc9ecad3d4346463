"""Deciding what to do: pure, given what was observed.

`decide` and `decide_teardown` are asked twice for every node: when the plan is made, and again
when its turn comes. That is what makes a plan binding: see `executor`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ecsinfer.errors import OwnershipError
from ecsinfer.events import NOT_THERE, NOT_WANTED
from ecsinfer.model import (
    Action,
    Call,
    Failed,
    Pending,
    Reader,
    Settle,
    Step,
    Verb,
    bind,
)
from ecsinfer.reconcile.graph import AnyNode, Graph
from ecsinfer.reconcile.observe import observe

AWAIT_WITHIN = 2700.0
"""Seconds for a world that is on its way when its kind sets no limit (N: a deployment)."""

Outputs = dict[str, dict[str, str]]


@dataclass(slots=True)
class View:
    """What was seen of all nodes, and what is to be done about it.

    Attributes:
        actions: one for every node, in the order of execution.
        observed: node key -> what its kind saw; None is absent.
        outputs: node key -> its outputs, as far as they are known before anything is done.
    """

    actions: tuple[Action, ...]
    observed: dict[str, Any]
    outputs: Outputs = field(default_factory=dict)


def decide(node: AnyNode, desired: Any, observed: Any) -> Action:
    """What a deploy does with one node.

    Raises:
        OwnershipError: it exists and is not ours.
    """
    if node.unwanted:
        action = decide_teardown(node, desired, observed)
        absent = action.verb is Verb.KEEP and observed is None
        return replace(action, why=NOT_WANTED) if absent else action
    verb, changes = node.kind.diff(desired, observed)
    why = ""
    if verb in (Verb.KEEP, Verb.AWAIT) and observed is not None:
        # As desired is not yet ready: an interrupted deploy is picked up, and a failure that
        # waiting will not cure is told instead of "nothing to do".
        verdict = node.kind.verdict(desired, observed, {})
        verb = Verb.AWAIT if isinstance(verdict, Pending | Failed) else Verb.KEEP
        why = "" if verb is Verb.KEEP else str(getattr(verdict, "why", ""))
    elif verb is Verb.KEEP:
        why = NOT_WANTED
    steps = () if verb is Verb.KEEP else node.kind.steps(desired, observed, verb)
    if verb is Verb.AWAIT and not steps:
        steps = (Settle("ready", AWAIT_WITHIN),)
    return Action(node.key, verb, changes, steps, why)


def decide_teardown(node: AnyNode, desired: Any, observed: Any) -> Action:
    """What a destroy does with one node."""
    verb, why, steps = node.kind.teardown(desired, observed)
    if verb is Verb.KEEP and observed is None:
        why = why or NOT_THERE
    return Action(node.key, verb, (), steps, why)


Decide = Callable[[AnyNode, Any, Any], Action]
DECIDE: Mapping[str, Decide] = {"deploy": decide, "destroy": decide_teardown}


def leaves(node: AnyNode, intent: str) -> bool:
    """Whether the node is removed, so that finding less of it than planned is no surprise."""
    return node.unwanted or intent == "destroy"


def look(reader: Reader, graph: Graph, intent: Literal["deploy", "destroy"]) -> View:
    """Observe all nodes and decide about each.

    Raises:
        OwnershipError: for all nodes that exist and are not ours, at once.
    """
    nodes = list(graph.nodes.values())
    observed = observe(reader, {each.key: each.kind.observe(each.desired, {}) for each in nodes})
    view = View((), observed)
    if intent == "destroy":
        # What a node points at is removed after it, and is still there.
        for node in reversed(nodes):
            _know(view, node)
        view.actions = tuple(
            decide_teardown(node, bind(node.desired, view.outputs), observed[node.key])
            for node in nodes
        )
    else:
        view.actions = _decide_in_order(nodes, view)
    return view


def _decide_in_order(nodes: Sequence[AnyNode], view: View) -> tuple[Action, ...]:
    actions, foreign = [], []
    for node in nodes:
        try:
            action = decide(node, bind(node.desired, view.outputs), view.observed[node.key])
        except OwnershipError as error:
            foreign.append(error)
            continue
        actions.append(action)
        if action.verb in (Verb.KEEP, Verb.AWAIT, Verb.UPDATE):  # it stays the one it is
            _know(view, node)
    if foreign:
        hints = dict.fromkeys(error.hint for error in foreign if error.hint)
        raise OwnershipError("\n".join(map(str, foreign)), hint="\n".join(hints))
    return tuple(actions)


def _know(view: View, node: AnyNode) -> None:
    observed = view.observed[node.key]
    if observed is not None:
        desired = bind(node.desired, view.outputs)
        view.outputs[node.key] = dict(node.kind.outputs(desired, observed))


def normal(call: Call) -> str:
    """A call in a form that is equal for calls that ask AWS for the same.

    The clientToken is no part of it: it names the request, and may follow from a predecessor that
    drained since the plan was made.
    """
    params = {key: value for key, value in call.params.items() if key != "clientToken"}
    return json.dumps([call.service, call.operation, params], sort_keys=True, default=str)


def calls(steps: Sequence[Step]) -> list[str]:
    """The calls among the steps, in their normal form."""
    return [normal(step) for step in steps if isinstance(step, Call)]


def parts(steps: Sequence[Step]) -> set[str]:
    """What the calls among the steps do, each part of a divisible one for itself.

    Steps whose parts are some of another's do less than those, and nothing else.
    """
    found = set()
    for step in steps:
        if not isinstance(step, Call):
            continue
        if not step.parts:
            found.add(normal(step))
        for each in step.params.get(step.parts, ()):
            found.add(normal(replace(step, params={**step.params, step.parts: [each]})))
    return found
