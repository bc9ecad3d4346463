"""What a run leaves behind in Markdown: for the summary of a step of a GitHub workflow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ecsinfer import events
from ecsinfer.events import duration
from ecsinfer.model import Plan, Verb
from ecsinfer.report import harmless
from ecsinfer.report.plan_view import print_plan
from ecsinfer.report.words import DONE, PHRASE, place

_MARKDOWN = re.compile(r"[\\`*\[\]|]")
"""What begins code, strong text, a link or an image, or ends a cell."""


class RunSummary:
    """Takes the events of a run, and keeps of them what its summary tells."""

    def __init__(self) -> None:
        self._title = "ecsinfer"
        self._rows: dict[str, tuple[str, str]] = {}
        self._told: list[str] = []
        self._causes: dict[str, events.Cause] = {}
        self._failed = False

    def __call__(self, event: events.Event) -> None:
        """Keep what the event has for the summary."""
        match event:
            case events.Started(command=command, application=application):
                self._title = f"ecsinfer {command} {application}"
            case events.ActionStarted(node=node, verb=verb, why=why):
                self._rows[node] = (PHRASE[Verb(verb)], why or "not finished")
            case events.ActionFinished(node=node, verb=verb, seconds=seconds):
                done = f"{DONE[Verb(verb)]} after {duration(seconds)}"
                self._rows[node] = (PHRASE[Verb(verb)], done)
            case events.Retained(node=node, why=why):
                self._rows[node] = (PHRASE[Verb.RETAIN], why)
            case events.ActionFailed(node=node, verb=verb, error=error, evidence=evidence):
                self._rows[node] = (PHRASE[Verb(verb)], "failed")
                self._told += [error, *evidence]
                self._failed = True
            case events.ActionSkipped(node=node, verb=verb, because=because):
                self._rows[node] = (PHRASE[Verb(verb)], f"not attempted, because {because} failed")
            case events.Explained(causes=causes):
                self._causes |= {each.title: each for each in causes}
            case _:
                pass

    def lines(self, end: events.Finished) -> Iterator[str]:
        """The summary of the run that ended so."""
        yield f"### {self._title}: {end.status} after {duration(end.seconds)}"
        yield ""
        if self._rows:
            yield "| resource | action | result |"
            yield "|---|---|---|"
        for node, row in self._rows.items():
            yield f"| {' | '.join(map(cell, (node, *row)))} |"
        yield ""
        # A failed action has told its own line of the error that ended the run.
        told = dict.fromkeys([*self._told, *end.error.splitlines()])
        yield from (f"- {cell(each)}" for each in told)
        yield from self._explained(end)
        if end.exit_code == 0:
            arns = {node: made.get("arn") for node, made in end.outputs.items()}
            lines = [f"- {cell(node)}: `{arn}`" for node, arn in arns.items() if arn]
            yield from _part("What runs", lines)
        if end.hint:
            yield ""
            yield f"Try: {cell(end.hint)}"

    def _explained(self, end: events.Finished) -> Iterator[str]:
        """The causes; of a run that failed those that held at its end, and what to do about them."""
        failed = end.exit_code != 0
        lines: list[str] = []
        # What failed was looked at once more; nothing is when a run is interrupted.
        for cause in end.causes if self._failed else self._causes.values():
            lines.append(f"- {cell(cause.title)}")
            lines += [f"  - {cell(each)}" for each in cause.advice if failed]
        yield from _part("Why, and what to try" if failed else "What it waited for", lines)


def _part(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield f"**{title}**"
        yield ""
        yield from lines


def of_plan(plan: Plan) -> Iterator[str]:
    """The summary of a plan: as a terminal shows it, since every line of it matters."""
    shown: list[str] = []
    print_plan(plan, lambda text, style="": shown.append(text))  # noqa: ARG005  no colours here
    target = plan.target
    yield f"### ecsinfer plan {plan.application}"
    yield ""
    yield cell(place(target.account, target.region, target.endpoint, simulated=False))
    yield ""
    yield "```text"
    yield from shown  # every value is indented too far to end the block
    yield "```"


def of_failure(title: str, told: Iterable[str]) -> Iterator[str]:
    """The summary of a run that ended before it did anything."""
    yield f"### {title}"
    yield ""
    yield from (f"- {cell(each)}" for each in told if each)


def cell(text: str) -> str:
    """A text that stays in its cell of a Markdown table: no link, no image, no code and no HTML."""
    return _MARKDOWN.sub(r"\\\g<0>", harmless.line(text)).replace("<", "&lt;")
