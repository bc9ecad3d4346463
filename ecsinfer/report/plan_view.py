"""The plan as a person reads it."""

from __future__ import annotations

from collections import Counter

from ecsinfer.events import NOT_THERE, NOT_WANTED, plural
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


def print_plan(plan: Plan, write: Lines, *, applied: bool = False) -> None:
    """Write the plan's actions, their fields and a summary.

    Args:
        plan: the plan.
        write: takes the lines.
        applied: whether it is carried out next; where nothing is to be done, that tells what is
            kept and why.
    """
    told = [each for each in plan.actions if _matters(each)]
    if applied and plan.empty:
        told = [each for each in told if each.verb is not Verb.RETAIN]
    unchanged = [each for each in told if each.verb is Verb.KEEP and not each.changes]
    if len(unchanged) > MOST_UNCHANGED:
        told = [each for each in told if each not in unchanged]
    width = max((len(action.node) for action in told), default=0)
    for action in told:
        _print_action(action, _phrase(action, plan), width, write)
    write(_summary(plan), "bold")


def _matters(action: Action) -> bool:
    """Whether it is more than what neither is there nor is to be there."""
    return action.verb is not Verb.KEEP or action.why != NOT_WANTED


def _phrase(action: Action, plan: Plan) -> str:
    """What is done, in the words of the plan's intent."""
    if action.verb is not Verb.KEEP or plan.intent != "destroy":
        return PHRASE[action.verb]
    return "not there" if action.why == NOT_THERE else "nothing to do"


def _print_action(action: Action, phrase: str, width: int, write: Lines) -> None:
    colour = COLOUR[action.verb]
    if action.verb is Verb.UPDATE:
        phrase = ", ".join([phrase, *map(_effect, effects(action.changes))])
    elif action.verb is Verb.KEEP and action.changes:
        phrase = "there already; what using it changes"
    if action.why and action.why != NOT_THERE:
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
    told = [each for each in plan.actions if _matters(each)]
    done = Counter((each.verb, _phrase(each, plan)) for each in told)
    there = [(verb, phrase) for verb in Verb for each, phrase in done if each is verb]
    words = [f"{done[each]} to {each[1]}" for each in there if _acts(each[0])]
    words += [f"{done[each]} {_left(each[1])}" for each in there if not _acts(each[0])]
    return f"{', '.join(words)}; {plural(len(plan.calls), 'API write')}."


def _acts(verb: Verb) -> bool:
    return verb not in (Verb.KEEP, Verb.RETAIN)


def _left(phrase: str) -> str:
    return phrase.replace("nothing", "with nothing")
