"""GitHub Actions: workflow commands beside the log, and the summary of the step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TextIO

from ecsinfer import events
from ecsinfer.errors import Problem, SpecError
from ecsinfer.report.harmless import without_controls
from ecsinfer.report.outcome_view import print_failure
from ecsinfer.report.plain import PlainSink
from ecsinfer.report.summary import RunSummary


def active(environment: Mapping[str, str]) -> bool:
    """Whether this runs as a step of a GitHub workflow."""
    return environment.get("GITHUB_ACTIONS") == "true"


def summarise(environment: Mapping[str, str], lines: Iterable[str]) -> None:
    """Append to the summary of the step, if this is one and has one."""
    path = environment.get("GITHUB_STEP_SUMMARY")
    if path and active(environment):
        with Path(path).open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)


class GithubSink:
    """The plain log, one group a node, with warnings as annotations.

    Groups cannot be nested, so a node's group ends where the next one begins; what failed is told
    outside of any group, where nobody has to unfold it.
    """

    def __init__(
        self, stream: TextIO, now: Callable[[], datetime], environment: Mapping[str, str]
    ) -> None:
        self._stream = stream
        self._plain = PlainSink(stream, now)
        self._environment = environment
        self._summary = RunSummary()
        self._open = False

    def __call__(self, event: events.Event) -> None:
        """Write what the event has for the log, and keep what it has for the summary."""
        if isinstance(event, events.ActionStarted):
            self.close()
            self._write(command("group", f"{event.node}: {event.verb}"))
            self._open = True
        elif isinstance(
            event, events.ActionFailed | events.ActionSkipped | events.Warned | events.Finished
        ):
            self.close()
        if isinstance(event, events.Warned):  # GitHub shows an annotation as a line of the log
            text = f"{event.node}: {event.text}" if event.node else event.text
            self._write(command("warning", text))
        else:
            self._plain(event)
        self._summary(event)
        if isinstance(event, events.Finished):
            summarise(self._environment, self._summary.lines(event))

    def close(self) -> None:
        """End the group that is open."""
        if self._open:
            self._write(command("endgroup", ""))
            self._open = False

    def _write(self, line: str) -> None:
        self._stream.write(f"{line}\n")
        self._stream.flush()


def annotated_outcome(outcome: events.Outcome) -> str:
    """The workflow command that tells why a run failed, and all that is known of it."""
    told: list[str] = []
    print_failure(outcome, lambda text, style="": told.append(text))  # noqa: ARG005  no colours
    return command("error", "\n".join(told).removeprefix("error: "))


def annotated(
    error: BaseException, text: str, hint: str, environment: Mapping[str, str]
) -> Iterator[str]:
    """The workflow commands that tell an error; what is wrong in a file is told at its line."""
    if isinstance(error, SpecError):
        for problem in error.problems:
            yield command("error", _told(problem), **_place(problem, environment))
    else:
        yield command("error", _with(hint, text))


def command(name: str, text: str, **properties: object) -> str:
    """A workflow command, on one line whatever AWS said."""
    given = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value)
    return f"::{name}{' ' if given else ''}{given}::{_data(text)}"


def _told(problem: Problem) -> str:
    places = (problem.file if _of_command_line(problem) else "", problem.path)
    return _with(problem.hint, ": ".join(filter(None, (*places, problem.text))))


def _with(hint: str, text: str) -> str:
    return f"{text}\ntry: {hint}" if hint else text


def _of_command_line(problem: Problem) -> bool:
    """Whether the problem is in an option, such as ``--set services.llm.replicas``."""
    return problem.file.startswith("--")


def _place(problem: Problem, environment: Mapping[str, str]) -> dict[str, object]:
    """Where GitHub finds the problem: its paths begin at the root of the checkout."""
    if _of_command_line(problem):
        return {"title": "invalid spec"}
    root = environment.get("GITHUB_WORKSPACE", "")
    path = Path(problem.file).absolute()
    inside = problem.file and root and path.is_relative_to(root)
    file = path.relative_to(root) if inside else problem.file
    return {"file": file, "line": problem.line, "col": problem.column, "title": "invalid spec"}


def _data(text: str) -> str:
    return "%0A".join(without_controls(each).replace("%", "%25") for each in text.splitlines())


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
