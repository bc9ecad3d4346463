"""``ecsinfer suspend``."""

from __future__ import annotations

import click

from ecsinfer.cli.options import Common, aws_options, services_argument, yes_option


@click.command()
@services_argument
@aws_options
@yes_option
def suspend(common: Common, services: tuple[str, ...], yes: bool) -> int:
    """Stop autoscaling until it is resumed: no scaling in, none out, no scheduled actions.

    Without a service, of every service whose spec declares scaling. What the spec says of
    suspension wins at the next deploy.
    """
    from ecsinfer.cli.session import open_session
    from ecsinfer.cli.suspension import suspend_scaling

    with open_session(common) as session:
        return suspend_scaling(session, services, suspended=True, yes=yes)
