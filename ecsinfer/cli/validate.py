"""``ecsinfer validate``."""

from __future__ import annotations

import json

import click

from ecsinfer.cli.options import Common, spec_options


@click.command()
@spec_options
def validate(common: Common) -> int:
    """Check the spec without talking to AWS: every problem at once, with its line."""
    from ecsinfer import spec
    from ecsinfer.errors import SpecError

    try:
        loaded = spec.load(common.file, env=common.env, sets=common.sets)
    except SpecError as error:
        if common.output == "text":
            raise
        problems = [
            {name: getattr(problem, name) for name in problem.__slots__}
            for problem in error.problems
        ]
        click.echo(json.dumps({"valid": False, "problems": problems}))
        return error.exit_code
    if common.output == "text":
        services = ", ".join(loaded.services)
        click.echo(f"{common.file} is valid: application {loaded.name}, services {services}")
    else:
        click.echo(json.dumps({"valid": True, "problems": []}))
    return 0
