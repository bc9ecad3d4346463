"""``ecsinfer resume``."""

from __future__ import annotations

import click

from ecsinfer.cli.options import Common, aws_options, services_argument, yes_option


@click.command()
@services_argument
@aws_options
@yes_option
def resume(common: Common, services: tuple[str, ...], yes: bool) -> int:
    """Let suspended autoscaling go on, scheduled actions too.

    Without a service, of every service whose spec declares scaling. What the spec says of
    suspension wins at the next deploy.
    """
    from ecsinfer.cli.session import open_session
    from ecsinfer.cli.suspension import suspend_scaling

    with open_session(common) as session:
        return suspend_scaling(session, services, suspended=False, yes=yes)
