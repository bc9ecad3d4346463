"""What a run leaves behind in Markdown: for the summary of a step of a GitHub workflow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ecsinfer import events
from ecsinfer.events import duration
from ecsinfer.model import Plan
from ecsinfer.report.plan_view import print_plan
from ecsinfer.report.words import place


class RunSummary:
    """Takes the events of a run, and keeps of them what its summary tells."""

    def __init__(self) -> None:
        self._title = "ecsinfer"
        self._rows: dict[str, tuple[str, str]] = {}
        self._told: list[str] = []

    def __call__(self, event: events.Event) -> None:
        """Keep what the event has for the summary."""
        match event:
            case events.Started(command=command, application=application):
                self._title = f"ecsinfer {command} {application}"
            case events.ActionStarted(node=node, verb=verb, why=why):
                self._rows[node] = (verb, why or "not finished")
            case events.ActionFinished(node=node, verb=verb, seconds=seconds):
                self._rows[node] = (verb, f"done after {duration(seconds)}")
            case events.Retained(node=node, why=why):
                self._rows[node] = ("keep", why)
            case events.ActionFailed(node=node, verb=verb, error=error, evidence=evidence):
                self._rows[node] = (verb, "failed")
                self._told += [error, *evidence]
            case events.ActionSkipped(node=node, verb=verb, because=because):
                self._rows[node] = (verb, f"not attempted, because {because} failed")
            case events.Explained(causes=causes):
                self._told += [line for each in causes for line in (each.title, *each.advice)]
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
        if end.exit_code == 0:
            arns = {node: made.get("arn") for node, made in end.outputs.items()}
            yield from (f"- {cell(node)}: `{arn}`" for node, arn in arns.items() if arn)
        if end.hint:
            yield f"- try: {cell(end.hint)}"


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
    """A text that stays in its cell of a Markdown table and starts no HTML."""
    return " ".join(text.split()).replace("<", "&lt;").replace("|", "\\|")
