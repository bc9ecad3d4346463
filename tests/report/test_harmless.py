from __future__ import annotations

import pytest

from ecsinfer.report.harmless import line, parts, plain

ESCAPE = "\x1b"


@pytest.mark.parametrize(
    ("message", "harmless"),
    [
        (f"{ESCAPE}[2J{ESCAPE}[Hcleared", ["cleared"]),
        (f"{ESCAPE}]0;title\x07text", ["text"]),
        (f"{ESCAPE}]52;c;c2VjcmV0{ESCAPE}\\text", ["text"]),
        (f"{ESCAPE}Pdevice{ESCAPE}\\text", ["text"]),
        (f"{ESCAPE}ctext", ["text"]),
        (f"text{ESCAPE}", ["text"]),
        ("10%\r50%\r100%\n", ["10%", "50%", "100%"]),
        ("back\x08\x08space \x07bell \x9b31m", ["back\\x08\\x08space \\x07bell \\x9b31m"]),
        ("a\tb", ["a\tb"]),
        ("first\nsecond", ["first", "second"]),
        ("", [""]),
    ],
)
def test_what_would_garble_a_terminal_does_not_reach_it(message: str, harmless: list[str]) -> None:
    assert parts(message) == harmless


def test_a_report_has_no_colours_but_its_own() -> None:
    assert plain(f"{ESCAPE}[31mred{ESCAPE}[0m\n{ESCAPE}[2Jx") == ["red", "x"]
    assert line(f"{ESCAPE}[31mred{ESCAPE}[0m\n  x\n") == "red x"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("::error title=x::y", "| ::error title=x::y"),
        (" \t::add-mask::llm", "|  \t::add-mask::llm"),
        (f"{ESCAPE}[0m::stop-commands::x", "| ::stop-commands::x"),
        ("a ##[error]b", "a ## [error]b"),
        ("std::vector", "std::vector"),
    ],
)
def test_no_line_is_a_workflow_command(said: str, told: str) -> None:
    assert plain(said) == [told]
