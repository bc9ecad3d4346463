"""``ecsinfer status``."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from ecsinfer.cli.options import Common, Duration, aws_options, services_argument

if TYPE_CHECKING:
    from ecsinfer.cli.session import Session
    from ecsinfer.model import Change, Clock, Node, Reader
    from ecsinfer.report.jsonl import Answer
    from ecsinfer.status.assess import Finding
    from ecsinfer.status.facts import Drift, Status
    from ecsinfer.status.gather import Subject

    Show = Callable[[Status, Sequence[Finding]], None]


@click.command()
@services_argument
@aws_options
@click.option("--watch", is_flag=True, help="Look again and again, until Ctrl-C.")
@click.option(
    "--interval",
    type=Duration(),
    default="5s",
    metavar="DURATION",
    show_default=True,
    help="The time between two looks of --watch.",
)
def status(common: Common, services: tuple[str, ...], watch: bool, interval: float) -> int:
    """Show how the application is doing, what is wrong first; change nothing.

    Exits with 0 when all is healthy, 3 when something failed, 4 when it is still moving. What
    serves and only differs from the spec is healthy.
    """
    from ecsinfer.aws.clock import SystemClock
    from ecsinfer.cli.session import open_session
    from ecsinfer.errors import UsageError
    from ecsinfer.status.assess import EXIT_CODE, assess, health
    from ecsinfer.status.services import ABSENT

    if watch and common.output == "json":
        raise UsageError(
            "--watch shows more than one state, and --output json prints one document",
            hint="use --output jsonl: one state a line",
        )
    with open_session(common) as session, _shown(common.answer, watch=watch) as show:
        if watch:
            session.started("status")
            # A person looks at it: the pause is one of the wall's clock, not of a simulated one.
            return follow(lambda: look(session, services), show, SystemClock(), interval)
        seen = look(session, services)
        session.started("status")
        findings = assess(seen)
        show(seen, findings)
        if health(findings) == "failed":
            deployed = any(each.status != ABSENT for each in seen.services)
            session.suggest(f"ecsinfer {'explain' if deployed else 'deploy'} {{options}}")
        return EXIT_CODE[health(findings)]


def follow(look_again: Callable[[], Status], show: Show, clock: Clock, every: float) -> int:
    """Show what is there every so many seconds, until Ctrl-C, which is how it ends well."""
    from ecsinfer.status.assess import assess

    try:
        while True:
            seen = look_again()
            show(seen, assess(seen))
            clock.sleep(every)
    except KeyboardInterrupt:
        return 0


def look(session: Session, services: tuple[str, ...]) -> Status:
    """One look at everything: the facts, then the drift, which has few questions left."""
    from ecsinfer.reconcile.observe import observe
    from ecsinfer.status.facts import Status
    from ecsinfer.status.gather import gather
    from ecsinfer.status.memory import Remembering

    nodes, now = session.nodes(services), session.now()
    reader = Remembering(session.gateway)
    asked = gather(_subject(session, nodes), now)
    seen, providers = observe(reader, {"status": asked})["status"]
    drift, undecided = _drift(reader, nodes)
    target = session.gateway.target()
    return Status(
        application=session.spec.name,
        cluster=session.spec.cluster_name,
        account=target.account,
        region=target.region,
        at=now,
        services=seen,
        providers=providers,
        drift=drift,
        undecided=undecided,
    )


def _subject(session: Session, nodes: Sequence[Node[Any, Any]]) -> Subject:
    from ecsinfer.capacity.slots import requirements
    from ecsinfer.status.gather import Subject

    spec = session.spec
    chosen = {node.name: node.desired for node in nodes if node.kind.name == "task-definition"}
    return Subject(
        cluster=spec.cluster_name,
        services={key: spec.service_name(key) for key in chosen},
        providers={key: spec.provider_name(key) for key in spec.capacity},
        cluster_scoped=frozenset(
            spec.provider_name(key)
            for key, declared in spec.capacity.items()
            if declared.managed_instances is not None
        ),
        needs={key: requirements(desired.request) for key, desired in chosen.items()},
    )


def _drift(reader: Reader, nodes: Sequence[Node[Any, Any]]) -> tuple[tuple[Drift, ...], str]:
    """What a deploy would change, by the planner's own decision; or why that cannot be told."""
    from ecsinfer.errors import EcsInferError
    from ecsinfer.model import Verb
    from ecsinfer.reconcile.graph import deploy_graph
    from ecsinfer.reconcile.planner import look as decide
    from ecsinfer.status.facts import Drift

    try:
        actions = decide(reader, deploy_graph(nodes), "deploy").actions
    except EcsInferError as error:
        return (), str(error)
    return tuple(
        Drift(
            each.node,
            each.verb.value,
            tuple(change.path for change in each.changes),
            _next_revision(each.changes),
        )
        for each in actions
        if each.verb not in (Verb.KEEP, Verb.RETAIN, Verb.AWAIT)
    ), ""


def _next_revision(changes: Iterable[Change]) -> str:
    """The revision that a service would run instead, when it is registered already."""
    found = (str(change.new) for change in changes if change.path == "taskDefinition")
    arn = next(found, "")
    return arn.rpartition("/")[2] if arn.startswith("arn:") else ""


@contextlib.contextmanager
def _shown(answer: Answer, *, watch: bool) -> Iterator[Show]:
    """What shows a state, in the form that was asked for."""
    if answer.output != "text":
        from ecsinfer.report.status_document import document

        def tell(seen: Status, findings: Sequence[Finding]) -> None:
            answer.document(document(seen, findings), "status")

        yield tell
        return
    from ecsinfer.report import status_view, terminal

    console = terminal.console()
    if watch and terminal.drawable(sys.stdout):
        with status_view.Screen(console) as screen:
            yield screen.show
        return

    def write(seen: Status, findings: Sequence[Finding]) -> None:
        status_view.print_status(seen, findings, console)
        if watch:
            console.print()

    yield write
