"""``ecsinfer outputs``."""

from __future__ import annotations

import json

import click

from ecsinfer.cli.options import Common, aws_options, services_argument


@click.command()
@services_argument
@aws_options
def outputs(common: Common, services: tuple[str, ...]) -> int:
    """Print names and ARNs of what runs: cluster, services, revisions, providers."""
    from ecsinfer import application
    from ecsinfer.cli.session import open_session
    from ecsinfer.report import outcome_view, terminal

    with open_session(common) as session:
        seen = session.reconciler.outputs(session.nodes(services))
        session.started("outputs")
        found = application.outputs(session.spec, seen)
        if common.output == "text":
            outcome_view.print_outputs(found, terminal.data())
        else:
            click.echo(json.dumps(found, indent=2 if common.output == "json" else None))
        return 0
