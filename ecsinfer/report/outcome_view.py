"""How a run ended, as a person reads it: the outputs, what failed and what to try next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.text import Text

from ecsinfer.errors import EcsInferError
from ecsinfer.events import Outcome
from ecsinfer.report.causes_view import print_causes


def print_outputs(outputs: Mapping[str, object], console: Console) -> None:
    """Write outputs as ``name = value``, aligned; values are never cut, so they can be copied."""
    width = max((len(name) for name in outputs), default=0)
    for name, value in outputs.items():
        console.print(Text(f"{name:<{width}} = {value}"), soft_wrap=True)


def print_next(commands: Iterable[str], console: Console) -> None:
    """Write what one would do next, ready to be copied."""
    console.print(Text("what to try next:", style="dim"))
    for command in commands:
        console.print(Text(f"  {command}", style="dim"), soft_wrap=True)


def print_failure(outcome: Outcome, console: Console) -> None:
    """Write what went wrong and why, AWS's other words for it, and what to try."""
    console.print(Text(f"error: {outcome.error}", style="bold red"), soft_wrap=True)
    print_causes(outcome.causes, console)
    told = {line for cause in outcome.causes for line in cause.evidence}
    for line in outcome.evidence:
        if line in told:
            continue
        console.print(Text(f"  {line}"), soft_wrap=True)
    if outcome.hint:
        console.print(Text(f"try: {outcome.hint}"), soft_wrap=True)


def print_error(error: EcsInferError, console: Console) -> None:
    """Write an error and its hint."""
    console.print(Text(f"error: {error}", style="bold red"), soft_wrap=True)
    if error.hint:
        console.print(Text(f"try: {error.hint}"), soft_wrap=True)
