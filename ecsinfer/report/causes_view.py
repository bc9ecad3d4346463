"""Causes, as a person reads them: what it is, what AWS said, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.text import Text

from ecsinfer.events import Cause, some


def lines(cause: Cause, *, advice: bool = True) -> Iterator[str]:
    """A cause as lines of text, the first of them its title."""
    yield f"{cause.title} [{cause.code}]"
    yield from (f"  {line}" for line in cause.evidence)
    if advice:
        yield from (f"  try: {line}" for line in cause.advice)


def print_causes(causes: Sequence[Cause], console: Console) -> None:
    """Write causes; evidence is never cut, so that it can be searched for.

    Whose cause it is, is said where there are several to whom it may belong.
    """
    several = len({node for each in causes for node in each.nodes}) > 1
    for each in causes:
        title, *rest = lines(each)
        title += f" ({some(each.nodes)})" if several else ""
        console.print(Text(f"cause: {title}", style="yellow"), soft_wrap=True)
        for line in rest:
            console.print(Text(line), soft_wrap=True)


def print_services(found: Mapping[str, tuple[Cause, ...] | None], console: Console) -> None:
    """Write the causes of several services; None is a service that is not there."""
    for name, causes in found.items():
        if causes is None:
            console.print(Text(f"{name}: there is no such service"), soft_wrap=True)
        elif not causes:
            console.print(Text(f"{name}: nothing is wrong that AWS shows"), soft_wrap=True)
        else:
            console.print(Text(f"{name}:", style="bold"), soft_wrap=True)
            print_causes(causes, console)
