"""``ecsinfer policy``."""

from __future__ import annotations

import json

import click

from ecsinfer.cli.options import Common, spec_options


@click.command()
@spec_options
def policy(common: Common) -> None:
    """Print the least-privilege IAM policy document that this spec needs."""
    from ecsinfer import application, spec

    loaded = spec.load(common.file, env=common.env, sets=common.sets)
    click.echo(json.dumps(application.policy(loaded), indent=2))
