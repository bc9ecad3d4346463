"""The entry point: a static table of commands, each loaded only when it is used.

``ecsinfer --help`` imports click alone: a shell that completes, or a person who looks, must not
wait for boto3.
"""

from __future__ import annotations

import importlib
import keyword
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from ecsinfer.cli.interrupts import Interrupts, leave
from ecsinfer.errors import InterruptedRunError
from ecsinfer.report.jsonl import Answer

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("init", "Write a spec: from a preset, or from a service that runs already."),
    "deploy": ("deploy", "Create or update what the spec describes, and wait until it serves."),
    "plan": ("plan", "Show what deploy would do; change nothing."),
    "destroy": ("destroy", "Remove what deploy created, in the order AWS allows."),
    "explain": ("explain", "Tell why services do not come up, and what to do about it."),
    "status": ("status", "Show how the application is doing, what is wrong first."),
    "logs": ("logs", "Show what the containers of a service wrote."),
    "rollback": ("rollback", "Stop a running deployment, or return to an earlier revision."),
    "continue": ("continue_", "Answer the PAUSE hook that a deployment waits at."),
    "revisions": ("revisions", "List what was registered and deployed, and what to return to."),
    "gc": ("gc", "Deregister revisions that nothing needs any more."),
    "scale": ("scale", "Set the number of tasks, or the range of autoscaling."),
    "suspend": ("suspend", "Stop autoscaling until it is resumed."),
    "resume": ("resume", "Let suspended autoscaling go on."),
    "outputs": ("outputs", "Print names and ARNs of what runs, like a stack's outputs."),
    "validate": ("validate", "Check the spec without talking to AWS."),
    "schema": ("schema", "Print the JSON Schema of the spec."),
    "policy": ("policy", "Print the least-privilege IAM policy that this spec needs."),
    "sandbox": ("sandbox", "Run the embedded AWS on this machine."),
    "completion": ("completion", "Print the shell completion script."),
}
"""Command -> (module in ``ecsinfer.cli`` that defines it under its name, one-line help)."""


class LazyGroup(click.Group):
    """A group that knows its commands' names and help, and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Every command, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        """The command of that name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"ecsinfer.cli.{COMMANDS[cmd_name][0]}")
        # Python keeps the word `continue` for itself.
        command = getattr(module, f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module.__name__}.{cmd_name} is not a command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant; a misspelt one is refused with the nearest there is.

        Raises:
            click.UsageError: there is no such command.
        """
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"No such command {args[0]!r}.{meant}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a reader of its output who went away is no error of it."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # `ecsinfer logs | head`: click would end with 1
            from ecsinfer.report.streams import discard

            discard(sys.stdout)
            return 0

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  click's signature
        """The table, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        click.echo(f"ecsinfer {version('ecsinfer')}")
        ctx.exit()


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version,
    help="Print the version and exit.",
)  # fmt: skip
def cli() -> None:
    """Deploy high-throughput inference services on Amazon ECS with capacity providers.

    One YAML file describes a cluster, its capacity and its services. AWS is the state: there is
    no state file, and running deploy again with nothing changed writes nothing.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its documented code."""
    interrupts = Interrupts()
    interrupts.watch()
    try:
        code = run(arguments)
    except KeyboardInterrupt:  # again, while it was told what the first one interrupted
        code = InterruptedRunError.exit_code
    if interrupts.happened:
        leave(code)
    sys.exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    command = next((word for word in words if word in COMMANDS), "")
    answer = Answer()
    try:
        result = cli.main(words, prog_name="ecsinfer", standalone_mode=False, obj=answer)
    except click.ClickException as error:
        from ecsinfer.cli.failure import refuse

        return refuse(error, command, answer, words)
    except click.Abort as abort:
        from ecsinfer.cli.failure import interrupted

        # click makes an Abort of a Ctrl-C; the answer to a question has no cause but itself.
        return interrupted(answered=abort.__cause__ is None, answer=answer)
    except Exception as error:  # noqa: BLE001  the last rim: a person never sees a traceback
        from ecsinfer.cli.failure import report

        return report(error, command, answer)
    from ecsinfer.cli.failure import done

    return done(int(result or 0), command, answer)
