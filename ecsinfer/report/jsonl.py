"""Machine-readable reports: events as JSON lines, plans and outcomes as JSON documents.

Versioned by `events.VERSION`; README documents every field.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TextIO

from ecsinfer import events
from ecsinfer.errors import EcsInferError, Problem
from ecsinfer.events import Outcome
from ecsinfer.model import Call, Plan
from ecsinfer.report.streams import discard

Measure = Callable[[], tuple[float, int, int]]
"""Seconds, reads and writes of a run so far."""


class Answer:
    """What a command line says on standard output as data, whichever way it ends.

    With ``json`` that is one document: the one that was asked for, else how the command ended. With
    ``jsonl`` it is a stream of objects with a ``type`` each, the first ``version``, the last
    ``finished``. With ``text`` nothing is said here.

    Args:
        output: ``text``, ``json`` or ``jsonl``.
        stream: in place of standard output.

    Attributes:
        output: as above; known for good once the command line is read.
        measure: tells what ``finished`` tells of a run.
        unwritten: why events of a run could not be written; None when all were.
    """

    def __init__(self, output: str = "text", stream: TextIO | None = None) -> None:
        self.output = output
        self.measure: Measure = lambda: (0.0, 0, 0)
        self.unwritten: OSError | None = None
        self._stream = stream
        self._begun = False
        self._ended = False

    def document(self, document: Mapping[str, Any], kind: str = "") -> None:
        """Say what was asked for: the one document, or an object of the type `kind`.

        Raises:
            EcsInferError: standard output takes no more.
        """
        if self.output == "json":
            self._say(json.dumps(document, indent=2, default=str) + "\n")
            self._ended = True
        elif self.output == "jsonl":
            self.lines(kind, (document,))

    def by_service(self, documents: Mapping[str, Any], kind: str) -> None:
        """Say what was asked for of every service: in one document, or in an object for each."""
        if self.output == "json":
            self.document(documents, kind)
        else:
            self.lines(kind, ({"service": key, kind: each} for key, each in documents.items()))

    def lines(self, kind: str, documents: Iterable[Mapping[str, Any]]) -> None:
        """Say objects of the type `kind`, one a line.

        Raises:
            EcsInferError: standard output takes no more.
        """
        self._say(self._head() + "".join(_line({"type": kind, **each}) for each in documents))

    def event(self, event: events.Event) -> None:
        """Say an event; a run goes on when nobody can read of it."""
        try:
            self._write(self._head() + _line(events.to_json(event)))
        except OSError as error:
            discard(self._out)
            if not isinstance(error, BrokenPipeError):
                self.unwritten = error
        self._ended |= isinstance(event, events.Finished)

    def end(self, outcome: Outcome, problems: Sequence[Problem] = ()) -> None:
        """Say how the command ended, unless that was said.

        Raises:
            EcsInferError: standard output took not all that was said.
        """
        if self.output == "json" and not self._ended:
            document = outcome_document(outcome)
            if problems:
                document["problems"] = list(map(problem_document, problems))
            self.document(document)
        elif self.output == "jsonl" and not self._ended:
            if problems:
                self.lines("problem", map(problem_document, problems))
            self.event(self._finished(outcome))
        if self.unwritten is not None:
            raise unwritable(self.unwritten)

    def _finished(self, outcome: Outcome) -> events.Finished:
        seconds, reads, writes = self.measure()
        return events.Finished(
            outcome.status,
            outcome.exit_code,
            seconds,
            reads,
            writes,
            hint=outcome.hint,
            error=outcome.error,
            causes=outcome.causes,
        )

    @property
    def _out(self) -> TextIO:
        return self._stream or sys.stdout

    def _head(self) -> str:
        begun, self._begun = self._begun, True
        return "" if begun else _line({"type": "version", "ecsinfer_events": events.VERSION})

    def _say(self, text: str) -> None:
        try:
            self._write(text)
        except BrokenPipeError:
            raise
        except OSError as error:
            self._ended = True  # there is nowhere to say more
            discard(self._out)
            raise unwritable(error) from error

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def unwritable(error: OSError) -> EcsInferError:
    """What to tell where standard output takes no more."""
    return EcsInferError(
        f"standard output cannot be written: {error.strerror or error}",
        hint="make room where it goes to, or send it somewhere else",
    )


def _line(data: Mapping[str, Any]) -> str:
    return json.dumps(data, default=str) + "\n"


def problem_document(problem: Problem) -> dict[str, Any]:
    """One thing that is wrong in the spec."""
    return {name: getattr(problem, name) for name in problem.__slots__}


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


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """How a command ended, for ``--output json``."""
    return {"version": events.VERSION, **asdict(outcome)}
