"""``ecsinfer outputs``."""

from __future__ import annotations

import click

from ecsinfer.cli.options import Common, aws_options, services_argument

NOTHING_DEPLOYED = 3
"""The exit code where there is nothing to print; that of a status that is not healthy."""


@click.command()
@services_argument
@aws_options
def outputs(common: Common, services: tuple[str, ...]) -> int:
    """Print names and ARNs of what runs: cluster, services, revisions, providers.

    Exits with 3 when none of the spec's services and capacity providers is there, as status does.
    """
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
            common.answer.document(
                found if common.output == "json" else {"outputs": found}, "outputs"
            )
        if found.keys() - {"cluster_name", "cluster_arn"}:
            return 0
        if common.output == "text":
            terminal.messages()("nothing is deployed yet")
            session.suggest("ecsinfer deploy {options}")
        return NOTHING_DEPLOYED
