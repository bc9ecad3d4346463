"""Log lines on a terminal and in a pipe."""

from __future__ import annotations

import io
from datetime import timedelta

from rich.console import Console

from ecsinfer.logs.lines import Line
from ecsinfer.logs.tasks import Task
from ecsinfer.report.lines import bare, bare_rows, coloured_rows
from ecsinfer.report.log_view import LogView
from ecsinfer.sandbox.clock import EPOCH

ESCAPE = "\x1b"


def line(message: str, task: str = "1" * 32, container: str = "llm") -> Line:
    at = EPOCH + timedelta(seconds=5)
    return Line(at, task, container, message, "/app", f"llm/{container}/{task}", message)


def written(*lines: Line, terminal: bool = False, colours: bool = True, dated: bool = False) -> str:
    stream = io.StringIO()
    console = Console(
        file=stream,
        force_terminal=True,
        color_system="standard",
        no_color=not colours,
        width=40,
    )
    rows = coloured_rows(console) if terminal else bare_rows(stream)
    LogView(rows, bare(stream), ["llm"], dated=dated).lines(lines)
    return stream.getvalue()


def test_a_line_has_its_time_and_its_task_before_it_and_is_never_cut() -> None:
    text = "x" * 200
    assert written(line(text)) == f"09:00:05 11111111 | {text}\n"
    assert written(line("y"), dated=True) == "2026-01-05 09:00:05 11111111 | y\n"
    assert written(line(text), terminal=True, colours=False) == f"09:00:05 11111111 | {text}\n"


def test_the_container_is_named_once_there_are_several() -> None:
    told = written(line("a"), line("b", container="sidecar"), line("c")).splitlines()
    assert told == [
        "09:00:05 11111111 | a",
        "09:00:05 11111111 sidecar | b",
        "09:00:05 11111111 llm     | c",
    ]


def test_on_a_terminal_every_task_has_a_colour_and_keeps_it() -> None:
    tasks = ["1" * 32, "2" * 32, "1" * 32]
    told = written(*(line("text", task) for task in tasks), terminal=True).splitlines()
    heads = [each.partition(ESCAPE + "[0m")[0].partition("m")[0] for each in told]
    assert heads[0] == heads[2] != heads[1]
    assert all(each.endswith("text") for each in told), "the colour ends before the message"


def test_a_container_s_own_colours_are_kept_on_a_terminal_only() -> None:
    red = f"{ESCAPE}[31mred{ESCAPE}[0m plain"
    assert f"{ESCAPE}[31mred{ESCAPE}[0m plain" in written(line(red), terminal=True)
    assert written(line(red)) == "09:00:05 11111111 | red plain\n"
    assert ESCAPE not in written(line(red), terminal=True, colours=False)


def test_markup_is_text() -> None:
    assert written(line("[bold]x[/bold] [link]"), terminal=True, colours=False).endswith(
        "| [bold]x[/bold] [link]\n"
    )


def test_a_task_that_stopped_says_why() -> None:
    stream = io.StringIO()
    task = Task(
        "1" * 32,
        "arn:aws:ecs:us-east-1:123456789012:task-definition/llm:7",
        stopped=EPOCH,
        reason="Essential container in task exited",
        exits=("llm: exit code 137, OutOfMemoryError", "agent: exit code 0"),
    )
    LogView(bare_rows(stream), bare(stream), []).task(task)
    assert stream.getvalue() == (
        "task 11111111 (llm:7) stopped at 09:00:00: Essential container in task exited; "
        "llm: exit code 137, OutOfMemoryError; agent: exit code 0\n"
    )


def test_a_task_that_is_stopping_is_not_called_stopped() -> None:
    stream = io.StringIO()
    view = LogView(bare_rows(stream), bare(stream), ["llm"])
    view.task(Task("1" * 32, "task-definition/llm:3", stopped=EPOCH, stopping=True, reason="x"))
    view.task(Task("1" * 32, "task-definition/llm:3", stopped=EPOCH, reason="x"))
    assert [each.partition(": ")[0] for each in stream.getvalue().splitlines()] == [
        "task 11111111 (llm:3) stopping since 09:00:00",
        "task 11111111 (llm:3) stopped at 09:00:00",
    ]
