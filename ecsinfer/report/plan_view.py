"""The plan as a person reads it."""

from __future__ import annotations

from collections import Counter

from ecsinfer.events import plural
from ecsinfer.model import Action, Change, Plan, Verb
from ecsinfer.report.lines import Lines
from ecsinfer.report.words import COLOUR, PHRASE, SIGN, contrasted, effects, shown

MOST_CHANGES = 20
"""Fields shown of one node; the rest are counted. ``--output json`` has them all."""

MOST_UNCHANGED = 24
"""Resources that are listed although nothing is done with them; of more the number is told."""

_EFFECT = {
    "in-place": "in place",
    "new-revision": "new revision",
    "rollout": "rolls {}",
    "replace": "replaces it",
}


def print_plan(plan: Plan, write: Lines) -> None:
    """Write the plan's actions, their fields and a summary."""
    unchanged = [each for each in plan.actions if each.verb is Verb.KEEP and not each.changes]
    told_together = unchanged if len(unchanged) > MOST_UNCHANGED else ()
    width = max((len(action.node) for action in plan.actions), default=0)
    for action in plan.actions:
        if action in told_together:
            continue
        _print_action(action, _phrase(action.verb, plan), width, write)
    write(_summary(plan), "bold")


def _phrase(verb: Verb, plan: Plan) -> str:
    """What is done, in the words of the plan's intent: what a destroy leaves is not there."""
    return "not there" if verb is Verb.KEEP and plan.intent == "destroy" else PHRASE[verb]


def _print_action(action: Action, phrase: str, width: int, write: Lines) -> None:
    colour = COLOUR[action.verb]
    if action.verb is Verb.UPDATE:
        phrase = ", ".join([phrase, *map(_effect, effects(action.changes))])
    elif action.verb is Verb.KEEP and action.changes:
        phrase = "is there already; to use it changes"
    if action.why:
        phrase = f"{phrase}: {action.why}"
    write(f"  {SIGN[action.verb]} {action.node:<{width}}  {phrase}", colour)
    for change in action.changes[:MOST_CHANGES]:
        write(*_change_line(change, action.verb))
    if len(action.changes) > MOST_CHANGES:
        hidden = len(action.changes) - MOST_CHANGES
        write(f"      ... and {plural(hidden, 'field')} more (--output json has all)")


def _change_line(change: Change, verb: Verb) -> tuple[str, str]:
    """The line of a field, and its style."""
    if verb is Verb.CREATE or (change.old is None and verb is not Verb.UPDATE):
        return f"      {change.path}: {shown(change.new)}", "dim"
    note = "" if change.effect == "in-place" else f"  [{_effect(change)}]"
    old, new = contrasted(change.old, change.new)
    return f"      {change.path}: {old} -> {new}{note}", ""


def _effect(change: Change) -> str:
    return _EFFECT[change.effect].format(plural(change.tasks, "task"))


def _summary(plan: Plan) -> str:
    if plan.empty:
        kept = sum(action.verb is Verb.RETAIN for action in plan.actions)
        note = f" ({plural(kept, 'resource')} kept)" if kept else ""
        return f"Nothing to do{note}."
    verbs = Counter(action.verb for action in plan.actions)
    there = [verb for verb in Verb if verbs[verb]]
    words = [f"{verbs[verb]} to {_phrase(verb, plan)}" for verb in there if _acts(verb)]
    words += [f"{verbs[verb]} {_phrase(verb, plan)}" for verb in there if not _acts(verb)]
    return f"{', '.join(words)}; {plural(len(plan.calls), 'API write')}."


def _acts(verb: Verb) -> bool:
    return verb not in (Verb.KEEP, Verb.RETAIN)
