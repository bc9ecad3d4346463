"""``ecsinfer validate``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ecsinfer.cli.options import Common, spec_options

if TYPE_CHECKING:
    from ecsinfer.errors import Problem


@click.command()
@spec_options
def validate(common: Common) -> None:
    """Check the spec without talking to AWS: every problem at once, with its line."""
    from ecsinfer import spec
    from ecsinfer.errors import SpecError

    try:
        loaded = spec.load(common.file, env=common.env, sets=common.sets)
    except SpecError as error:
        _say(common, error.problems)
        raise
    _say(common, ())
    if common.output == "text":
        services = ", ".join(loaded.services)
        click.echo(f"{common.file} is valid: application {loaded.name}, services {services}")


def _say(common: Common, problems: Sequence[Problem]) -> None:
    """The one document; of a stream, problems are in any that a wrong spec has ended."""
    from ecsinfer import events
    from ecsinfer.report.jsonl import problem_document

    if common.output == "json":
        common.answer.document(
            {
                "version": events.VERSION,
                "valid": not problems,
                "problems": list(map(problem_document, problems)),
            }
        )
