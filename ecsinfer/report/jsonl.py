"""Machine-readable reports: events as JSON lines, plans and outcomes as JSON documents.

Versioned by `events.VERSION`; README documents every field.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TextIO

from ecsinfer import events
from ecsinfer.model import Call, Plan


class JsonLinesSink:
    """Writes the version line, then every event as one JSON object a line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._write({"type": "version", "ecsinfer_events": events.VERSION})

    def __call__(self, event: events.Event) -> None:
        """Write the event."""
        self._write(events.to_json(event))

    def _write(self, data: Mapping[str, Any]) -> None:
        self._stream.write(json.dumps(data, default=str) + "\n")
        self._stream.flush()


def plan_document(plan: Plan) -> dict[str, Any]:
    """The plan for ``--output json``: every action, field and call."""
    return {
        "version": events.VERSION,
        "application": plan.application,
        "intent": plan.intent,
        "target": asdict(plan.target),
        "empty": plan.empty,
        "writes": len(plan.calls),
        "actions": [
            {
                "node": action.node,
                "verb": action.verb.value,
                "why": action.why,
                "changes": [asdict(change) for change in action.changes],
                "calls": [
                    {"service": step.service, "operation": step.operation}
                    for step in action.steps
                    if isinstance(step, Call)
                ],
            }
            for action in plan.actions
        ],
    }


def outcome_document(outcome: events.Outcome) -> dict[str, Any]:
    """How a run ended, for ``--output json``."""
    return {"version": events.VERSION, **asdict(outcome)}
