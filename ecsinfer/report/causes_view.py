"""Causes, as a person reads them: what it is, what AWS said, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ecsinfer.events import Cause, some
from ecsinfer.report import harmless
from ecsinfer.report.lines import Lines


def lines(cause: Cause, *, advice: bool = True) -> Iterator[str]:
    """A cause as lines of text, the first of them its title."""
    yield f"{harmless.line(cause.title)} [{cause.code}]"
    yield from (f"  {line}" for said in cause.evidence for line in harmless.plain(said))
    if advice:
        yield from (f"  try: {harmless.line(each)}" for each in cause.advice)


def print_causes(causes: Sequence[Cause], write: Lines) -> None:
    """Write causes; evidence is never cut, so that it can be searched for.

    Whose cause it is, is said where there are several to whom it may belong.
    """
    several = len({node for each in causes for node in each.nodes}) > 1
    for each in causes:
        title, *rest = lines(each)
        title += f" ({some(each.nodes)})" if several else ""
        write(f"cause: {title}", "yellow")
        for line in rest:
            write(line)


def print_services(found: Mapping[str, tuple[Cause, ...] | None], write: Lines) -> None:
    """Write the causes of several services; None is a service that is not there."""
    for name, causes in found.items():
        if causes is None:
            write(f"{name}: there is no such service")
        elif not causes:
            write(f"{name}: nothing is wrong that AWS shows")
        else:
            write(f"{name}:", "bold")
            print_causes(causes, write)
