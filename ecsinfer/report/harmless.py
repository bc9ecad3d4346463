"""Text of AWS and of containers as lines that do nothing to a terminal or a workflow but be read."""

from __future__ import annotations

import re

_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*(?P<end>[@-~])"  # CSI, of which only colours (SGR, m) may be let through
    r"|\x1b[\]PX^_].*?(?:\x1b\\|\x07|$)"  # strings, such as titles, links and the clipboard
    r"|\x1b[ -/]*[0-~]?"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]")


def parts(message: str) -> list[str]:
    """A message as lines that do nothing to a terminal but colour its text.

    Nothing is hidden: what a carriage return would overwrite is a line of its own, and other
    control characters are written as their numbers.
    """
    return _split(message, colours=True)


def plain(message: str) -> list[str]:
    """A message as lines without colours, in which GitHub finds no workflow command either.

    Its runner takes ``::name::`` for one where a line begins, spaces aside, and ``##[name]``
    anywhere.
    """
    return [_no_command(each) for each in _split(message, colours=False)]


def line(message: str) -> str:
    """The same on one line."""
    return " ".join(each.strip() for each in plain(message))


def without_controls(text: str, *, colours: bool = False) -> str:
    """A text whose control characters, but tabs and ends of lines, are gone or only their numbers."""
    kept = _SEQUENCE.sub(lambda match: match[0] if colours and match["end"] == "m" else "", text)
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", kept)


def _split(message: str, *, colours: bool) -> list[str]:
    found = [
        without_controls(each, colours=colours) for each in message.splitlines() if each.strip()
    ]
    return found or [""]


def _no_command(text: str) -> str:
    begin = "| " if text.lstrip().startswith("::") else ""
    return begin + text.replace("##[", "## [")
