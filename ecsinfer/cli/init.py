"""``ecsinfer init``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from ecsinfer.cli.options import Common, aws_options

PRESETS = ("vllm", "triton", "tgi", "sglang", "generic")


@click.command()
@aws_options
@click.option("--preset", type=click.Choice(PRESETS), help="Begin with what this engine needs.")
@click.option(
    "--from-service",
    "source",
    metavar="CLUSTER/SERVICE",
    help="Write down a service that runs, whoever made it.",
)
@click.option("--name", help="The application's name; that of the preset or service otherwise.")
@click.option("--force", is_flag=True, help="Overwrite files that exist.")
def init(
    common: Common, preset: str | None, source: str | None, name: str | None, force: bool
) -> int:
    """Write a spec: from a preset, or from a service that runs already.

    Of a service the spec plans nothing: every field is in it, what has no word in overrides, the
    task definition in a file beside it. The service is taken over by deploy --adopt, not before.
    """  # fmt: skip
    from ecsinfer.errors import UsageError

    if (preset is None) == (source is None):
        raise UsageError(
            "init needs either --preset or --from-service",
            hint=f"--preset {preset or '|'.join(PRESETS)}, or --from-service CLUSTER/SERVICE",
        )
    if source is not None:
        files = _of_service(common, source, name or "")
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
        path.write_text(text)
        click.echo(f"wrote {path}", err=True)
    return 0


def _of_service(common: Common, source: str, name: str) -> Mapping[Path, str]:
    from ecsinfer.aws.gateway import Gateway
    from ecsinfer.cli.session import reach
    from ecsinfer.errors import UsageError
    from ecsinfer.importing.document import imported
    from ecsinfer.importing.looking import look
    from ecsinfer.importing.writing import spec_text, task_definition_text
    from ecsinfer.reconcile.observe import observe

    cluster, _, service = source.partition("/")
    if not cluster or not service or "/" in service:
        raise UsageError(
            f"{source} names no service",
            hint="--from-service CLUSTER/SERVICE, by their names",
        )
    endpoint, clock, simulated = reach(common)
    gateway = Gateway(
        profile=None if simulated else common.profile,
        region=common.region,
        endpoint_url=endpoint,
        clock=clock,
        debug=common.debug,
    )
    with gateway.planning():
        found = observe(gateway, {source: look(cluster, service)})[source]
    beside = common.file.with_name(f"{common.file.stem}.{service}.taskdef.json")
    made = imported(found, region=gateway.region, file=beside.name, application=name)
    return {common.file: spec_text(made, source), beside: task_definition_text(made)}
