"""``ecsinfer policy``."""

from __future__ import annotations

import json

import click

from ecsinfer.cli.options import Common, spec_options


@click.command()
@spec_options
@click.option(
    "--scale-groups-to-zero",
    is_flag=True,
    help="Allow destroy --scale-groups-to-zero too.",
)
def policy(common: Common, scale_groups_to_zero: bool) -> None:
    """Print the least-privilege IAM policy document that this spec needs."""
    from ecsinfer import application, spec

    offline = spec.Offline()
    loaded = spec.load(common.file, env=common.env, sets=common.sets, lookup=offline)
    document = application.policy(
        loaded, scale_groups_to_zero=scale_groups_to_zero, lookups=offline.references
    )
    if common.output == "jsonl":
        common.answer.document({"policy": document}, "policy")
    elif common.output == "json":
        common.answer.document(document, "policy")
    else:
        click.echo(json.dumps(document, indent=2))
