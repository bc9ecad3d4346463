"""Lines of a report: with colours on a terminal, bare elsewhere.

rich is imported only where there is something to colour: a run whose output goes to a file, a
pipe or a log does not pay for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol, TextIO, TypeAlias

if TYPE_CHECKING:
    from rich.console import Console


class Lines(Protocol):
    """Takes the lines of a report; one is never wrapped or cut, so that it can be copied."""

    def __call__(self, text: str, style: str = "") -> None:
        """Write a line; `style` is rich's word for its looks and may be without effect."""
        ...


Row: TypeAlias = tuple[str, str, str]
"""What is before a text, in which style, and a text that may bring its own colours (SGR)."""

_COLOURS = re.compile(r"\x1b\[[0-?]*[ -/]*m")


class Rows(Protocol):
    """Takes many lines at once, each with a head in a style of its own."""

    def __call__(self, rows: Iterable[Row]) -> None:
        """Write the rows; none is wrapped or cut."""
        ...


def bare(stream: TextIO) -> Lines:
    """Lines without colours."""

    def write(text: str, style: str = "") -> None:  # noqa: ARG001  there is nothing to colour
        stream.write(f"{text}\n")
        stream.flush()

    return write


def coloured(console: Console) -> Lines:
    """Lines on a terminal."""
    from rich.text import Text  # noqa: PLC0415  only where there is a terminal

    def write(text: str, style: str = "") -> None:
        console.print(Text(text, style=style), soft_wrap=True)

    return write


def bare_rows(stream: TextIO) -> Rows:
    """Rows without colours."""

    def write(rows: Iterable[Row]) -> None:
        stream.writelines(f"{head}{_COLOURS.sub('', text)}\n" for head, _, text in rows)
        stream.flush()

    return write


def coloured_rows(console: Console) -> Rows:
    """Rows on a terminal, drawn together: one by one they take twice the time."""
    from rich.text import Text  # noqa: PLC0415  only where there is a terminal

    def write(rows: Iterable[Row]) -> None:
        drawn = [Text.assemble((head, style), Text.from_ansi(text)) for head, style, text in rows]
        if drawn:
            console.print(Text("\n").join(drawn), soft_wrap=True)

    return write
