"""A plan as a file: what ``plan --out`` writes and ``deploy --plan`` executes, or nothing.

A version is a promise: a file of another version is refused, not guessed at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

from ecsinfer.errors import PlanStaleError, UsageError
from ecsinfer.model import Action, Call, Change, Effect, Plan, Settle, Step, Target, Verb

FORMAT = "ecsinfer-plan"
VERSION = 2

_TIME = "$datetime"


def dump(plan: Plan, *, spec: str = "") -> str:
    """The plan as JSON text; `spec` is the digest of the spec that it was made from."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "spec": spec,
        "application": plan.application,
        "intent": plan.intent,
        "target": {
            "account": plan.target.account,
            "region": plan.target.region,
            "endpoint": plan.target.endpoint,
        },
        "actions": [_action_to_json(action) for action in plan.actions],
    }
    return json.dumps(document, indent=2, default=_time_to_json)


def load(text: str | bytes, *, application: str = "", spec: str = "") -> Plan:
    """The plan that `dump` wrote.

    Args:
        text: the file's content.
        application: if given, the only application whose plan is taken.
        spec: if given, the digest of the only spec whose plan is taken.

    Raises:
        UsageError: it is no plan, of another version, or of another application.
        PlanStaleError: it was made from another spec.
    """
    document = _document(text)
    if document.get("version") != VERSION:
        raise UsageError(
            f"the plan has format version {document.get('version')}, and this ecsinfer executes "
            f"version {VERSION}",
            hint="make a new plan with this ecsinfer",
        )
    try:
        plan = Plan(
            application=str(document["application"]),
            target=Target(**document["target"]),
            intent=_one_of(document["intent"], ("deploy", "destroy")),
            actions=tuple(_action_from_json(each) for each in document["actions"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"the plan is damaged: {error!r}", hint="make a new plan") from error
    if application and plan.application != application:
        raise UsageError(f"the plan is of application {plan.application}, not of {application}")
    if spec and document.get("spec") != spec:
        raise PlanStaleError(
            "the plan was made from another spec: with another --file, --env or --set, before the "
            "file was edited, or before a value changed that it looks up",
            hint="give the options that plan was given, or make a new plan",
        )
    return plan


def _document(text: str | bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(text, object_hook=_time_from_json)
    except UnicodeDecodeError:
        document = None
    except ValueError as error:
        raise UsageError(f"the plan is no JSON: {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UsageError("this file is no plan of ecsinfer", hint="make one with plan --out FILE")
    return document


def _action_to_json(action: Action) -> dict[str, Any]:
    return {
        "node": action.node,
        "verb": action.verb.value,
        "why": action.why,
        "changes": [
            {
                "path": each.path,
                "old": each.old,
                "new": each.new,
                "effect": each.effect,
                "tasks": each.tasks,
            }
            for each in action.changes
        ],
        "steps": [_step_to_json(step) for step in action.steps],
    }


def _action_from_json(data: Mapping[str, Any]) -> Action:
    return Action(
        node=data["node"],
        verb=Verb(data["verb"]),
        why=data["why"],
        changes=tuple(
            Change(
                path=each["path"],
                old=each["old"],
                new=each["new"],
                effect=_one_of(each["effect"], _EFFECTS),
                tasks=int(each["tasks"]),
            )
            for each in data["changes"]
        ),
        steps=tuple(_step_from_json(each) for each in data["steps"]),
    )


def _step_to_json(step: Step) -> dict[str, Any]:
    if isinstance(step, Settle):
        return {"settle": step.goal, "within": step.within}
    return {
        "service": step.service,
        "operation": step.operation,
        "params": step.params,
        "saves": dict(step.saves),
        "retry_on": sorted(step.retry_on),
        "parts": step.parts,
    }


def _step_from_json(data: Mapping[str, Any]) -> Step:
    if "settle" in data:
        return Settle(_one_of(data["settle"], ("ready", "gone")), float(data["within"]))
    return Call(
        service=data["service"],
        operation=data["operation"],
        params=data["params"],
        saves=data["saves"],
        retry_on=frozenset(data["retry_on"]),
        parts=data.get("parts", ""),
    )


_EFFECTS = get_args(Effect)


def _one_of(value: Any, words: tuple[str, ...]) -> Any:
    if value not in words:
        raise ValueError(f"{value!r} is none of {', '.join(words)}")
    return value


def _time_to_json(value: Any) -> dict[str, str]:
    if isinstance(value, datetime):
        return {_TIME: value.isoformat()}
    raise TypeError(f"a plan cannot hold a {type(value).__name__}")


def _time_from_json(data: dict[str, Any]) -> Any:
    return datetime.fromisoformat(data[_TIME]) if data.keys() == {_TIME} else data
