"""GitHub Actions: workflow commands beside the log, and a summary of the run in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TextIO

from ecsinfer import events
from ecsinfer.report.plain import PlainSink
from ecsinfer.report.words import duration


def active(environment: Mapping[str, str]) -> bool:
    """Whether this runs as a step of a GitHub workflow."""
    return environment.get("GITHUB_ACTIONS") == "true"


class GithubSink:
    """The plain log, one group a node, with failures and warnings as annotations.

    Groups cannot be nested, so a node's group ends where the next one begins; what failed is told
    outside of any group, where nobody has to unfold it.
    """

    def __init__(
        self, stream: TextIO, now: Callable[[], datetime], summary: Path | None = None
    ) -> None:
        self._stream = stream
        self._plain = PlainSink(stream, now)
        self._summary = summary
        self._open = False
        self._rows: dict[str, tuple[str, str]] = {}
        self._told: list[str] = []
        self._title = "ecsinfer"

    def __call__(self, event: events.Event) -> None:
        """Write what the event has for the log, and keep what it has for the summary."""
        if isinstance(event, events.ActionStarted):
            self.close()
            self._command("group", f"{event.node}: {event.verb}")
            self._open = True
        elif isinstance(event, events.ActionFailed | events.Warned | events.Finished):
            self.close()
        self._plain(event)
        self._annotate(event)
        self._note(event)
        if isinstance(event, events.Finished):
            self._summarise(event)

    def close(self) -> None:
        """End the group that is open."""
        if self._open:
            self._command("endgroup", "")
            self._open = False

    def _annotate(self, event: events.Event) -> None:
        match event:
            case events.ActionFailed(error=error, hint=hint, evidence=evidence):
                parts = (error, *evidence, f"try: {hint}" if hint else "")
                self._command("error", "\n".join(part for part in parts if part))
            case events.Warned(node=node, text=text):
                self._command("warning", f"{node}: {text}" if node else text)
            case _:
                pass

    def _note(self, event: events.Event) -> None:
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

    def _summarise(self, event: events.Finished) -> None:
        if self._summary is None:
            return
        lines = [f"### {self._title}: {event.status} after {duration(event.seconds)}", ""]
        if self._rows:
            lines += ["| resource | action | result |", "|---|---|---|"]
            lines += [
                "| " + " | ".join(cell(each) for each in (node, *row)) + " |"
                for node, row in self._rows.items()
            ]
        lines += ["", *(f"- {cell(each)}" for each in dict.fromkeys(self._told))]
        lines += [f"- `{key}`: {cell(str(value))}" for key, value in event.outputs.items()]
        lines += [f"- try: {cell(event.hint)}"] if event.hint else []
        with self._summary.open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def _command(self, name: str, text: str) -> None:
        self._stream.write(f"::{name}::{escaped(text)}\n")
        self._stream.flush()


def escaped(text: str) -> str:
    """The data of a workflow command: one line, whatever AWS said."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def cell(text: str) -> str:
    """A text that stays in its cell of a Markdown table and starts no HTML."""
    return " ".join(text.split()).replace("<", "&lt;").replace("|", "\\|")
