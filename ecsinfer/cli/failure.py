"""The last rim: an exception becomes a text, a hint and an exit code."""

from __future__ import annotations

import os
import traceback

import click

from ecsinfer.errors import EcsInferError, SpecError


def debugging() -> bool:
    """Whether ``--debug`` was given; it travels in the environment so that any rim can ask."""
    return os.environ.get("ECSINFER_DEBUG", "") not in ("", "0")


def report(error: BaseException, command: str = "") -> int:
    """Tell the user what happened, why and what to try; the exit code."""
    if debugging():
        traceback.print_exception(error)
    if isinstance(error, EcsInferError):
        _tell(error, command, str(error), error.hint, error.exit_code)
        return error.exit_code
    hint = "the same command with --debug, and report what it prints as a bug of ecsinfer"
    text = f"unexpected {type(error).__name__}: {error}"
    _tell(error, command, text, "" if debugging() else hint, 1)
    return 1


def refuse(error: click.ClickException, command: str = "") -> int:
    """Tell the user what is wrong with the command line; the exit code."""
    from ecsinfer.report import github

    if github.active(os.environ):
        _tell(error, command, error.format_message(), f"{_program(command)} --help", 2)
    else:
        error.show()
    return 2


def _tell(error: BaseException, command: str, text: str, hint: str, code: int) -> None:
    from ecsinfer.report import github, summary

    if github.active(os.environ):
        # GitHub's log shows an annotation as a line of its own: told twice it reads badly.
        for line in github.annotated(error, text, hint, os.environ):
            click.echo(line, err=True)
        title = f"{_program(command)} ended with exit code {code}"
        told = (*text.splitlines(), f"try: {hint}" if hint else "")
        github.summarise(os.environ, summary.of_failure(title, told))
        return
    # click knows what a terminal is, not what NO_COLOR means.
    colour = False if os.environ.get("NO_COLOR") else None
    problems = error.problems if isinstance(error, SpecError) else ()
    for each in map(str, problems or (text,)):  # of many, each is seen to be one
        click.secho(f"error: {each}", err=True, fg="red", color=colour)
    if hint:
        click.echo(f"try: {hint}", err=True)


def _program(command: str) -> str:
    return f"ecsinfer {command}".rstrip()
