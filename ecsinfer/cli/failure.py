"""The last rim: whatever ended a command becomes a text, a hint, an exit code, and data."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace

import click

from ecsinfer.errors import EcsInferError, InterruptedRunError, SpecError
from ecsinfer.events import Outcome
from ecsinfer.reconcile.ending import ended_by
from ecsinfer.report.jsonl import Answer, unwritable
from ecsinfer.report.streams import discard

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What a stream says that takes no more; only standard output is written without a guard."""


def debugging() -> bool:
    """Whether ``--debug`` was given; it travels in the environment so that any rim can ask."""
    return os.environ.get("ECSINFER_DEBUG", "") not in ("", "0")


def done(code: int, command: str, answer: Answer) -> int:
    """End a command that did what it was asked for; the exit code."""
    return _close(Outcome("done", code), command, answer)


def report(error: BaseException, command: str, answer: Answer) -> int:
    """Tell the user what happened, why and what to try; the exit code."""
    if debugging():
        traceback.print_exception(error)
    known = _known(error)
    ended = ended_by(known)
    _tell(known, command, ended)
    return _close(ended, command, answer, error)


def refuse(error: click.ClickException, command: str, answer: Answer, words: Sequence[str]) -> int:
    """Tell the user what is wrong with the command line; the exit code."""
    from ecsinfer.report import github

    hint = f"{_program(command)} --help"
    ended = Outcome("failed", 2, error=error.format_message(), hint=hint)
    if github.active(os.environ):
        _tell(error, command, ended)
    else:
        error.show()
    answer.output = _output(words)
    return _close(ended, command, answer)


def interrupted(*, answered: bool, answer: Answer) -> int:
    """Say that Ctrl-C, or the answer to a question, was the end; the exit code."""
    text = "Aborted: nothing was changed." if answered else "Interrupted."
    click.echo(text, err=True)
    return _close(Outcome("interrupted", InterruptedRunError.exit_code, error=text), "", answer)


def _close(ended: Outcome, command: str, answer: Answer, error: BaseException | None = None) -> int:
    """Say as data how it ended; a success of which nobody could read is none."""
    try:
        answer.end(ended, error.problems if isinstance(error, SpecError) else ())
    except EcsInferError as lost:
        ended = replace(ended_by(lost), exit_code=ended.exit_code or lost.exit_code)
        _tell(lost, command, ended)
    except BrokenPipeError:  # who asked does not want to know
        discard(sys.stdout)
    return ended.exit_code


def _known(error: BaseException) -> EcsInferError:
    """The error in words that a user can act on."""
    if isinstance(error, EcsInferError):
        return error
    if isinstance(error, OSError) and error.filename:
        return EcsInferError(
            f"{error.filename}: {error.strerror}", hint="check that path, and who may use it"
        )
    if isinstance(error, OSError) and error.errno in _FULL:
        with contextlib.suppress(OSError):  # one without a descriptor holds nothing back
            discard(sys.stdout)
        return unwritable(error)
    hint = "the same command with --debug, and report what it prints as a bug of ecsinfer"
    return EcsInferError(
        f"unexpected {type(error).__name__}: {error}", hint="" if debugging() else hint
    )


def _tell(error: BaseException, command: str, ended: Outcome) -> None:
    from ecsinfer.report import github, summary

    text, hint = ended.error, ended.hint
    if github.active(os.environ):
        # GitHub's log shows an annotation as a line of its own: told twice it reads badly.
        for line in github.annotated(error, text, hint, os.environ):
            click.echo(line, err=True)
        title = f"{_program(command)} ended with exit code {ended.exit_code}"
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


def _output(words: Sequence[str]) -> str:
    """The ``--output`` of a command line that could not be read; the last one counts."""
    found = "text"
    for word, following in zip(words, (*words[1:], ""), strict=True):
        name, equals, value = word.partition("=")
        if name == "--output":
            found = value if equals else following
    return found if found in ("json", "jsonl") else "text"


def _program(command: str) -> str:
    return f"ecsinfer {command}".rstrip()
