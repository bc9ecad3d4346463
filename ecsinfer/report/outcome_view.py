"""How a run ended, as a person reads it: the outputs, what failed and what to try next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ecsinfer.events import Outcome
from ecsinfer.report import harmless
from ecsinfer.report.causes_view import print_causes
from ecsinfer.report.lines import Lines


def print_outputs(outputs: Mapping[str, object], write: Lines) -> None:
    """Write outputs as ``name = value``, aligned; values are never cut, so they can be copied."""
    width = max((len(name) for name in outputs), default=0)
    for name, value in outputs.items():
        write(f"{name:<{width}} = {value}")


def print_next(commands: Iterable[str], write: Lines) -> None:
    """Write what one would do next, ready to be copied."""
    write("what to try next:", "dim")
    for command in commands:
        write(f"  {command}", "dim")


def print_failure(outcome: Outcome, write: Lines) -> None:
    """Write what went wrong and why, AWS's other words for it, and what to try."""
    for line in harmless.plain(f"error: {outcome.error}"):
        write(line, "bold red")
    print_causes(outcome.causes, write)
    told = {line for cause in outcome.causes for line in cause.evidence}
    left = [line for line in outcome.evidence if line not in told]
    if left:
        write("what AWS said:")
    for line in (line for said in left for line in harmless.plain(said)):
        write(f"  {line}")
    if outcome.hint:
        write(f"try: {harmless.line(outcome.hint)}")
