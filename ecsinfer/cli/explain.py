"""``ecsinfer explain``."""

from __future__ import annotations

from dataclasses import asdict

import click

from ecsinfer.cli.options import Common, aws_options, services_argument


@click.command()
@services_argument
@aws_options
def explain(common: Common, services: tuple[str, ...]) -> int:
    """Tell why services do not come up: the causes, AWS's own words for them, what to do.

    It looks at the newest deployment of each service, and only reads. Lines that containers wrote
    are shown as they are.
    """
    from ecsinfer.cli.diagnosis import causes_of
    from ecsinfer.cli.session import open_session
    from ecsinfer.errors import UsageError
    from ecsinfer.report import causes_view, terminal

    with open_session(common) as session:
        spec = session.spec
        unknown = [name for name in services if name not in spec.services]
        if unknown:
            raise UsageError(
                f"no service {', '.join(unknown)} in the spec",
                hint=f"there are: {', '.join(spec.services)}",
            )
        session.started("explain")
        found = {
            name: causes_of(session.gateway, session.clock, spec, name)
            for name in services or spec.services
        }
        if common.output == "text":
            causes_view.print_services(found, terminal.data())
        else:
            documents = {
                name: None if causes is None else [asdict(each) for each in causes]
                for name, causes in found.items()
            }
            common.answer.by_service(documents, "causes")
        return 0
