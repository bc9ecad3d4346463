"""``ecsinfer init``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecsinfer.cli.options import Common, aws_options

if TYPE_CHECKING:
    from ecsinfer.report.jsonl import Answer

PRESETS = ("vllm", "triton", "tgi", "sglang", "generic")


@click.command()
@aws_options
@click.option("--preset", type=click.Choice(PRESETS), help="Begin with what this engine needs.")
@click.option(
    "--from-service",
    "sources",
    metavar="CLUSTER/SERVICE",
    multiple=True,
    help="Write down a service that runs, whoever made it; again for more of the same cluster.",
)
@click.option(
    "--name", help="The application's name; that of the preset, service or cluster otherwise."
)
@click.option("--force", is_flag=True, help="Overwrite files that exist.")
def init(
    common: Common, preset: str | None, sources: tuple[str, ...], name: str | None, force: bool
) -> int:
    """Write a spec: from a preset, or from services that run already.

    Of a service the spec plans nothing: every field is in it, what has no word in overrides, the
    task definition in a file beside it. The service is taken over by deploy --adopt, not before.
    """  # fmt: skip
    from ecsinfer.errors import UsageError

    if (preset is None) == (not sources):
        raise UsageError(
            "init needs either --preset or --from-service",
            hint=f"--preset {preset or '|'.join(PRESETS)}, or --from-service CLUSTER/SERVICE",
        )
    if sources:
        files = _of_services(common, sources, name or "")
    else:
        from ecsinfer.importing.presets import preset_text

        files = {common.file: preset_text(str(preset), name or "")}
    taken = [str(path) for path in files if path.exists()]
    if taken and not force:
        raise UsageError(
            f"{', '.join(taken)} exists already",
            hint="--force overwrites, -f FILE writes somewhere else",
        )
    for path, text in files.items():
        _write(path, text)
        click.echo(f"wrote {path}", err=True)
    _say(common.answer, list(map(str, files)))
    return 0


def _write(path: Path, text: str) -> None:
    from ecsinfer.errors import UsageError

    try:
        path.write_text(text)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}", hint="-f FILE writes somewhere else"
        ) from error


def _say(answer: Answer, written: Sequence[str]) -> None:
    from ecsinfer import events

    if answer.output == "jsonl":
        answer.lines("written", ({"file": file} for file in written))
    else:
        answer.document({"version": events.VERSION, "files": written})


def _of_services(common: Common, sources: tuple[str, ...], name: str) -> Mapping[Path, str]:
    from ecsinfer.aws.gateway import Gateway
    from ecsinfer.cli.session import reach
    from ecsinfer.importing.document import imported
    from ecsinfer.importing.looking import look
    from ecsinfer.importing.writing import spec_text, task_definition_text
    from ecsinfer.reconcile.observe import observe

    wanted = {source: look(*_address(source)) for source in _of_one_cluster(sources)}
    endpoint, clock, simulated = reach(common)
    gateway = Gateway(
        profile=None if simulated else common.profile,
        region=common.region,
        endpoint_url=endpoint,
        clock=clock,
        debug=common.debug,
    )
    with gateway.planning():
        found = observe(gateway, wanted)
    beside = [f"{common.file.stem}.{_address(source)[1]}.taskdef.json" for source in wanted]
    made = imported(
        [found[source] for source in wanted],
        region=gateway.region,
        files=beside,
        application=name,
    )
    return {
        common.file: spec_text(made, ", ".join(wanted)),
        **{
            common.file.with_name(file): task_definition_text(definition)
            for file, definition in made.task_definitions.items()
        },
    }


def _address(source: str) -> tuple[str, str]:
    cluster, _, service = source.partition("/")
    if not cluster or not service or "/" in service:
        from ecsinfer.errors import UsageError

        raise UsageError(
            f"{source} names no service",
            hint="--from-service CLUSTER/SERVICE, by their names",
        )
    return cluster, service


def _of_one_cluster(sources: tuple[str, ...]) -> tuple[str, ...]:
    """Each of them once."""
    clusters = dict.fromkeys(_address(source)[0] for source in sources)
    if len(clusters) > 1:
        from ecsinfer.errors import UsageError

        raise UsageError(
            f"the services are of the clusters {', '.join(clusters)}, and a spec has one",
            hint="a run of init for each cluster, with another -f FILE",
        )
    return tuple(dict.fromkeys(sources))
