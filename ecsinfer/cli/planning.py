"""From a spec to a plan: what the spec has forgotten is looked for in the same round trips."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecsinfer.aws.gateway import Gateway
    from ecsinfer.events import Warned
    from ecsinfer.kinds.forgotten import Forgotten
    from ecsinfer.kinds.tagged import Elsewhere
    from ecsinfer.model import Node, Plan, Reader
    from ecsinfer.reconcile.reconciler import Reconciler
    from ecsinfer.spec import Spec

    Nodes = tuple[Node[Any, Any], ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, the nodes it was made from, and what to tell beside it."""

    plan: Plan
    nodes: Nodes
    warnings: tuple[Warned, ...] = ()


def make(
    reconciler: Reconciler,
    gateway: Gateway,
    spec: Spec,
    *,
    services: tuple[str, ...] = (),
    prune: bool = False,
    **choices: Any,
) -> Planned:
    """Plan a deploy, or a destroy if `choices` say so.

    What the spec has forgotten goes with a destroy and with `prune`, and is told otherwise; a plan
    for some services leaves it out.

    Raises:
        UsageError: `prune` with names of services.
        PreflightError: what a deploy needs to be there is not.
    """
    from ecsinfer.application import compile_spec, forgotten, preflight
    from ecsinfer.errors import UsageError
    from ecsinfer.events import Warned
    from ecsinfer.kinds.forgotten import Forgotten
    from ecsinfer.kinds.tagged import Elsewhere
    from ecsinfer.reconcile.observe import observe
    from ecsinfer.status.memory import Remembering

    if prune and services:
        raise UsageError(
            "--prune goes by the whole spec, and services are named",
            hint="leave out --prune, or the names",
        )
    destroying = bool(choices.get("destroying"))
    compiled = partial(compile_spec, spec, services=services, region=gateway.region, **choices)
    nodes, memory = compiled(), Remembering(gateway)
    found, elsewhere = Forgotten(), Elsewhere()
    with gateway.planning():
        if not services:
            found, elsewhere = _find(memory, spec, nodes, closely=prune or destroying)
        elif destroying:
            elsewhere = _elsewhere(memory, spec)
    if prune or destroying:
        warnings = (*forgotten.kept(spec, elsewhere),) if destroying else ()
        nodes = compiled(forgotten=found, elsewhere=elsewhere)
    else:
        warnings = (*forgotten.warnings(found),)
    told = tuple(map(Warned, warnings))
    if destroying:
        return Planned(reconciler.plan_destroy(nodes, spec.name, memory), nodes, told)
    plan = reconciler.plan(nodes, spec.name, memory)
    with gateway.planning():
        seen = observe(memory, preflight.asked(plan, nodes))
    return Planned(plan, nodes, (*told, *preflight.require(seen.values())))


def digest(spec: Spec) -> str:
    """What tells a spec from every other: the same however it is written down."""
    import hashlib
    import json

    # What is not written has its default, of whatever version of ecsinfer.
    said = spec.model_dump(mode="json", exclude_defaults=True)
    return f"sha256:{hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()}"


def saved(gateway: Gateway, spec: Spec, plan: Plan, **choices: Any) -> Planned:
    """A plan from a file, with the nodes that it must have been made from.

    The plan itself tells what it was made with; whatever else differs makes it stale.

    Raises:
        PlanStaleError: what the spec had forgotten when it was made is gone.
        PreflightError: what a deploy needs to be there is not, any more.
    """
    from ecsinfer.application import compile_spec

    keys = {action.node for action in plan.actions}
    operations = {call.operation for call in plan.calls}
    chosen = choices.pop("services", ())
    compiled = partial(
        compile_spec,
        spec,
        services=chosen,
        region=gateway.region,
        destroying=plan.intent == "destroy",
        purge="DeleteLogGroup" in operations,
        scale_groups_to_zero=any(key.startswith("auto-scaling-group/") for key in keys),
        **choices,
    )
    nodes = compiled()
    if plan.intent == "destroy":
        with gateway.planning():
            nodes = compiled(elsewhere=_elsewhere(gateway, spec))
    if not keys <= {node.key for node in nodes}:
        with gateway.planning():
            found, elsewhere = _find(gateway, spec, nodes, closely=True)
        nodes = compiled(forgotten=found, elsewhere=elsewhere)
        if not chosen:
            _refuse_gone(plan, frozenset(node.key for node in nodes))
    return Planned(plan, nodes, _looked_at(gateway, plan, nodes))


def _looked_at(gateway: Gateway, plan: Plan, nodes: Nodes) -> tuple[Warned, ...]:
    """What to tell beside a saved plan; nothing of one that is refused as stale anyway.

    Raises:
        PreflightError: what it needs to be there is not, any more.
    """
    from ecsinfer.application import preflight
    from ecsinfer.reconcile.observe import observe

    if plan.intent == "destroy" or not {each.node for each in plan.actions} <= {
        node.key for node in nodes
    }:
        return ()
    with gateway.planning():
        if plan.target != gateway.target():
            return ()
        return preflight.require(observe(gateway, preflight.asked(plan, nodes)).values())


def _refuse_gone(plan: Plan, there: frozenset[str]) -> None:
    """Say so where all that a plan has beside the spec's own was removed since.

    Raises:
        PlanStaleError: it was.
    """
    from ecsinfer.errors import PlanStaleError
    from ecsinfer.events import are, some
    from ecsinfer.model import Verb

    left = [action for action in plan.actions if action.node not in there]
    looked_for = ("service/", "capacity-provider/", "task-definition/", "log-group/")
    gone = [
        action.node
        for action in left
        if action.verb is Verb.DELETE and action.node.startswith(looked_for)
    ]
    made = {Verb.CREATE, Verb.REVISE, Verb.REPLACE, Verb.AWAIT}
    if gone and not any(action.verb in made for action in left):
        raise PlanStaleError(
            f"{some(gone)} {are(len(gone))} gone already: the plan was carried out before, or "
            "somebody else removed what it removes",
            hint="make a new plan to see what is left to do",
        )


def _find(
    reader: Reader, spec: Spec, nodes: Nodes, *, closely: bool
) -> tuple[Forgotten, Elsewhere]:
    """What carries our tag and is not in the spec, asked together with all that the nodes ask."""
    from ecsinfer.application import forgotten
    from ecsinfer.kinds import forgotten as looking
    from ecsinfer.kinds import tagged
    from ecsinfer.reconcile.observe import observe

    named = forgotten.named(spec)
    seen = observe(
        reader,
        {
            **{node.key: node.kind.observe(node.desired, {}) for node in nodes},
            "services": looking.services(named, closely=closely),
            "providers": looking.providers(named, closely=closely),
            **({"tagged": tagged.look(named)} if closely else {}),
        },
    )
    by_tag = seen.get("tagged", tagged.Tagged())
    found = looking.Forgotten(
        seen["services"], seen["providers"], by_tag.families, by_tag.log_groups
    )
    return found, by_tag.elsewhere


def _elsewhere(reader: Reader, spec: Spec) -> Elsewhere:
    """What the application has in other clusters."""
    from ecsinfer.application import forgotten
    from ecsinfer.kinds import tagged
    from ecsinfer.reconcile.observe import observe

    asked = tagged.elsewhere(forgotten.named(spec))
    seen: Elsewhere = observe(reader, {"elsewhere": asked})["elsewhere"]
    return seen
