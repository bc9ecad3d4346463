"""``ecsinfer completion``."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of SHELL.

    For bash: eval "$(ecsinfer completion bash)"
    """
    from ecsinfer.cli.main import cli

    completer = get_completion_class(shell)
    if completer is None:
        raise click.UsageError(f"no completion for {shell}")
    click.echo(completer(cli, {}, "ecsinfer", "_ECSINFER_COMPLETE").source())
