"""What is drawn, what is coloured and what is written plainly, by the stream and the environment."""

from __future__ import annotations

import io
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ecsinfer import events
from ecsinfer.errors import EcsInferError
from ecsinfer.report import terminal
from ecsinfer.report.jsonl import Answer

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
GREEN = "\x1b[32mok\x1b[0m\n"


class Stream(io.StringIO):
    """Somebody's terminal, or a pipe."""

    def __init__(self, *, tty: bool) -> None:
        super().__init__()
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLORTERM", raising=False)
    monkeypatch.setenv("TERM", "xterm")


def written(monkeypatch: pytest.MonkeyPatch, *, tty: bool) -> str:
    stream = Stream(tty=tty)
    monkeypatch.setattr(sys, "stdout", stream)
    terminal.data()("ok", "green")
    return stream.getvalue()


def test_colours_are_for_terminals_and_for_logs_that_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(monkeypatch, tty=True) == GREEN
    assert written(monkeypatch, tty=False) == "ok\n"
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert written(monkeypatch, tty=False) == GREEN


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert written(monkeypatch, tty=True) == "ok\n"


def test_a_line_is_never_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    stream = Stream(tty=True)
    monkeypatch.setattr(sys, "stderr", stream)
    terminal.messages()("arn:" * 20)
    assert stream.getvalue() == "arn:" * 20 + "\n"


@pytest.mark.parametrize(
    ("tty", "term", "output", "drawn"),
    [
        (True, "xterm", "text", True),
        (True, "dumb", "text", False),
        (True, "xterm", "json", False),
        (False, "xterm", "text", False),
    ],
)
def test_a_run_is_drawn_only_where_it_can_be_drawn_anew(
    tty: bool, term: str, output: str, drawn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Stream(tty=tty)
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", term)
    emit, close = terminal.sink(Answer(output), lambda: NOON)
    emit(events.ActionStarted("cluster/a", "create"))
    close()
    assert ("\x1b[?25l" in stream.getvalue()) == drawn  # the cursor is hidden meanwhile
    assert ("12:00:00 cluster/a: create" in stream.getvalue()) != drawn


@pytest.mark.parametrize("output", ["text", "jsonl"])
def test_a_run_goes_on_when_the_reader_of_its_log_goes_away(
    output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stream:
        monkeypatch.setattr(sys, "stdout" if output == "jsonl" else "stderr", stream)
        emit, _ = terminal.sink(Answer(output), lambda: NOON)
        os.close(reader)
        for _ in range(3):
            emit(events.Warned("nobody reads this"))
        assert os.fstat(writer).st_rdev == Path(os.devnull).stat().st_rdev


def test_a_run_goes_on_when_its_stream_takes_no_more_and_that_is_told_at_its_end() -> None:
    with Path("/dev/full").open("w") as full:
        answer = Answer("jsonl", full)
        for _ in range(2):
            answer.event(events.Warned("nobody can read this"))
        with pytest.raises(EcsInferError, match="standard output cannot be written: No space"):
            answer.end(events.Outcome("done"))
