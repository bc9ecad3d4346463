"""The last rim: an exception becomes a text, a hint and an exit code."""

from __future__ import annotations

import os
import traceback

import click

from ecsinfer.errors import EcsInferError


def debugging() -> bool:
    """Whether ``--debug`` was given; it travels in the environment so that any rim can ask."""
    return os.environ.get("ECSINFER_DEBUG", "") not in ("", "0")


def report(error: BaseException) -> int:
    """Tell the user what happened, why and what to try; the exit code."""
    if debugging():
        traceback.print_exception(error)
    if isinstance(error, EcsInferError):
        click.secho(f"error: {error}", err=True, fg="red")
        if error.hint:
            click.echo(f"try: {error.hint}", err=True)
        return error.exit_code
    click.secho(f"error: unexpected {type(error).__name__}: {error}", err=True, fg="red")
    if not debugging():
        click.echo(
            "try: the same command with --debug, and report what it prints as a bug of ecsinfer",
            err=True,
        )
    return 1
