"""``ecsinfer revisions``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ecsinfer.cli.options import Common, aws_options, services_argument

if TYPE_CHECKING:
    from ecsinfer.cli.session import Session


@click.command()
@services_argument
@aws_options
def revisions(common: Common, services: tuple[str, ...]) -> int:
    """List what was registered and deployed, and what a rollback would return to.

    The newest revisions of every service's family and all that its deployments still tell of:
    image and digest, when it was registered and deployed, and how that ended.
    """
    from ecsinfer.cli.session import open_session

    with open_session(common) as session:
        return list_revisions(session, services)


def list_revisions(session: Session, services: tuple[str, ...] = ()) -> int:
    """Print the revisions; the exit code."""
    from ecsinfer.application.revisions import revision_lines
    from ecsinfer.cli.operation import histories, some_services
    from ecsinfer.report import revisions_view, terminal

    found = {
        key: None
        if seen is None
        else [asdict(line) for line in revision_lines(session.spec, key, seen)]
        for key, seen in histories(session, some_services(session.spec, services)).items()
    }
    session.started("revisions")
    if session.common.output == "text":
        revisions_view.print_revisions(found, terminal.data())
    else:
        session.common.answer.by_service(found, "revisions")
    return 0
