"""Lines of a report: with colours on a terminal, bare elsewhere.

rich is imported only where there is something to colour: a run whose output goes to a file, a
pipe or a log does not pay for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from rich.console import Console


class Lines(Protocol):
    """Takes the lines of a report; one is never wrapped or cut, so that it can be copied."""

    def __call__(self, text: str, style: str = "") -> None:
        """Write a line; `style` is rich's word for its looks and may be without effect."""
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
